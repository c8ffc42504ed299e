using Afterimage.Tests.Conformance;
using Afterimage.Vectors;
using Afterimage.Vectors.Graphs;
using Xunit;

namespace Afterimage.Tests.Vectors;

/// <summary>Partitions large enough for a graph: recall, duplicates, seeds, removal, and what is left on disk.</summary>
public sealed class GraphTests : IDisposable
{
    private const int Dimensions = 64;
    private const string Space = "test/graph";

    private static readonly Hash256 Partition = Hash256.Of("p");

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Near_neighbours_are_found_through_the_graph()
    {
        await using VectorIndex index = Open();
        VectorRecord[] records = Clusters(4000);
        await index.AddAsync(records, Stop);
        await SettledAsync(index);

        Assert.True(await RecallAsync(index, records) >= 0.995);
    }

    [Fact]
    public async Task What_the_graph_has_not_taken_in_yet_is_found_all_the_same()
    {
        await using VectorIndex index = Open();
        VectorRecord[] records = Clusters(2000);
        foreach (VectorRecord record in records)
        {
            await index.AddAsync([record], Stop);
            Neighbor found = (await index.SearchAsync(new VectorQuery(Partition, null, record.Vector, 1, 0.9f), Stop))[0];
            Assert.Equal(1, found.Similarity, 1e-3f);
        }

        await SettledAsync(index);
    }

    [Fact]
    public async Task Equal_vectors_share_a_node_and_do_not_hide_others()
    {
        await using VectorIndex index = Open();
        VectorRecord[] distinct = Clusters(1000);
        var random = new Random(1);
        float[] common = VectorData.Unit(random, Dimensions);
        VectorRecord[] equal = [.. Enumerable.Range(0, 2000).Select(i => Record(10_000 + i, common, i % 40))];
        VectorRecord[] all = [.. distinct, .. equal];
        random.Shuffle(all);
        await index.AddAsync(all, Stop);
        await SettledAsync(index);

        Assert.True(await RecallAsync(index, distinct) >= 0.995);
        IReadOnlyList<Neighbor> found = await index.SearchAsync(new VectorQuery(Partition, null, common, 100, 0.99f), Stop);
        Assert.Equal(100, found.DistinctBy(n => n.Entry).Count());
        Assert.All(found, n => Assert.Equal(1, n.Similarity, 1e-3f));
        Assert.Equal(50, (await index.SearchAsync(new VectorQuery(Partition, 7, common, 100, 0.99f), Stop)).Count);

        // Taking all but one out leaves the one.
        await index.RemoveAsync([.. equal.Skip(1).Select(r => r.Entry)], Stop);
        Assert.Equal(equal[0].Entry, Assert.Single(await index.SearchAsync(new VectorQuery(Partition, null, common, 100, 0.99f), Stop)).Entry);
        await SettledAsync(index);
        Assert.True(await RecallAsync(index, distinct) >= 0.995);
    }

    [Fact]
    public async Task A_seed_that_most_vectors_share_is_searched_along_the_graph_and_others_by_their_chain()
    {
        await using VectorIndex index = Open();
        await using var oracle = new ScanIndex(Space, Dimensions);
        VectorRecord[] records = [.. Clusters(3000).Select((r, i) => r with { Seed = i % 4 == 0 ? i : i % 3 == 0 ? null : 42 })];
        await index.AddAsync(records, Stop);
        await oracle.AddAsync(records, Stop);
        await SettledAsync(index);

        foreach (long seed in new long[] { 42, 400, 1200, 7 })
        {
            for (int i = 0; i < 20; i++)
            {
                await VectorIndexConformance.AgreesAsync(index, oracle, new VectorQuery(Partition, seed, records[i * 100].Vector, 3, 0.7f), 2e-3f);
            }
        }
    }

    [Fact]
    public async Task Removing_most_of_a_graph_keeps_the_rest_findable_and_frees_memory()
    {
        await using VectorIndex index = Open();
        VectorRecord[] records = Clusters(12_000);
        await index.AddAsync(records, Stop);
        await SettledAsync(index);
        long before = index.Status.MemoryBytes;
        var random = new Random(2);
        random.Shuffle(records);
        for (int gone = 0; gone < 10_000; gone += 500)
        {
            await index.RemoveAsync([.. records.Skip(gone).Take(500).Select(r => r.Entry)], Stop);
            await SettledAsync(index);
            Assert.True(await RecallAsync(index, records[(gone + 500)..]) >= 0.99, $"recall after {gone + 500} removals");
        }

        await index.SnapshotAsync(Stop);
        Assert.True(index.Status.MemoryBytes < before / 3, $"{index.Status.MemoryBytes} bytes of {before} are left");
        Assert.Equal(2000, await index.CountAsync(Partition, Stop));
    }

