using System.Diagnostics.Metrics;
using System.Threading.Channels;
using Afterimage.Diagnostics;
using Afterimage.Entries;
using Afterimage.Vectors;

namespace Afterimage.Caching;

/// <summary>
/// Puts vectors of new entries into the index, behind the responses. While the index or the embedder is away, what came waits here and is tried again. Bounded:
/// when full, the entry stays without a vector until the next reconcile.
/// </summary>
public sealed class IndexQueue : IAsyncDisposable
{
    private const int BatchMax = 64;

    private static readonly TimeSpan PauseMin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(30);

    private static readonly Counter<long> Skipped = Telemetry.Meter.CreateCounter<long>(
        "afterimage.index.skipped", description: "Entries stored without a vector because the queue was full, or the process ended while the index was away; reconcile adds them.");

    private static readonly Counter<long> Faults = Telemetry.Meter.CreateCounter<long>(
        "afterimage.index.faults", description: "Entries whose vector could not be put into the index for a reason that nobody had thought of; reconcile tries them again.");

    private readonly SemanticTier _tier;
    private readonly Channel<Work> _queue;
    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _worker;

    public IndexQueue(SemanticTier tier, IEntryStore store, int capacity = 4096)
    {
        _tier = tier;
        _queue = Channel.CreateBounded<Work>(new BoundedChannelOptions(capacity) { SingleReader = true });
        _worker = Task.Run(RunAsync);
        store.Removed += key => Post(new Work(null, null, key));
    }

    /// <summary>Told of faults that are none of the index or the embedder being away, for the log. Handlers are quick and do not throw.</summary>
    public event Action<Exception>? Faulted;

    /// <summary>Whether reconcile has work to do because something was skipped.</summary>
    public bool HasGaps { get; private set; }

    /// <summary>Adds an entry's vector soon.</summary>
    /// <param name="vector">The vector where it was made already.</param>
    /// <param name="over">Runs once the vector can be found, or will not be before the next reconcile.</param>
    public void Enqueue(EntryHeader entry, float[]? vector, Action over) => Post(new Work(entry, vector, default, null, over));

    /// <summary>Waits until everything enqueued before is in the index, or has been tried in vain.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await _queue.Writer.WriteAsync(new Work(null, null, default, done), cancellationToken);
        await done.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Called by reconcile once it has closed the gaps.</summary>
    public void GapsClosed() => HasGaps = false;

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _closing.CancelAsync();
        await Task.WhenAny(_worker, Task.Delay(TimeSpan.FromSeconds(5)));
        await _stop.CancelAsync();
        _stop.Dispose();
        _closing.Dispose();
    }

    private void Post(Work work)
    {
        if (!_queue.Writer.TryWrite(work))
        {
            Skip(1);
            work.Over?.Invoke();
        }
    }

    private void Skip(int count)
    {
        HasGaps = true;
        Skipped.Add(count);
    }

    private async Task RunAsync()
    {
        var batch = new List<Work>(BatchMax);
        while (await _queue.Reader.WaitToReadAsync())
        {
            while (batch.Count < BatchMax && _queue.Reader.TryRead(out Work? work))
            {
                batch.Add(work);
            }

            bool applied = await TryApplyAsync(batch);
            batch.ForEach(w => w.Over?.Invoke());
            for (TimeSpan pause = PauseMin; !applied; pause = pause * 2 < PauseMax ? pause * 2 : PauseMax)
            {
                await Task.Delay(pause, _closing.Token).ContinueWith(static _ => { }, TaskScheduler.Default);
                if (_closing.IsCancellationRequested)
                {
                    Skip(batch.Count);
                    break;
                }

                applied = await TryApplyAsync(batch);
            }

            batch.Clear();
        }
    }

    private async Task<bool> TryApplyAsync(List<Work> batch)
    {
        try
        {
            // In order, so that an entry removed and made again ends up present: runs of additions and removals alternate.
            for (int at = 0; at < batch.Count;)
            {
                int from = at;
                bool adding = batch[at].Entry is not null;
                while (at < batch.Count && (batch[at].Entry is not null) == adding && batch[at].Done is null)
                {
                    at++;
                }

                await (adding ? AddAsync(batch[from..at]) : RemoveAsync(batch[from..at]));
                if (at < batch.Count && batch[at].Done is { } done)
                {
                    done.TrySetResult();
                    at++;
                }
            }

            return true;
        }
        catch (Exception e) when (e is VectorIndexUnavailableException or OperationCanceledException or IOException)
        {
            batch.ForEach(w => w.Done?.TrySetResult());
            return false;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // A bug must not end the only worker.
            return await ApplySinglyAsync(batch, e);
        }
    }

    /// <summary>One change in a batch met a fault that trying again will not cure: the others are applied, which may be for the second time, and it is left to reconcile.</summary>
    private async Task<bool> ApplySinglyAsync(List<Work> batch, Exception fault)
    {
        if (batch is not [var only])
        {
            foreach (Work work in batch)
            {
                if (!await TryApplyAsync([work]))
                {
                    return false;
                }
            }

            return true;
        }

        only.Done?.TrySetResult();
        Faults.Add(1);
        Skip(1);
        Faulted?.Invoke(fault);
        return true;
    }

    private async Task AddAsync(List<Work> works)
    {
        var records = new List<VectorRecord>(works.Count);
        foreach (Work work in works)
        {
            if (await _tier.RecordOfAsync(work.Entry!, work.Vector, _stop.Token) is { } record)
            {
                records.Add(record);
            }
        }

        if (records.Count > 0)
        {
            await _tier.Index.AddAsync(records, _stop.Token);
        }
    }

    private async Task RemoveAsync(List<Work> works)
    {
        if (works.Count > 0)
        {
            await _tier.Index.RemoveAsync([.. works.Select(w => w.Removed)], _stop.Token);
        }
    }

    private sealed record Work(EntryHeader? Entry, float[]? Vector, Hash256 Removed, TaskCompletionSource? Done = null, Action? Over = null);
}
