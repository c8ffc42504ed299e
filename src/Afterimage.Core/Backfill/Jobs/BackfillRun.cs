using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Threading.Channels;
using Afterimage.Backfill.Sources;
using Afterimage.Diagnostics;

namespace Afterimage.Backfill.Jobs;

/// <summary>
/// One run of a job: lists the source behind the cursor, understands images in parallel, stores and indexes them chunk by chunk in the listing's order, and moves
/// the cursor after each chunk. Cancelling stops after the chunk under way.
/// </summary>
internal sealed class BackfillRun
{
    private static readonly Counter<long> Images = Telemetry.Meter.CreateCounter<long>("afterimage.backfill.images", description: "Images that a backfill has met, by outcome.");
    private static readonly Counter<long> BytesRead = Telemetry.Meter.CreateCounter<long>("afterimage.backfill.read", "By", "Bytes that a backfill has read.");

    private const int ChunksAhead = 2;

    private readonly BackfillContext _context;
    private readonly IImageSource _source;
    private readonly BackfillJournal _journal;
    private readonly RateGate _gate;
    private readonly long _started = Stopwatch.GetTimestamp();
    private long _before;
    private double _secondsBefore;

    public BackfillRun(BackfillContext context, IImageSource source, BackfillJournal journal)
    {
        _context = context;
        _source = source;
        _journal = journal;
        _gate = new RateGate(journal.Job.Options.RateMax, context.Time);
        Adopter = new ImageAdopter(context, source, journal.Job);
    }

    internal ImageAdopter Adopter { get; }

    public BackfillStatus Status
    {
        get
        {
            BackfillProgress progress = _journal.Progress;
            double seconds = Stopwatch.GetElapsedTime(_started).TotalSeconds;
            double rate = seconds > 0 ? (progress.Processed - _before) / seconds : 0;
            double? left = _journal.Job.Total is { } total && rate > 0 ? Math.Max(0, total - progress.Processed) / rate : null;
            return new BackfillStatus(_journal.Job, progress, rate, left);
        }
    }

    /// <summary>Runs to the end of the source, or of <paramref name="only"/>. Throws <see cref="SourceException"/> where the listing fails for good.</summary>
    /// <param name="only">Keys to take again instead of the listing; null for the listing.</param>
    public async Task RunAsync(IReadOnlyCollection<string>? only, CancellationToken cancellationToken)
    {
        _before = _journal.Progress.Processed;
        _secondsBefore = _journal.Progress.Seconds;
        _journal.SetState(BackfillState.Running);
        var chunks = Channel.CreateBounded<AdoptedImage[]>(new BoundedChannelOptions(ChunksAhead) { SingleReader = true, SingleWriter = true });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task reading = Task.Run(() => ReadAsync(only, chunks.Writer, stop.Token), CancellationToken.None);
        try
        {
            var committer = new ChunkCommitter(_context, _journal.Job);
            var remaining = new List<BackfillFailure>();
            await foreach (AdoptedImage[] chunk in chunks.Reader.ReadAllAsync(cancellationToken))
            {
                BackfillProgress before = _journal.Progress;
                BackfillProgress after = await committer.CommitAsync(before, chunk, CancellationToken.None);

                after = after with { Seconds = _secondsBefore + Stopwatch.GetElapsedTime(_started).TotalSeconds };
                if (only is null)
                {
                    Commit(before, after, committer.Failures);
                }
                else
                {
                    // These were met and counted before; the failures file keeps them all until it is known which remain.
                    remaining.AddRange(committer.Failures);
                    Commit(before, after with { After = before.After, Processed = before.Processed, Failed = before.Failed, Reasons = before.Reasons }, []);
                }
            }

            await reading;
            if (only is not null)
            {
                _journal.ReplaceFailures(remaining);
            }

            await _context.Index.FlushAsync(cancellationToken);
            _journal.SetState(BackfillState.Done, _journal.Progress.Processed);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _journal.SetState(BackfillState.Interrupted);
            throw;
        }
        finally
        {
            await stop.CancelAsync();
            await reading.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            _journal.Flush();
        }
    }

    private void Commit(BackfillProgress before, BackfillProgress after, List<BackfillFailure> failures)
    {
        _journal.Commit(after, failures);
        Images.Add(after.Adopted - before.Adopted, new KeyValuePair<string, object?>("outcome", "adopted"));
        Images.Add(after.Duplicates - before.Duplicates, new KeyValuePair<string, object?>("outcome", "duplicate"));
        Images.Add(after.Failed - before.Failed, new KeyValuePair<string, object?>("outcome", "failed"));
        BytesRead.Add(after.Bytes - before.Bytes);
    }

    private async Task ReadAsync(IReadOnlyCollection<string>? only, ChannelWriter<AdoptedImage[]> chunks, CancellationToken cancellationToken)
    {
        Exception? fault = null;
        try
        {
            var chunk = new List<SourceImage>(_journal.Job.Options.ChunkSize);
            await foreach (SourceImage image in _source.ListAsync(only is null ? _journal.Progress.After : null, cancellationToken))
            {
                if (only?.Contains(image.Key) == false)
                {
                    continue;
                }

                chunk.Add(image);
                if (chunk.Count == chunk.Capacity)
                {
                    await chunks.WriteAsync(await UnderstandAsync(chunk, cancellationToken), cancellationToken);
                    chunk.Clear();
                }
            }

            if (chunk.Count > 0)
            {
                await chunks.WriteAsync(await UnderstandAsync(chunk, cancellationToken), cancellationToken);
            }
        }
        catch (Exception e)
        {
            fault = e;
        }

        chunks.TryComplete(fault);
    }

    private async ValueTask<AdoptedImage[]> UnderstandAsync(List<SourceImage> chunk, CancellationToken cancellationToken)
    {
        await WaitForHoursAsync(cancellationToken);
        var results = new AdoptedImage[chunk.Count];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = _journal.Job.Options.Concurrency, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, chunk.Count, parallel, async (i, token) =>
        {
            await _gate.PassAsync(token);
            results[i] = await Adopter.AdoptAsync(chunk[i], token);
        });
        return results;
    }

    private async ValueTask WaitForHoursAsync(CancellationToken cancellationToken)
    {
        while (_journal.Job.Options.Between?.UntilOpen(_context.Time.GetLocalNow()) is { } wait && wait > TimeSpan.Zero)
        {
            _journal.SetState(BackfillState.Waiting);
            TimeSpan nap = wait < TimeSpan.FromMinutes(1) ? wait : TimeSpan.FromMinutes(1);
            await Task.Delay(nap, _context.Time, cancellationToken);
        }

        if (_journal.Job.State == BackfillState.Waiting)
        {
            _journal.SetState(BackfillState.Running);
        }
    }
}