    [Fact]
    public async Task Removing_everything_leaves_nothing_and_starting_again_works()
    {
        await using VectorIndex index = Open();
        VectorRecord[] records = Clusters(1500);
        for (int round = 0; round < 3; round++)
        {
            await index.AddAsync(records, Stop);
            if (round != 1)
            {
                await SettledAsync(index);
            }

            Assert.Equal(records.Length, await index.RemoveAsync([.. records.Select(r => r.Entry)], Stop));
            Assert.Equal(0, index.Status.Partitions);
            Assert.Empty(await index.SearchAsync(new VectorQuery(Partition, null, records[0].Vector, 10, -1), Stop));
        }
    }

    [Fact]
    public async Task A_graph_comes_back_from_disk_without_being_built_again()
    {
        VectorRecord[] records = [.. Clusters(2000), .. Enumerable.Range(0, 50).Select(i => Record(90_000 + i, VectorData.Axis(Dimensions, 3)))];
        await using (VectorIndex index = Open())
        {
            await index.AddAsync(records, Stop);
            await SettledAsync(index);
        }

        Assert.Single(GraphFiles());
        await using VectorIndex again = Open();
        await again.Ready;
        Assert.Equal(0, again.Status.Pending);
        Assert.True(await RecallAsync(again, records[..2000]) >= 0.995);
        Assert.Equal(50, (await again.SearchAsync(new VectorQuery(Partition, null, records[^1].Vector, 100, 0.99f), Stop)).Count);
    }

    [Fact]
    public async Task A_graph_older_than_the_log_is_brought_up_to_date()
    {
        VectorRecord[] records = Clusters(2000);
        byte[] old;
        await using (VectorIndex index = Open())
        {
            await index.AddAsync(records[..1600], Stop);
            await SettledAsync(index);
            await index.SnapshotAsync(Stop);
            old = await File.ReadAllBytesAsync(GraphFiles().Single(), Stop);
            await index.AddAsync(records[1600..], Stop);
            await index.RemoveAsync([.. records[..200].Select(r => r.Entry)], Stop);
            await index.AddAsync([.. records[200..300].Select(r => r with { Vector = records[1000].Vector })], Stop);
        }

        await File.WriteAllBytesAsync(GraphFiles().Single(), old, Stop);
        await using VectorIndex again = Open();
        Assert.Equal(1800, await again.CountAsync(Partition, Stop));
        await SettledAsync(again);
        Assert.True(await RecallAsync(again, records[300..]) >= 0.99);
        Assert.Equal(101, (await again.SearchAsync(new VectorQuery(Partition, null, records[1000].Vector, 200, 0.999f), Stop)).Count);
    }

    [Fact]
    public async Task A_damaged_graph_file_is_built_again_and_an_unknown_version_refused()
    {
        VectorRecord[] records = Clusters(1000);
        await using (VectorIndex index = Open())
        {
            await index.AddAsync(records, Stop);
            await SettledAsync(index);
        }

        byte[] whole = await File.ReadAllBytesAsync(GraphFiles().Single(), Stop);
        var random = new Random(4);
        for (int round = 0; round < 10; round++)
        {
            byte[] damaged = round == 0 ? whole[..(whole.Length / 2)] : [.. whole];
            damaged[random.Next(64, damaged.Length)] ^= 4;
            await File.WriteAllBytesAsync(GraphFiles().FirstOrDefault() ?? GraphFile.PathOf(Inner, Partition), damaged, Stop);
            await using VectorIndex again = Open();
            Assert.Equal(1000, await again.CountAsync(Partition, Stop));
            Assert.True(await RecallAsync(again, records) >= 0.99);
            await SettledAsync(again);
        }

        whole[8] = 7;
        await File.WriteAllBytesAsync(GraphFiles().Single(), whole, Stop);
        await using VectorIndex refused = Open();
        Assert.Contains("version 7", (await Assert.ThrowsAsync<InvalidDataException>(() => refused.Ready)).Message);

        // For the semantic tier that is a miss, as any index that is away.
        VectorIndexUnavailableException away = await Assert.ThrowsAsync<VectorIndexUnavailableException>(
            async () => await refused.SearchAsync(new VectorQuery(Partition, null, records[0].Vector, 1, 0.9f), Stop));
        Assert.Contains("version 7", away.Message);
        Assert.Contains("version 7", refused.Status.Fault);
    }

