namespace Afterimage.Text.Bert;

/// <summary>
/// The threads that encoders share. A pass runs on its caller's thread; helper threads, one less than the cores given, take parts of it while there
/// are fewer passes than cores. With as many passes as cores every pass has one thread and nobody helps: cores are never oversubscribed. Helpers look for
/// work for some microseconds, then sleep. A helper that the system takes away delays only the part it holds.
/// </summary>
internal sealed class WorkTeam : IDisposable
{
    private const int SpinsBeforeSleep = 4000;

    private static readonly Lazy<WorkTeam> Instance = new(() => new WorkTeam(Environment.ProcessorCount));

    private readonly PartedWork?[] _passes;
    private readonly SemaphoreSlim _wake = new(0);
    private int _active;
    private int _sleeping;
    private volatile bool _stopped;

    /// <param name="threads">Cores that may be busy at once, 1 to 256.</param>
    public WorkTeam(int threads)
    {
        Threads = Math.Clamp(threads, 1, 256);
        _passes = new PartedWork?[Threads];
        for (int i = 1; i < Threads; i++)
        {
            new Thread(HelperLoop) { IsBackground = true, Name = $"afterimage encoder {i}" }.Start();
        }
    }

    /// <summary>The team of the process, with all its cores.</summary>
    public static WorkTeam Shared => Instance.Value;

    public int Threads { get; }

    /// <summary>Passes running now.</summary>
    public int Active => Volatile.Read(ref _active);

    /// <summary>Before a pass. Returns its place, for <see cref="Leave"/>; -1 where all places are taken and it will get no help.</summary>
    public int Enter(PartedWork pass)
    {
        Interlocked.Increment(ref _active);
        for (int i = 0; i < _passes.Length; i++)
        {
            if (_passes[i] is null && Interlocked.CompareExchange(ref _passes[i], pass, null) is null)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>After a pass.</summary>
    public void Leave(int place)
    {
        if (place >= 0)
        {
            Volatile.Write(ref _passes[place], null);
        }

        Interlocked.Decrement(ref _active);
    }

    /// <summary>Does all parts of a region of <paramref name="pass"/>, with help if there are cores to spare.</summary>
    public void Run(PartedWork pass, int parts)
    {
        if (parts == 1 || HelpersPerPass == 0)
        {
            for (int i = 0; i < parts; i++)
            {
                pass.Do(i);
            }

            return;
        }

        Wake(HelpersPerPass);
        pass.RunAll(parts);
    }

    public void Dispose()
    {
        _stopped = true;
        _wake.Release(Threads);
    }

    /// <summary>Wakes sleeping helpers. Who wakes one counts it as awake, so that nobody wakes it twice.</summary>
    private void Wake(int wanted)
    {
        int sleeping = Volatile.Read(ref _sleeping);
        int woken = Math.Min(sleeping, wanted);
        if (woken > 0 && Interlocked.CompareExchange(ref _sleeping, sleeping - woken, sleeping) == sleeping)
        {
            _wake.Release(woken);
        }
    }

    /// <summary>Helpers that each pass may have now.</summary>
    private int HelpersPerPass => Threads / Math.Max(1, Active) - 1;

    private void HelperLoop()
    {
        int idle = 0;
        while (!_stopped)
        {
            int helpers = HelpersPerPass;
            bool busy = Active > 0 && helpers > 0;
            if (busy && HelpAnyone(helpers))
            {
                idle = 0;
            }
            else if (busy && idle++ < SpinsBeforeSleep)
            {
                Thread.SpinWait(8);
            }
            else
            {
                Interlocked.Increment(ref _sleeping);
                _wake.Wait();
                idle = 0;
            }
        }
    }

    private bool HelpAnyone(int helpersMax)
    {
        bool helped = false;
        foreach (ref PartedWork? place in _passes.AsSpan())
        {
            helped |= Volatile.Read(ref place)?.Help(helpersMax) ?? false;
        }

        return helped;
    }
}
