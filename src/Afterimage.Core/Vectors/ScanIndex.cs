using System.Runtime.CompilerServices;

namespace Afterimage.Vectors;

/// <summary>The obvious index: every vector of the partition, one by one, in float32, in memory only. The oracle of the others.</summary>
public sealed class ScanIndex(string spaceId, int dimensions) : IVectorIndex
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Hash256, VectorRecord> _records = [];

    public string SpaceId => spaceId;

    public int Dimensions => dimensions;

    public ValueTask AddAsync(IReadOnlyList<VectorRecord> records, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            foreach (VectorRecord record in records)
            {
                ArgumentOutOfRangeException.ThrowIfNotEqual(record.Vector.Length, dimensions);
            }

            foreach (VectorRecord record in records)
            {
                _records[record.Entry] = record with { Vector = record.Vector.ToArray() };
            }
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<int> RemoveAsync(IReadOnlyList<Hash256> entries, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return ValueTask.FromResult(entries.Count(_records.Remove));
        }
    }

    public ValueTask<IReadOnlyList<Neighbor>> SearchAsync(VectorQuery query, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(query.Vector.Length, dimensions);
        lock (_lock)
        {
            return ValueTask.FromResult<IReadOnlyList<Neighbor>>([.. _records.Values
                .Where(r => r.Partition == query.Partition && (query.Seed is null || r.Seed == query.Seed))
                .Select(r => new Neighbor(r.Entry, Cosine(r.Vector.Span, query.Vector.Span)))
                .Where(n => n.Similarity >= query.SimilarityMin)
                .OrderByDescending(n => n.Similarity).ThenBy(n => n.Entry)
                .Take(query.Count)]);
        }
    }

    public ValueTask<long> CountAsync(Hash256? partition, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return ValueTask.FromResult((long)_records.Values.Count(r => partition is null || r.Partition == partition));
        }
    }

    public async IAsyncEnumerable<VectorPlace> EnumerateAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        VectorPlace[] places;
        lock (_lock)
        {
            places = [.. _records.Values.Select(r => new VectorPlace(r.Entry, r.Partition, r.Seed, r.Batch))];
        }

        await Task.CompletedTask;
        foreach (VectorPlace place in places)
        {
            yield return place;
        }
    }

    public ValueTask FlushAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static float Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double dot = 0, aa = 0, bb = 0;
        for (int i = 0; i < a.Length; i++)
        {
            dot += (double)a[i] * b[i];
            aa += (double)a[i] * a[i];
            bb += (double)b[i] * b[i];
        }

        return aa > 0 && bb > 0 ? (float)(dot / Math.Sqrt(aa * bb)) : 0;
    }
}
