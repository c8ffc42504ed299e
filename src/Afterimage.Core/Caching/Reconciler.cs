using Afterimage.Entries;
using Afterimage.Vectors;

namespace Afterimage.Caching;

/// <summary>What a reconcile found and mended.</summary>
/// <param name="Entries">Entries seen.</param>
/// <param name="VectorsAdded">Entries that had no vector and have one now.</param>
/// <param name="VectorsRemoved">Vectors whose entry was gone.</param>
public readonly record struct ReconcileReport(long Entries, long VectorsAdded, long VectorsRemoved);

/// <summary>Makes the index agree with the entries, which are the truth.</summary>
public static class Reconciler
{
    private const int BatchSize = 256;

    public static async Task<ReconcileReport> RunAsync(IEntryStore store, SemanticTier tier, CancellationToken cancellationToken)
    {
        var indexed = new Dictionary<Hash256, bool>();
        await foreach (Hash256 key in tier.Index.EnumerateKeysAsync(cancellationToken))
        {
            indexed[key] = false;
        }

        long entries = 0, added = 0, removed = 0;
        var records = new List<VectorRecord>(BatchSize);
        await foreach ((Hash256 key, EntryHeader? header) in store.EnumerateKeysAsync(cancellationToken))
        {
            entries++;
            if (indexed.ContainsKey(key))
            {
                indexed[key] = true;
            }
            else if ((header ?? await store.PeekAsync(key, cancellationToken)) is { } entry && await tier.RecordOfAsync(entry, null, cancellationToken) is { } record)
            {
                records.Add(record);
            }

            if (records.Count == BatchSize)
            {
                await tier.Index.AddAsync(records, cancellationToken);
                added += records.Count;
                records.Clear();
            }
        }

        await tier.Index.AddAsync(records, cancellationToken);
        added += records.Count;

        // An entry made since the enumeration began is not missing: each suspect is asked for by name before its vector goes. A store that is away knows of none.
        foreach ((Hash256 key, bool seen) in indexed)
        {
            if (!seen && await store.IsGoneAsync(key, cancellationToken))
            {
                removed += await tier.Index.RemoveAsync([key], cancellationToken);
            }
        }

        return new ReconcileReport(entries, added, removed);
    }
}
