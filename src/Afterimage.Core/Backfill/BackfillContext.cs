using Afterimage.Entries;
using Afterimage.Matching;
using Afterimage.Requests;
using Afterimage.Text;
using Afterimage.Vectors;

namespace Afterimage.Backfill;

/// <summary>The opened parts that a backfill works on: those of a running gateway, or opened for one command.</summary>
public sealed class BackfillContext
{
    public required IEntryStore Store { get; init; }

    public required ITextEmbedder Embedder { get; init; }

    public required IVectorIndex Index { get; init; }

    public required IMatchPolicy Policy { get; init; }

    public required IRequestMapper Mapper { get; init; }

    public required ResolutionBuckets Resolution { get; init; }

    /// <summary>Reads in-place images back, for validation; null where there is none.</summary>
    public ILocationReader? Locations { get; init; }

    /// <summary>The folder of job files: one folder a batch.</summary>
    public required string Folder { get; init; }

    /// <summary>Told when a reindex has gone through all entries.</summary>
    public Action Reindexed { get; init; } = () => { };

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Embeds and returns one row a text; null where the embedder cannot now.</summary>
    internal async ValueTask<float[]?> EmbedAsync(IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        var vectors = new float[texts.Count * Embedder.Space.Dimensions];
        return await Embedder.EmbedAsync(texts, vectors, cancellationToken) == EmbedOutcome.Embedded ? vectors : null;
    }

    /// <summary>Gives entries their vectors, but for those whose prompt has no words. Returns how many vectors that were; null where the embedder cannot now.</summary>
    internal async ValueTask<int?> IndexAsync(IReadOnlyList<EntryHeader> entries, CancellationToken cancellationToken)
    {
        if (entries.Count == 0)
        {
            return 0;
        }

        if (await EmbedAsync([.. entries.Select(e => e.Request.Prompt)], cancellationToken) is not { } vectors)
        {
            return null;
        }

        int dimensions = Embedder.Space.Dimensions;
        var records = new List<VectorRecord>(entries.Count);
        for (int i = 0; i < entries.Count; i++)
        {
            ReadOnlyMemory<float> vector = vectors.AsMemory(i * dimensions, dimensions);
            if (vector.Span.ContainsAnyExcept(0f))
            {
                records.Add(new VectorRecord(entries[i].Key, entries[i].Request.PartitionKey(Resolution), entries[i].Request.Seed.Value, vector, entries[i].Batch));
            }
        }

        await Index.AddAsync(records, cancellationToken);
        return records.Count;
    }
}