    [Fact]
    public async Task The_log_is_compacted_and_says_the_same_afterwards()
    {
        VectorRecord[] records = Clusters(3000);
        var random = new Random(6);
        await using (VectorIndex index = Open(segmentBytes: 64 << 10))
        {
            await index.AddAsync(records, Stop);
            for (int round = 0; round < 12; round++)
            {
                await index.AddAsync([.. records.Where(_ => random.Next(2) == 0)], Stop);
            }

            await index.RemoveAsync([.. records[..1000].Select(r => r.Entry)], Stop);
            await SettledAsync(index);
            await index.SnapshotAsync(Stop);
            long live = 2000 * Afterimage.Vectors.Storage.LogRecord.AddLength(Dimensions);
            Assert.InRange(index.Status.DiskBytes, live, (3 * live) + (3 * 65536));
            Assert.True(await RecallAsync(index, records[1000..]) >= 0.99);
        }

        await using VectorIndex again = Open(segmentBytes: 64 << 10);
        Assert.Equal(2000, await again.CountAsync(null, Stop));
        Assert.Equal(0, again.Status.DamagedRecords);
        await SettledAsync(again);
        Assert.True(await RecallAsync(again, records[1000..]) >= 0.99);
    }

    [Fact]
    public async Task Writers_searchers_and_maintenance_run_beside_each_other()
    {
        await using VectorIndex index = Open(segmentBytes: 256 << 10);
        VectorRecord[] stable = Clusters(1500);
        VectorRecord[] moving = [.. Clusters(3000, seed: 9).Select((r, i) => r with { Entry = VectorIndexConformance.Entry(50_000 + i) })];
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
        await SettledAsync(index);
        Assert.True(await RecallAsync(index, stable) >= 0.99);
        Assert.Equal(await index.CountAsync(null, Stop), (await VectorIndexConformance.PlacesAsync(index)).Count);
    }

    /// <summary>Share of the records that a slightly moved copy of their vector finds first.</summary>
    private static async Task<double> RecallAsync(VectorIndex index, VectorRecord[] records)
    {
        var random = new Random(77);
        int right = 0, asked = 0;
        for (int i = 0; i < records.Length; i += Math.Max(1, records.Length / 300))
        {
            float[] query = VectorData.Near(random, records[i].Vector.ToArray(), 0.05f);
            IReadOnlyList<Neighbor> found = await index.SearchAsync(new VectorQuery(Partition, null, query, 1, 0.85f), Stop);
            asked++;
            right += found.Count == 1 && (found[0].Entry == records[i].Entry || found[0].Similarity > 0.99f) ? 1 : 0;
        }

        return (double)right / asked;
    }

    /// <summary>Waits until maintenance has nothing left to insert.</summary>
    private static async Task SettledAsync(VectorIndex index)
    {
        await index.Ready;
        while (index.Status.Pending > 0)
        {
            await Task.Delay(5, Stop);
        }

        await index.SnapshotAsync(Stop);
    }

    private static VectorRecord[] Clusters(int count, int seed = 5)
    {
        var random = new Random(seed);
        float[][] centres = [.. Enumerable.Range(0, (count / 20) + 1).Select(_ => VectorData.Unit(random, Dimensions))];
        return [.. Enumerable.Range(0, count).Select(i => Record(i, VectorData.Near(random, centres[i % centres.Length], 0.35f)))];
    }

    private static VectorRecord Record(int number, float[] vector, long? seed = null) =>
        new(VectorIndexConformance.Entry(number), Partition, seed, vector);

    private string Inner => VectorIndex.FolderOf(_folder.Path, Space);

    private string[] GraphFiles() => Directory.GetFiles(Inner, "*.graph");

    private VectorIndex Open(long segmentBytes = 64 << 20) => VectorIndex.Open(
        new VectorIndexOptions { Folder = _folder.Path, SpaceId = Space, Dimensions = Dimensions, GraphMin = 256, SegmentBytes = segmentBytes });
}
