using System.Collections.Concurrent;
using Afterimage.Entries;
using Afterimage.Tests.Conformance;
using Afterimage.Tests.Entries;
using Afterimage.Vectors;
using Xunit;

namespace Afterimage.Tests.Caching;

/// <summary>Vectors of new entries reach the index behind the answers, whatever one of them does to it.</summary>
public sealed class IndexQueueTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_fault_that_nobody_thought_of_costs_its_own_entry_alone_and_is_told()
    {
        Hash256 poison = HeaderOf(3).Key;
        await using CacheFixture cache = CacheFixture.Open(index => new PoisonedIndex(index, poison));
        var told = new ConcurrentQueue<Exception>();
        var over = new ConcurrentQueue<int>();
        cache.Indexing.Faulted += told.Enqueue;
        for (int i = 0; i < 10; i++)
        {
            int number = i;
            cache.Indexing.Enqueue(HeaderOf(i), null, () => over.Enqueue(number));
        }

        await cache.Indexing.DrainAsync(Stop);
        Hash256[] others = [.. Enumerable.Range(0, 10).Where(i => i != 3).Select(i => HeaderOf(i).Key).Order()];
        Assert.Equal(others, await KeysAsync(cache.Index));
        Assert.True(cache.Indexing.HasGaps);
        Assert.NotEmpty(told);
        Assert.All(told, fault => Assert.Equal("poison", fault.Message));
        Assert.Equal(Enumerable.Range(0, 10), over.Order());

        // The worker lives: what comes later, and what is removed later, is acted on.
        cache.Indexing.Enqueue(HeaderOf(20), null, () => { });
        Assert.Equal(PutOutcome.Stored, await cache.Store.PutAsync(HeaderOf(0), TestEntries.Body(0, 100), Stop));
        await cache.Store.DeleteAsync(HeaderOf(0).Key, Stop);
        await cache.Indexing.DrainAsync(Stop);
        Hash256[] keys = await KeysAsync(cache.Index);
        Assert.Contains(HeaderOf(20).Key, keys);
        Assert.DoesNotContain(HeaderOf(0).Key, keys);
    }

    private static EntryHeader HeaderOf(int number) => TestEntries.Header(number, TestEntries.Body(number, 100), $"a red bicycle at house number {number}");

    private static async Task<Hash256[]> KeysAsync(IVectorIndex index) => [.. (await VectorIndexes.PlacesAsync(index)).Select(p => p.Entry).Order()];

    /// <summary>An index with a bug: one entry is too much for it.</summary>
    private sealed class PoisonedIndex(IVectorIndex inner, Hash256 poison) : IVectorIndex
    {
        public string SpaceId => inner.SpaceId;

        public int Dimensions => inner.Dimensions;

        public ValueTask AddAsync(IReadOnlyList<VectorRecord> records, CancellationToken cancellationToken) =>
            records.Any(r => r.Entry == poison) ? throw new InvalidOperationException("poison") : inner.AddAsync(records, cancellationToken);

        public ValueTask<int> RemoveAsync(IReadOnlyList<Hash256> entries, CancellationToken cancellationToken) => inner.RemoveAsync(entries, cancellationToken);

        public ValueTask<IReadOnlyList<Neighbor>> SearchAsync(VectorQuery query, CancellationToken cancellationToken) => inner.SearchAsync(query, cancellationToken);

        public ValueTask<long> CountAsync(Hash256? partition, CancellationToken cancellationToken) => inner.CountAsync(partition, cancellationToken);

        public IAsyncEnumerable<VectorPlace> EnumerateAsync(CancellationToken cancellationToken) => inner.EnumerateAsync(cancellationToken);

        public ValueTask FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
