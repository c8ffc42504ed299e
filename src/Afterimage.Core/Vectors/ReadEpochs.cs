namespace Afterimage.Vectors;

/// <summary>
/// Lets writers know when no search can still hold what they took out: epoch-based reclamation. A search enters with the current epoch and leaves;
/// a writer unlinks something, advances the epoch, and may reuse it once no search that entered before the advance is left. Searches never wait.
/// </summary>
internal sealed class ReadEpochs
{
    private readonly Lock _growing = new();
    private Reader[] _readers = [];
    private long _now = 1;

    /// <summary>To be called after unlinking: the epoch to ask <see cref="Passed"/> about.</summary>
    public long Advance() => Interlocked.Increment(ref _now);

    /// <summary>Whether every search that entered before <paramref name="epoch"/> has left.</summary>
    public bool Passed(long epoch)
    {
        foreach (Reader reader in Volatile.Read(ref _readers))
        {
            if (Volatile.Read(ref reader.Entered) < epoch)
            {
                return false;
            }
        }

        return true;
    }

    public void Register(Reader reader)
    {
        lock (_growing)
        {
            Volatile.Write(ref _readers, [.. _readers, reader]);
        }
    }

    /// <summary>One place in the list of those inside; used by one thread at a time.</summary>
    public class Reader
    {
        internal long Entered = long.MaxValue;

        public void Enter(ReadEpochs epochs)
        {
            // The exchange is a full fence: nothing is read from the index before the entry is visible to writers.
            Interlocked.Exchange(ref Entered, Volatile.Read(ref epochs._now));
        }

        public void Leave() => Volatile.Write(ref Entered, long.MaxValue);
    }
}
