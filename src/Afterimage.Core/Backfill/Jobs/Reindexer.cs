using System.Diagnostics;
using Afterimage.Backfill.Analysis;
using Afterimage.Entries;
using Afterimage.Vectors;

namespace Afterimage.Backfill.Jobs;

/// <summary>Gives every entry a vector of the current space, after the embedder or its model changed. What has one is skipped, so it goes on where it stopped.</summary>
internal sealed class Reindexer(BackfillContext context)
{
    private const int BatchSize = 256;

    /// <param name="progress">Called with the entries seen so far, now and then.</param>
    public async Task<ReindexReport> RunAsync(Action<long>? progress, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        var there = new HashSet<Hash256>();
        await foreach (VectorPlace place in context.Index.EnumerateAsync(cancellationToken))
        {
            there.Add(place.Entry);
        }

        long entries = 0, added = 0, already = 0, wordless = 0;
        var waiting = new List<EntryHeader>(BatchSize);
        await foreach (EntryHeader entry in context.Store.EnumerateAsync(cancellationToken))
        {
            entries++;
            if (there.Contains(entry.Key))
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
        await context.Index.FlushAsync(cancellationToken);
        context.Reindexed();
        return new ReindexReport(context.Embedder.Space.Id, entries, added + last, already, wordless + empty, Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    private async ValueTask<(long Added, long Wordless)> AddAsync(List<EntryHeader> entries, CancellationToken cancellationToken)
    {
        float[] vectors = await context.EmbedAsync([.. entries.Select(e => e.Request.Prompt)], cancellationToken)
            ?? throw new VectorIndexUnavailableException($"the embedder {context.Embedder.Space.Id} does not answer");
        int dimensions = context.Embedder.Space.Dimensions;
        var records = new List<VectorRecord>(entries.Count);
        for (int i = 0; i < entries.Count; i++)
        {
            ReadOnlyMemory<float> vector = vectors.AsMemory(i * dimensions, dimensions);
            if (vector.Span.ContainsAnyExcept(0f))
            {
                records.Add(new VectorRecord(entries[i].Key, entries[i].Request.PartitionKey(context.Resolution), entries[i].Request.Seed.Value, vector, entries[i].Batch));
            }
        }

        await context.Index.AddAsync(records, cancellationToken);
        return (records.Count, entries.Count - records.Count);
    }
}
