using Afterimage.Tests.Conformance;
using Afterimage.Vectors;
using Xunit;
using static Afterimage.Tests.Vectors.GraphPartition;

namespace Afterimage.Tests.Vectors;

/// <summary>Partitions large enough for a graph: recall, duplicates, seeds, removal.</summary>
public sealed class GraphTests : IDisposable
{
    private readonly GraphPartition _graph = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _graph.Dispose();

    [Fact]
    public async Task Near_neighbours_are_found_through_the_graph()
    {
        await using VectorIndex index = _graph.Open();
        VectorRecord[] records = Clusters(4000);
        await index.AddAsync(records, Stop);
        await VectorIndexes.SettledAsync(index);

        Assert.True(await RecallAsync(index, records) >= 0.995);
    }

    [Fact]
    public async Task What_the_graph_has_not_taken_in_yet_is_found_all_the_same()
    {
        await using VectorIndex index = _graph.Open();
        VectorRecord[] records = Clusters(2000);
        foreach (VectorRecord record in records)
        {
            await index.AddAsync([record], Stop);
            Neighbor found = (await index.SearchAsync(new VectorQuery(Partition, null, record.Vector, 1, 0.9f), Stop))[0];
            Assert.Equal(1, found.Similarity, 1e-3f);
        }

        await VectorIndexes.SettledAsync(index);
    }

    [Fact]
    public async Task Equal_vectors_share_a_node_and_do_not_hide_others()
    {
        await using VectorIndex index = _graph.Open();
        VectorRecord[] distinct = Clusters(1000);
        var random = new Random(1);
        float[] common = VectorData.Unit(random, Dimensions);
        VectorRecord[] equal = [.. Enumerable.Range(0, 2000).Select(i => Record(10_000 + i, common, i % 40))];
        VectorRecord[] all = [.. distinct, .. equal];
        random.Shuffle(all);
        await index.AddAsync(all, Stop);
        await VectorIndexes.SettledAsync(index);

        Assert.True(await RecallAsync(index, distinct) >= 0.995);
        IReadOnlyList<Neighbor> found = await index.SearchAsync(new VectorQuery(Partition, null, common, 100, 0.99f), Stop);
        Assert.Equal(100, found.DistinctBy(n => n.Entry).Count());
        Assert.All(found, n => Assert.Equal(1, n.Similarity, 1e-3f));
        Assert.Equal(50, (await index.SearchAsync(new VectorQuery(Partition, 7, common, 100, 0.99f), Stop)).Count);

        // Taking all but one out leaves the one.
        await index.RemoveAsync([.. equal.Skip(1).Select(r => r.Entry)], Stop);
        Assert.Equal(equal[0].Entry, Assert.Single(await index.SearchAsync(new VectorQuery(Partition, null, common, 100, 0.99f), Stop)).Entry);
        await VectorIndexes.SettledAsync(index);
        Assert.True(await RecallAsync(index, distinct) >= 0.995);
    }

    [Fact]
    public async Task Of_very_many_that_are_alike_each_is_found()
    {
        await using VectorIndex index = _graph.Open();
        VectorRecord[] kinds = Kinds(6, 600);
        await index.AddAsync([.. kinds, .. Clusters(2000)], Stop);
        await VectorIndexes.SettledAsync(index);
        Assert.True(await SelfRecallAsync(index, kinds) >= 0.995);

        // Those that are left are found although most that led to them have gone.
        VectorRecord[] left = [.. kinds.Where((_, i) => i % 3 == 0)];
        await index.RemoveAsync([.. kinds.Where((_, i) => i % 3 != 0).Select(r => r.Entry)], Stop);
        await VectorIndexes.SettledAsync(index);
        Assert.True(await SelfRecallAsync(index, left) >= 0.995);
    }

    [Fact]
    public async Task A_seed_that_most_vectors_share_is_searched_along_the_graph_and_others_by_their_chain()
    {
        await using VectorIndex index = _graph.Open();
        await using var oracle = new ScanIndex(Space, Dimensions);
        VectorRecord[] records = [.. Clusters(3000).Select((r, i) => r with { Seed = i % 4 == 0 ? i : i % 3 == 0 ? null : 42 })];
        await index.AddAsync(records, Stop);
        await oracle.AddAsync(records, Stop);
        await VectorIndexes.SettledAsync(index);

        foreach (long seed in new long[] { 42, 400, 1200, 7 })
        {
            for (int i = 0; i < 20; i++)
            {
                await VectorIndexes.AgreesAsync(index, oracle, new VectorQuery(Partition, seed, records[i * 100].Vector, 3, 0.7f), 2e-3f);
            }
        }
    }

