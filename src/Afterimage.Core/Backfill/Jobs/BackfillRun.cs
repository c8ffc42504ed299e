using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
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

    // A slow job's cursor moves this often, so that its progress is seen and a kill costs little.
    private const double ChunkSecondsMax = 2;

    // Images that are copied are in memory until their chunk is stored; there may be ChunksAhead + 2 chunks.
    private const long ChunkBytesMax = 16 << 20;

    private readonly BackfillContext _context;
    private readonly IImageSource _source;
    private readonly BackfillJournal _journal;
    private readonly BackfillOptions _options;
    private readonly int _chunkSize;
    private readonly GentleStart? _start;
    private readonly RateGate _gate;
    private readonly ImageAdopter _adopter;
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly long _before;
    private readonly double _secondsBefore;

    // A job at its end stays there while its failures are tried again, however that ends: a run that took it for unfinished would look behind its cursor only.
    private readonly bool _wasDone;
    private volatile BackfillProgress _progress;

    /// <param name="start">How a job beside live traffic begins; null for one that has the machine to itself. A job without a limit takes what it can from the first image on.</param>
    public BackfillRun(BackfillContext context, IImageSource source, BackfillJournal journal, GentleStart? start = null)
    {
        _context = context;
        _source = source;
        _journal = journal;
        _options = journal.Job.Options;
        _wasDone = journal.Job.State == BackfillState.Done;
        _chunkSize = _options.RateMax > 0 ? Math.Clamp((int)(_options.RateMax * ChunkSecondsMax), 1, _options.ChunkSize) : _options.ChunkSize;
        _start = _options.RateMax > 0 ? start : null;
        _gate = new RateGate(_options.RateMax, context.Time, _start);
        _adopter = new ImageAdopter(context, source, journal.Job);
        _progress = journal.Progress;
        _before = _progress.Processed;
        _secondsBefore = _progress.Seconds;
    }

    public BackfillStatus Status
    {
        get
        {
            BackfillProgress progress = _progress;
            double seconds = Stopwatch.GetElapsedTime(_started).TotalSeconds;
            double rate = seconds > 0 ? (progress.Processed - _before) / seconds : 0;
            double? left = _journal.Job.Total is { } total && rate > 0 ? Math.Max(0, total - progress.Processed) / rate : null;
            return new BackfillStatus(_journal.Job, progress, rate, left);
        }
    }

    /// <summary>Runs from the cursor to the end of the source. Throws <see cref="SourceException"/> where the listing fails for good.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => GuardAsync(async stop =>
    {
        using var stopCounting = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task counting = CountAsync(stopCounting.Token);
        try
        {
            await AdoptAllAsync(stop);
        }
        finally
        {
            await stopCounting.CancelAsync();
            await counting;
        }

        await _context.Index.FlushAsync(CancellationToken.None);
        _journal.SetTotal(_progress.Processed);
        _journal.SetState(BackfillState.Done);
    }, cancellationToken);

    /// <summary>Takes images again that failed. Noted in one step at the end, so that a retry that is killed is as if it had never begun, but for the entries it made.</summary>
    public Task RetryAsync(IReadOnlySet<string> failed, CancellationToken cancellationToken) => GuardAsync(async stop =>
    {
        BackfillProgress first = _progress;
        _progress = first.WithoutFailures();
        var committer = new ChunkCommitter(_context, _journal.Job);
        var remaining = new List<BackfillFailure>();
        var met = new HashSet<string>();
        await foreach (AdoptedImage[] chunk in ChunksAsync(failed, stop))
        {
            _progress = await CommitAsync(committer, _progress, chunk, again: true, stop) with { After = first.After };
            remaining.AddRange(committer.Failures);
            met.UnionWith(chunk.Select(image => image.Image.Key));
        }

        AdoptedImage[] gone = [.. failed.Except(met).Select(key => new AdoptedImage(new SourceImage(key, "", 0, null), null, default, new BackfillFailure(key, "gone", null)))];
        _progress = await CommitAsync(committer, _progress, gone, again: true, stop) with { After = first.After };
        remaining.AddRange(committer.Failures);
        await _context.Index.FlushAsync(CancellationToken.None);
        _journal.Replace(_progress, remaining);
        Measure(first, _progress);


        // A job that was stopped before its end is not at its end now.
        _journal.SetState(_wasDone ? BackfillState.Done : BackfillState.Interrupted);
    }, cancellationToken);

    private async Task AdoptAllAsync(CancellationToken cancellationToken)
    {
        var committer = new ChunkCommitter(_context, _journal.Job);

        // What was stored and not noted when the job was killed is in the chunk that was announced; after a loss of power also in those behind it that the disk had
        // not noted yet. Chunks need not be those of then: the pace, and with it their size, may be another.
        string? announced = _progress.Announced;
        bool again = true;
        await foreach (AdoptedImage[] chunk in ChunksAsync(null, cancellationToken))
        {
            BackfillProgress before = _progress;
            again |= string.CompareOrdinal(chunk[0].Image.Key, announced) <= 0;
            _journal.Announce(chunk[^1].Image.Key);
            BackfillProgress after = await CommitAsync(committer, before, chunk, again, cancellationToken);
            _journal.Commit(after with { Announced = null }, committer.Failures);
            _progress = _journal.Progress;
            Measure(before, _progress);
            again = again && committer.MetOwn;
            if (_journal.FlushIsDue)
            {
                // The cursor must not reach the disk before what it speaks of.
                await _context.Index.FlushAsync(CancellationToken.None);
                _journal.Flush();
            }
        }
    }

    private async Task GuardAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            await work(stop.Token);
        }
        catch
        {
            _journal.SetState(_wasDone ? BackfillState.Done : BackfillState.Interrupted);
            throw;
        }
        finally
        {
            await stop.CancelAsync();
            await _context.Index.FlushAsync(CancellationToken.None);
            _journal.Flush();
        }
    }

    private async ValueTask<BackfillProgress> CommitAsync(ChunkCommitter committer, BackfillProgress before, AdoptedImage[] chunk, bool again, CancellationToken stop)
    {
        // A chunk that was begun is finished, so that stopping leaves the cursor where the work is, unless the store is away.
        BackfillProgress after = await committer.CommitAsync(before, chunk, again, stop);
        return after with { Seconds = _secondsBefore + Stopwatch.GetElapsedTime(_started).TotalSeconds };
    }

    private static void Measure(BackfillProgress before, BackfillProgress after)
    {
        Images.Add(after.Adopted - before.Adopted, new KeyValuePair<string, object?>("outcome", "adopted"));
        Images.Add(after.Duplicates - before.Duplicates, new KeyValuePair<string, object?>("outcome", "duplicate"));
        Images.Add(Math.Max(0, after.Failed - before.Failed), new KeyValuePair<string, object?>("outcome", "failed"));
        BytesRead.Add(after.Bytes - before.Bytes);
    }

    // For the time left. A source that cannot be counted now is adopted all the same.
    private async Task CountAsync(CancellationToken cancellationToken)
    {
        await Task.Yield();
        try
        {
            _journal.SetTotal(await _source.CountAsync(cancellationToken));
        }
        catch (Exception e) when (e is SourceException or OperationCanceledException)
        {
            return;
        }
    }

    /// <summary>Reads and understands ahead of the caller, in the order of the listing.</summary>
    private async IAsyncEnumerable<AdoptedImage[]> ChunksAsync(IReadOnlySet<string>? only, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var chunks = Channel.CreateBounded<AdoptedImage[]>(new BoundedChannelOptions(ChunksAhead) { SingleReader = true, SingleWriter = true });
        Task reading = Task.Factory.StartNew(() => ReadAsync(only, chunks.Writer, stop.Token), CancellationToken.None, TaskCreationOptions.DenyChildAttach, TaskScheduler.Current).Unwrap();
        try
        {
            await foreach (AdoptedImage[] chunk in chunks.Reader.ReadAllAsync(cancellationToken))
            {
                yield return chunk;
            }
        }
        finally
        {
            await stop.CancelAsync();
            await reading;
        }
    }

    private async Task ReadAsync(IReadOnlySet<string>? only, ChannelWriter<AdoptedImage[]> chunks, CancellationToken cancellationToken)
    {
        try
        {
            var chunk = new List<SourceImage>(_chunkSize);
            long bytes = 0;
            await foreach (SourceImage image in PatientListing.ListAsync(_source, only is null ? _progress.After : null, _options, _context.Time, cancellationToken))
            {
                if (only?.Contains(image.Key) == false)
                {
                    continue;
                }

                chunk.Add(image);
                bytes += _options.InPlace ? 0 : Math.Min(image.Length, _options.ImageBytesMax);
                if (chunk.Count >= (_start?.ChunkOf(_chunkSize) ?? _chunkSize) || bytes >= ChunkBytesMax)
                {
                    await chunks.WriteAsync(await UnderstandAsync(chunk, cancellationToken), cancellationToken);
                    chunk.Clear();
                    bytes = 0;
                }
            }

            if (chunk.Count > 0)
            {
                await chunks.WriteAsync(await UnderstandAsync(chunk, cancellationToken), cancellationToken);
            }

            chunks.Complete();
        }
        catch (Exception e)
        {
            // Whoever reads the chunks gets it.
            chunks.TryComplete(e);
        }
    }

    private async ValueTask<AdoptedImage[]> UnderstandAsync(List<SourceImage> chunk, CancellationToken cancellationToken)
    {
        await WaitForHoursAsync(cancellationToken);
        var results = new AdoptedImage[chunk.Count];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = _options.Concurrency, CancellationToken = cancellationToken, TaskScheduler = TaskScheduler.Current };
        await Parallel.ForAsync(0, chunk.Count, parallel, async (i, token) =>
        {
            await _gate.PassAsync(token);
            results[i] = await _adopter.AdoptAsync(chunk[i], token);
        });
        return results;
    }

    private async ValueTask WaitForHoursAsync(CancellationToken cancellationToken)
    {
        while (_options.Between?.UntilOpen(_context.Time.GetLocalNow()) is { } wait && wait > TimeSpan.Zero)
        {
            SetState(BackfillState.Waiting);
            TimeSpan nap = wait < TimeSpan.FromMinutes(1) ? wait : TimeSpan.FromMinutes(1);
            await Task.Delay(nap, _context.Time, cancellationToken);
        }

        SetState(BackfillState.Running);
    }

    private void SetState(BackfillState state)
    {
        if (!_wasDone && _journal.Job.State != state)
        {
            _journal.SetState(state);
        }
    }
}
