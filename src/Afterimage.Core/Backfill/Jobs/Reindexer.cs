using System.Diagnostics;
using Afterimage.Backfill.Analysis;
using Afterimage.Entries;
using Afterimage.Vectors;

namespace Afterimage.Backfill.Jobs;

/// <summary>
/// Gives every entry a vector of the current space, after the embedder or its model changed, and takes away those of entries that went while another space was in
/// use. What has one is skipped, so it goes on where it stopped.
/// </summary>
internal sealed class Reindexer(BackfillContext context)
{
    private const int BatchSize = 256;

    /// <param name="progress">Called with the entries seen so far, now and then.</param>
    public async Task<ReindexReport> RunAsync(Action<long>? progress, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        var without = new HashSet<Hash256>();
        await foreach (VectorPlace place in context.Index.EnumerateAsync(cancellationToken))
        {
            without.Add(place.Entry);
        }

        long entries = 0, added = 0, already = 0, wordless = 0;
        var waiting = new List<EntryHeader>(BatchSize);
        await foreach (EntryHeader entry in context.Store.EnumerateAsync(cancellationToken))
        {
            entries++;
            if (without.Remove(entry.Key))
            {
                already++;
            }
            else if (!context.Store.Quarantined.Contains(entry.Batch))
            {
                waiting.Add(entry);
            }

            if (waiting.Count == BatchSize)
            {
                (long more, long none) = await AddAsync(waiting, cancellationToken);
                (added, wordless) = (added + more, wordless + none);
                waiting.Clear();
                progress?.Invoke(entries);
            }
        }

        (long last, long empty) = await AddAsync(waiting, cancellationToken);
        long removed = await RemoveAsync(without, cancellationToken);
        await context.Index.FlushAsync(cancellationToken);
        context.Reindexed();
        return new ReindexReport(context.Embedder.Space.Id, entries, added + last, already, wordless + empty, removed, Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    private async ValueTask<long> RemoveAsync(HashSet<Hash256> keys, CancellationToken cancellationToken)
    {
        var gone = new List<Hash256>();
        foreach (Hash256 key in keys)
        {
            // The store may only not have been able to show it.
            if (await context.Store.IsGoneAsync(key, cancellationToken))
            {
                gone.Add(key);
            }
        }

        long removed = 0;
        foreach (Hash256[] some in gone.Chunk(BatchSize))
        {
            removed += await context.Index.RemoveAsync(some, cancellationToken);
        }

        return removed;
    }

    private async ValueTask<(long Added, long Wordless)> AddAsync(List<EntryHeader> entries, CancellationToken cancellationToken)
    {
        int added = await context.IndexAsync(entries, cancellationToken)
            ?? throw new VectorIndexUnavailableException($"the embedder {context.Embedder.Space.Id} does not answer");
        return (added, entries.Count - added);
    }
}