    [Fact]
    public async Task Removing_most_of_a_graph_keeps_the_rest_findable_and_frees_memory()
    {
        await using VectorIndex index = _graph.Open();
        VectorRecord[] records = Clusters(12_000);
        await index.AddAsync(records, Stop);
        await VectorIndexes.SettledAsync(index);
        long before = index.Status.MemoryBytes;
        var random = new Random(2);
        random.Shuffle(records);
        for (int gone = 0; gone < 10_000; gone += 500)
        {
            await index.RemoveAsync([.. records.Skip(gone).Take(500).Select(r => r.Entry)], Stop);
            await VectorIndexes.SettledAsync(index);
            Assert.True(await RecallAsync(index, records[(gone + 500)..]) >= 0.99, $"recall after {gone + 500} removals");
        }

        await index.SnapshotAsync(Stop);
        Assert.True(index.Status.MemoryBytes < before / 3, $"{index.Status.MemoryBytes} bytes of {before} are left");
        Assert.Equal(2000, await index.CountAsync(Partition, Stop));
    }

    [Fact]
    public async Task Removing_everything_leaves_nothing_and_starting_again_works()
    {
        await using VectorIndex index = _graph.Open();
        VectorRecord[] records = Clusters(1500);
        for (int round = 0; round < 3; round++)
        {
            await index.AddAsync(records, Stop);
            if (round != 1)
            {
                await VectorIndexes.SettledAsync(index);
            }

            Assert.Equal(records.Length, await index.RemoveAsync([.. records.Select(r => r.Entry)], Stop));
            Assert.Equal(0, index.Status.Partitions);
            Assert.Empty(await index.SearchAsync(new VectorQuery(Partition, null, records[0].Vector, 10, -1), Stop));
        }
    }

    [Fact]
    public async Task Writers_searchers_and_maintenance_run_beside_each_other()
    {
        await using VectorIndex index = _graph.Open(segmentBytes: 256 << 10);
        VectorRecord[] stable = Clusters(1500);
        VectorRecord[] moving = [.. Clusters(3000, seed: 9).Select((r, i) => r with { Entry = VectorIndexes.Entry(50_000 + i) })];
        await index.AddAsync(stable, Stop);
        using var over = new CancellationTokenSource();
        Task[] writers = [.. Enumerable.Range(0, 2).Select(w => Task.Run(
            async () =>
            {
                var random = new Random(w);
                while (!over.IsCancellationRequested)
                {
                    VectorRecord[] some = [.. Enumerable.Range(0, 20).Select(_ => moving[(random.Next(1500) * 2) + w])];
                    await index.AddAsync([.. some.Select(r => random.Next(4) == 0 ? r with { Partition = Hash256.Of("q") } : r)], Stop);
                    await index.RemoveAsync([.. some.Take(18).Select(r => r.Entry)], Stop);
                }
            },
            Stop))];
        var allowed = stable.Concat(moving).Select(r => r.Entry).ToHashSet();
        Task[] searchers = [.. Enumerable.Range(0, 2).Select(s => Task.Run(
            async () =>
            {
                for (int i = 0; i < 4000; i++)
                {
                    VectorRecord wanted = stable[((i * 7) + s) % stable.Length];
                    IReadOnlyList<Neighbor> found = await index.SearchAsync(new VectorQuery(Partition, null, wanted.Vector, 2, 0.9f), Stop);
                    Assert.Equal(1, found[0].Similarity, 1e-3f);
                    Assert.All(found, n => Assert.Contains(n.Entry, allowed));
                    Assert.Distinct(found.Select(n => n.Entry));
                }
            },
            Stop))];

        await Task.WhenAll(searchers);
        await over.CancelAsync();
        await Task.WhenAll(writers);
        await VectorIndexes.SettledAsync(index);
        Assert.True(await RecallAsync(index, stable) >= 0.99);
        Assert.Equal(await index.CountAsync(null, Stop), (await VectorIndexes.PlacesAsync(index)).Count);
    }

    // One kind after the other, as when a template's prompts are drawn: the members of each are about equally far from each other, and so is every other kind.
    private static VectorRecord[] Kinds(int kinds, int members)
    {
        var random = new Random(11);
        float[][] centres = [.. Enumerable.Range(0, kinds).Select(_ => VectorData.Unit(random, Dimensions))];
        return [.. Enumerable.Range(0, kinds * members).Select(i => Record(20_000 + i, VectorData.Near(random, centres[i / members], 0.1f)))];
    }

    private static async Task<double> SelfRecallAsync(VectorIndex index, VectorRecord[] records)
    {
        int found = 0;
        foreach (VectorRecord record in records)
        {
            IReadOnlyList<Neighbor> nearest = await index.SearchAsync(new VectorQuery(Partition, null, record.Vector, 1, 0.85f), Stop);
            found += nearest is [var first] && first.Entry == record.Entry ? 1 : 0;
        }

        return (double)found / records.Length;
    }
}
