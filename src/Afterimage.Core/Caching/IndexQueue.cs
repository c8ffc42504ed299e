using System.Diagnostics.Metrics;
using System.Threading.Channels;
using Afterimage.Diagnostics;
using Afterimage.Entries;
using Afterimage.Vectors;

namespace Afterimage.Caching;

/// <summary>
/// Puts vectors of new entries into the index, behind the responses. Bounded: when full, the entry stays without a vector until the next reconcile.
/// </summary>
public sealed class IndexQueue : IAsyncDisposable
{
    private const int BatchMax = 64;

    private static readonly Counter<long> Skipped = Telemetry.Meter.CreateCounter<long>(
        "afterimage.index.skipped", description: "Entries stored without a vector because the queue was full or the index failed; reconcile adds them.");

    private readonly SemanticTier _tier;
    private readonly Channel<Work> _queue;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _worker;

    public IndexQueue(SemanticTier tier, IEntryStore store, int capacity = 4096)
    {
        _tier = tier;
        _queue = Channel.CreateBounded<Work>(new BoundedChannelOptions(capacity) { SingleReader = true });
        _worker = Task.Run(RunAsync);
        store.Removed += key => Post(new Work(null, null, key));
    }

    /// <summary>Whether reconcile has work to do because something was skipped.</summary>
    public bool HasGaps { get; private set; }

    /// <summary>Adds an entry's vector soon.</summary>
    /// <param name="vector">The vector where it was made already.</param>
    /// <param name="over">Runs once the vector can be found, or will not be before the next reconcile.</param>
    public void Enqueue(EntryHeader entry, float[]? vector, Action over) => Post(new Work(entry, vector, default, null, over));

    /// <summary>Waits until everything enqueued before is in the index.</summary>
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
        await Task.WhenAny(_worker, Task.Delay(TimeSpan.FromSeconds(5)));
        await _stop.CancelAsync();
        _stop.Dispose();
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

            await ApplyAsync(batch);
            batch.ForEach(w => w.Over?.Invoke());
            batch.Clear();
        }
    }

    private async Task ApplyAsync(List<Work> batch)
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
                    done.SetResult();
                    at++;
                }
            }
        }
        catch (Exception e) when (e is VectorIndexUnavailableException or OperationCanceledException or IOException)
        {
            Skip(batch.Count);
            foreach (Work work in batch)
            {
                work.Done?.TrySetResult();
            }
        }
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
