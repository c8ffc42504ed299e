using Afterimage.Tests.Conformance;
using Afterimage.Vectors;
using Afterimage.Vectors.Graphs;
using Xunit;
using static Afterimage.Tests.Vectors.GraphPartition;

namespace Afterimage.Tests.Vectors;

/// <summary>What of a large partition is on disk: its graph, and a log that is compacted beside it.</summary>
public sealed class GraphFileTests : IDisposable
{
    private readonly GraphPartition _graph = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _graph.Dispose();

    [Fact]
    public async Task A_graph_comes_back_from_disk_without_being_built_again()
    {
        VectorRecord[] records = [.. Clusters(2000), .. Enumerable.Range(0, 50).Select(i => Record(90_000 + i, VectorData.Axis(Dimensions, 3)))];
        await using (VectorIndex index = _graph.Open())
        {
            await index.AddAsync(records, Stop);
            await VectorIndexes.SettledAsync(index);
        }

        Assert.Single(_graph.GraphFiles());
        await using VectorIndex again = _graph.Open();
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
        await using (VectorIndex index = _graph.Open())
        {
            await index.AddAsync(records[..1600], Stop);
            await VectorIndexes.SettledAsync(index);
            await index.SnapshotAsync(Stop);
            old = await File.ReadAllBytesAsync(_graph.GraphFiles().Single(), Stop);
            await index.AddAsync(records[1600..], Stop);
            await index.RemoveAsync([.. records[..200].Select(r => r.Entry)], Stop);
            await index.AddAsync([.. records[200..300].Select(r => r with { Vector = records[1000].Vector })], Stop);
        }

        await File.WriteAllBytesAsync(_graph.GraphFiles().Single(), old, Stop);
        await using VectorIndex again = _graph.Open();
        Assert.Equal(1800, await again.CountAsync(Partition, Stop));
        await VectorIndexes.SettledAsync(again);
        Assert.True(await RecallAsync(again, records[300..]) >= 0.99);
        Assert.Equal(101, (await again.SearchAsync(new VectorQuery(Partition, null, records[1000].Vector, 200, 0.999f), Stop)).Count);
    }

    [Fact]
    public async Task A_damaged_graph_file_is_built_again_and_an_unknown_version_refused()
    {
        VectorRecord[] records = Clusters(1000);
        await using (VectorIndex index = _graph.Open())
        {
            await index.AddAsync(records, Stop);
            await VectorIndexes.SettledAsync(index);
        }

        byte[] whole = await File.ReadAllBytesAsync(_graph.GraphFiles().Single(), Stop);
        var random = new Random(4);
        for (int round = 0; round < 10; round++)
        {
            byte[] damaged = round == 0 ? whole[..(whole.Length / 2)] : [.. whole];
            damaged[random.Next(64, damaged.Length)] ^= 4;
            await File.WriteAllBytesAsync(_graph.GraphFiles().FirstOrDefault() ?? GraphFile.PathOf(_graph.Inner, Partition), damaged, Stop);
            await using VectorIndex again = _graph.Open();
            Assert.Equal(1000, await again.CountAsync(Partition, Stop));
            Assert.True(await RecallAsync(again, records) >= 0.99);
            await VectorIndexes.SettledAsync(again);
        }

        whole[8] = 7;
        await File.WriteAllBytesAsync(_graph.GraphFiles().Single(), whole, Stop);
        await using VectorIndex refused = _graph.Open();
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
        await using (VectorIndex index = _graph.Open(segmentBytes: 64 << 10))
        {
            await index.AddAsync(records, Stop);
            for (int round = 0; round < 12; round++)
            {
                await index.AddAsync([.. records.Where(_ => random.Next(2) == 0)], Stop);
            }

            await index.RemoveAsync([.. records[..1000].Select(r => r.Entry)], Stop);
            await VectorIndexes.SettledAsync(index);
            await index.SnapshotAsync(Stop);
            long live = 2000 * Afterimage.Vectors.Storage.LogRecord.AddLength(Dimensions);
            Assert.InRange(index.Status.DiskBytes, live, (3 * live) + (3 * 65536));
            Assert.True(await RecallAsync(index, records[1000..]) >= 0.99);
        }

        await using VectorIndex again = _graph.Open(segmentBytes: 64 << 10);
        Assert.Equal(2000, await again.CountAsync(null, Stop));
        Assert.Equal(0, again.Status.DamagedRecords);
        await VectorIndexes.SettledAsync(again);
        Assert.True(await RecallAsync(again, records[1000..]) >= 0.99);
    }
}
