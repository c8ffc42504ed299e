using System.Collections.Concurrent;

namespace Afterimage.Backfill.Jobs;

/// <summary>
/// Threads for work beside live traffic, which the system lets wait where somebody waits for an answer. The runtime's compiler thread inherits the priority of the thread that first
/// needs it, so what compiles a job's code gives way as well. Lowered and not idle: whoever waits for a lock that such a thread holds, or for it to stop for a garbage
/// collection, must not wait until the machine has nothing else to do.
/// </summary>
internal sealed class BackgroundScheduler : TaskScheduler, IDisposable
{
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
        if (OperatingSystem.IsLinux())
        {
            LinuxPriority.InterruptCompiler();
        }

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
            LinuxPriority.Lower();
        }

        foreach (Task task in _tasks.GetConsumingEnumerable())
        {
            TryExecuteTask(task);
        }
    }
}
