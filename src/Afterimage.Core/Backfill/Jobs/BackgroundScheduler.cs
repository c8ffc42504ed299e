using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Afterimage.Backfill.Jobs;

/// <summary>
/// Threads for work beside live traffic, which the system lets wait where somebody waits for an answer. The runtime's compiler thread inherits the priority of the thread that first
/// needs it, so what compiles a job's code gives way as well. Lowered and not idle: whoever waits for a lock that such a thread holds, or for it to stop for a garbage
/// collection, must not wait until the machine has nothing else to do.
/// </summary>
internal sealed partial class BackgroundScheduler : TaskScheduler, IDisposable
{
    // Of Linux's 19 steps: a tenth of what an ordinary thread gets that wants the same core.
    private const int NiceSteps = 10;

    private readonly BlockingCollection<Task> _tasks = [];

    [ThreadStatic]
    private static BackgroundScheduler? Here;

    private BackgroundScheduler(int threads)
    {
        MaximumConcurrencyLevel = threads;
        for (int i = 0; i < threads; i++)
        {
            new Thread(Work) { IsBackground = true, Name = "background", Priority = ThreadPriority.Lowest }.Start();
        }
    }

    public override int MaximumConcurrencyLevel { get; }

    /// <summary>Runs work on threads of its own, with everything behind its awaits.</summary>
    public static async Task RunAsync(int threads, Func<Task> work)
    {
        using var scheduler = new BackgroundScheduler(threads);
        await Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, scheduler).Unwrap();
    }

    public void Dispose() => _tasks.CompleteAdding();

    protected override IEnumerable<Task> GetScheduledTasks() => _tasks;

    protected override void QueueTask(Task task)
    {
        try
        {
            _tasks.Add(task);
        }
        catch (InvalidOperationException)
        {
            // What the work left behind that nobody awaits.
            ThreadPool.UnsafeQueueUserWorkItem(late => TryExecuteTask(late), task, preferLocal: false);
        }
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => Here == this && TryExecuteTask(task);

    private void Work()
    {
        Here = this;
        if (OperatingSystem.IsLinux())
        {
            // Threads have no priority there but for this one, and there it is the thread's and not the process's. Where it is refused all is as before.
            _ = Nice(NiceSteps);
        }

        foreach (Task task in _tasks.GetConsumingEnumerable())
        {
            TryExecuteTask(task);
        }
    }

    [LibraryImport("libc", EntryPoint = "nice")]
    private static partial int Nice(int steps);
}
