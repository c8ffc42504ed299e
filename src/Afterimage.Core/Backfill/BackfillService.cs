using Afterimage.Backfill.Analysis;
using Afterimage.Backfill.Jobs;
using Afterimage.Backfill.Sources;

namespace Afterimage.Backfill;

/// <summary>A job cannot be started: another one runs, or there is nothing to resume. The message is for the operator.</summary>
public sealed class BackfillRefusedException(string message) : Exception(message);

/// <summary>
/// The stages of a backfill over opened parts. A command uses one for itself; a running gateway hosts one and starts jobs in the background. One job at a
/// time. Thread-safe.
/// </summary>
public sealed class BackfillService(BackfillContext context) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly GentleStart _start = new();
    private CancellationTokenSource? _stop;
    private BackfillRun? _run;
    private Task _job = Task.CompletedTask;

    /// <summary>The last job's failure, for <c>status</c>; null where it ended well.</summary>
    public string? LastFault { get; private set; }

    /// <summary>Whether a background job is under way.</summary>
    public bool IsRunning => !_job.IsCompleted;

    /// <summary>Ends with the background job, however that ends.</summary>
    internal Task Ended => _job;

    /// <summary>Every job of this data folder, newest first; the running one with its rate.</summary>
    public IReadOnlyList<BackfillStatus> Status()
    {
        BackfillStatus? running = _job.IsCompleted ? null : _run?.Status;
        return [.. JobsIn(context.Folder).Select(job => job.Job.Batch == running?.Job.Batch ? running : job)];
    }

    /// <summary>Every job whose files are in a folder, newest first. Opens nothing else.</summary>
    public static IReadOnlyList<BackfillStatus> JobsIn(string folder) =>
        [.. BackfillJournal.All(folder).Select(j => new BackfillStatus(Settled(folder, j.Job), j.Progress, j.Progress.Seconds > 0 ? j.Progress.Processed / j.Progress.Seconds : 0, null))];

    /// <summary>The failures of a batch.</summary>
    public static IEnumerable<BackfillFailure> FailuresIn(string folder, Guid batch) => BackfillJournal.Failures(folder, batch);

    /// <summary>The failures of a batch.</summary>
    public IEnumerable<BackfillFailure> Failures(Guid batch) => FailuresIn(context.Folder, batch);

    /// <summary>Runs a source to its end: goes on with its unfinished job, at the pace that is asked for now, or begins one. Throws <see cref="BackfillRefusedException"/>, <see cref="SourceException"/>.</summary>
    /// <param name="again">Begin a new job even if one is unfinished.</param>
    /// <param name="progress">Called about twice a second.</param>
    public Task<BackfillStatus> RunAsync(IImageSource source, BackfillOptions options, bool again, Action<BackfillStatus>? progress, CancellationToken cancellationToken) =>
        RunAsync(source, options, again, start: null, progress, cancellationToken);

    /// <summary>Tries the failures of a source's last job again.</summary>
    public Task<BackfillStatus> RetryFailedAsync(IImageSource source, BackfillOptions options, Action<BackfillStatus>? progress, CancellationToken cancellationToken) =>
        RetryFailedAsync(source, options, start: null, progress, cancellationToken);

    public async Task<PilotReport> PilotAsync(IImageSource source, BackfillOptions options, int perBucket, CancellationToken cancellationToken)
    {
        using BackfillJournal journal = BackfillJournal.Begin(context.Folder, NewJob("pilot", source, options));
        return await new PilotRun(context, source, journal).RunAsync(perBucket, cancellationToken);
    }

    public Task<ValidationReport> ValidateAsync(Guid? batch, int sampleMax, CancellationToken cancellationToken) =>
        new BackfillValidator(context).RunAsync(batch, sampleMax, cancellationToken);

    /// <summary>Takes a batch out again, or says what that would remove. Throws <see cref="BackfillRefusedException"/> where it is being filled or nothing is known of it.</summary>
    public async Task<RollbackReport> RollbackAsync(Guid batch, bool dryRun, CancellationToken cancellationToken)
    {
        using BackfillJournal? journal = dryRun ? null
            : Take(batch, () => BackfillJournal.Hold(context.Folder, batch), "this batch is being filled now; stop the job first");
        RollbackReport report = await new BatchRollback(context, journal).RunAsync(batch, dryRun, cancellationToken);

        // The job's files may be at another gateway of the same bucket; a batch without files and without entries is a slip of the pen.
        return report.Entries + report.Vectors > 0 || Directory.Exists(BackfillJournal.FolderOf(context.Folder, batch))
            ? report
            : throw new BackfillRefusedException($"there is no batch {batch:N}; backfill status names them");
    }

    public Task<ReindexReport> ReindexAsync(Action<long>? progress, CancellationToken cancellationToken) => new Reindexer(context).RunAsync(progress, cancellationToken);

    /// <summary>Starts a run in the background, on threads that give way to live traffic; the service owns the source from here on. Throws <see cref="BackfillRefusedException"/> where a job runs already.</summary>
    public void Start(IImageSource source, BackfillOptions options, bool again, bool retryFailed)
    {
        lock (_lock)
        {
            if (!_job.IsCompleted)
            {
                throw new BackfillRefusedException("another backfill job is running; see status");
            }

            _stop?.Dispose();
            _stop = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token);
            CancellationToken stop = _stop.Token;
            LastFault = null;

            // An order without a limit may have the cores that nobody else wants.
            int threads = options.RateMax > 0 ? Math.Min(options.Concurrency, Environment.ProcessorCount) : Environment.ProcessorCount;
            _job = BackgroundScheduler.RunAsync(threads, () => HostAsync(source, options, again, retryFailed, stop));
        }
    }

    /// <summary>Stops the background job after its current chunk; false where none runs. The job can be resumed.</summary>
    public async Task<bool> CancelAsync()
    {
        if (_job.IsCompleted || _stop is null)
        {
            return false;
        }

        await _stop.CancelAsync();
        await _job;
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _job;
        _stop?.Dispose();
        _closing.Dispose();
    }

    private async Task<BackfillStatus> RunAsync(
        IImageSource source, BackfillOptions options, bool again, GentleStart? start, Action<BackfillStatus>? progress, CancellationToken cancellationToken)
    {
        using BackfillJournal journal = OpenJob(source, options, again);
        return await FollowAsync(new BackfillRun(context, source, journal, start), run => run.RunAsync(cancellationToken), progress);
    }

    private async Task<BackfillStatus> RetryFailedAsync(
        IImageSource source, BackfillOptions options, GentleStart? start, Action<BackfillStatus>? progress, CancellationToken cancellationToken)
    {
        BackfillJob job = BackfillJournal.All(context.Folder).Select(j => j.Job).FirstOrDefault(j => j.Kind == "run" && j.Source == source.Name && j.State != BackfillState.RolledBack)
            ?? throw new BackfillRefusedException($"there is no job of {source.Name} whose failures could be tried again");
        using BackfillJournal journal = Resume(job.Batch, options);
        var keys = Failures(job.Batch).Select(f => f.Key).ToHashSet();
        return await FollowAsync(new BackfillRun(context, source, journal, start), run => run.RetryAsync(keys, cancellationToken), progress);
    }

    private async Task HostAsync(IImageSource source, BackfillOptions options, bool again, bool retryFailed, CancellationToken stop)
    {
        try
        {
            await using (source)
            {
                await (retryFailed ? RetryFailedAsync(source, options, _start, null, stop) : RunAsync(source, options, again, _start, null, stop));
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped on purpose; the journal says so.
        }
        catch (Exception e)
        {
            // Nobody awaits the job: whatever ended it is for whoever asks for its status.
            bool expected = e is BackfillRefusedException or IOException or UnauthorizedAccessException or Vectors.VectorIndexUnavailableException or InvalidDataException;
            LastFault = expected ? e.Message : e.ToString();
        }
    }

    private async Task<BackfillStatus> FollowAsync(BackfillRun run, Func<BackfillRun, Task> act, Action<BackfillStatus>? progress)
    {
        _run = run;
        BackfillMeters.Follow(run);
        try
        {
            using ITimer? timer = progress is null ? null : context.Time.CreateTimer(_ => progress(run.Status), null, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(0.5));
            await act(run);
        }
        finally
        {
            BackfillMeters.Unfollow(run);
        }

        progress?.Invoke(run.Status);
        return run.Status;
    }

    private BackfillJournal OpenJob(IImageSource source, BackfillOptions options, bool again)
    {
        BackfillJob? unfinished = again ? null : BackfillJournal.All(context.Folder).Select(j => j.Job)
            .FirstOrDefault(j => j.Kind == "run" && j.Source == source.Name && j.State is not (BackfillState.Done or BackfillState.RolledBack));
        return unfinished is null ? BackfillJournal.Begin(context.Folder, NewJob("run", source, options)) : Resume(unfinished.Batch, options);
    }

    private BackfillJournal Resume(Guid batch, BackfillOptions order)
    {
        BackfillJournal journal = Take(batch, () => BackfillJournal.Resume(context.Folder, batch), $"another process is at job {batch:N} now");
        journal.SetPace(order);
        return journal;
    }

    private T Take<T>(Guid batch, Func<T> open, string refusal)
    {
        try
        {
            return open();
        }
        catch (IOException) when (BackfillJournal.IsHeld(context.Folder, batch))
        {
            throw new BackfillRefusedException(refusal);
        }
    }

    // A job that says it runs while nobody holds its lock was killed.
    private static BackfillJob Settled(string folder, BackfillJob job) =>
        job.State is BackfillState.Running or BackfillState.Waiting && !BackfillJournal.IsHeld(folder, job.Batch) ? job with { State = BackfillState.Interrupted } : job;

    private BackfillJob NewJob(string kind, IImageSource source, BackfillOptions options) => new()
    {
        Batch = Guid.NewGuid(),
        Kind = kind,
        Source = source.Name,
        Space = context.Embedder.Space.Id,
        Started = context.Time.GetUtcNow(),
        Options = options,
    };
}
