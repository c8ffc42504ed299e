using System.Runtime.CompilerServices;

namespace Afterimage.Vectors;

/// <summary>One entry's vector as the index keeps it.</summary>
/// <param name="Entry">The exact key of the entry; unique within a space.</param>
/// <param name="Partition">Only vectors of the same partition are ever compared.</param>
/// <param name="Seed">The seed the image was drawn with; null where the dialect has none.</param>
/// <param name="Vector">Unit vector of the space's dimensions.</param>
/// <param name="Batch">The backfill batch that added it; empty for live traffic.</param>
public readonly record struct VectorRecord(Hash256 Entry, Hash256 Partition, long? Seed, ReadOnlyMemory<float> Vector, Guid Batch = default);

/// <summary>The nearest neighbours wanted.</summary>
/// <param name="Partition">The only partition that is searched.</param>
/// <param name="Seed">Where set, only vectors with exactly this seed; null searches all seeds.</param>
/// <param name="Vector">Unit vector of the space's dimensions.</param>
/// <param name="Count">At most this many, 1 to 100.</param>
/// <param name="SimilarityMin">Floor: neighbours with a smaller cosine are left out. -1 to 1.</param>
public readonly record struct VectorQuery(Hash256 Partition, long? Seed, ReadOnlyMemory<float> Vector, int Count, float SimilarityMin);

/// <summary>A vector found.</summary>
/// <param name="Entry">Exact key of the entry.</param>
/// <param name="Similarity">Exact cosine of the stored vector with the query, -1 to 1.</param>
public readonly record struct Neighbor(Hash256 Entry, float Similarity);

/// <summary>Where a vector stands, without its components.</summary>
public readonly record struct VectorPlace(Hash256 Entry, Hash256 Partition, long? Seed, Guid Batch);

/// <summary>
/// The vectors of one space. Derived from the entries: it can always be rebuilt from them. Thread-safe; a vector is visible to searches as soon
/// as <see cref="AddAsync"/> has returned (providers that cannot, keep a local overlay). Faults of a remote provider are thrown as
/// <see cref="VectorIndexUnavailableException"/>; callers treat them as a miss of the semantic tier.
/// </summary>
public interface IVectorIndex : IAsyncDisposable
{
    /// <summary>The space id that this index was opened for.</summary>
    string SpaceId { get; }

    int Dimensions { get; }

    /// <summary>Adds or replaces the vectors of the given entries.</summary>
    ValueTask AddAsync(IReadOnlyList<VectorRecord> records, CancellationToken cancellationToken);

    /// <summary>Removes entries' vectors; unknown entries are ignored. Returns how many were there.</summary>
    ValueTask<int> RemoveAsync(IReadOnlyList<Hash256> entries, CancellationToken cancellationToken);

    /// <summary>Neighbours at or above the floor, nearest first.</summary>
    ValueTask<IReadOnlyList<Neighbor>> SearchAsync(VectorQuery query, CancellationToken cancellationToken);

    /// <summary>Vectors in the index, or in one partition of it.</summary>
    ValueTask<long> CountAsync(Hash256? partition, CancellationToken cancellationToken);

    /// <summary>Every vector's place, in no order; sees at least what was there at the call and is still there.</summary>
    IAsyncEnumerable<VectorPlace> EnumerateAsync(CancellationToken cancellationToken);

    /// <summary>Only the exact keys, where that is cheaper.</summary>
    async IAsyncEnumerable<Hash256> EnumerateKeysAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (VectorPlace place in EnumerateAsync(cancellationToken))
        {
            yield return place.Entry;
        }
    }

    /// <summary>Returns once everything added or removed before the call survives a crash.</summary>
    ValueTask FlushAsync(CancellationToken cancellationToken);
}

/// <summary>The index cannot be asked right now (remote provider away, rate-limited, misconfigured). The message is for the operator's log.</summary>
public sealed class VectorIndexUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
