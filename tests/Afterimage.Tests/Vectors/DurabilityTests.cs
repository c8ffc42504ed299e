using Afterimage.Tests.Conformance;
using Afterimage.Vectors;
using Afterimage.Vectors.Storage;
using Xunit;

namespace Afterimage.Tests.Vectors;

/// <summary>What an index still knows after it was closed, copied in the middle of its life, torn or damaged.</summary>
public sealed class DurabilityTests : IDisposable
{
    private const int Dimensions = 40;
    private const string Space = "test/durability@1";

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_closed_index_comes_back_as_it_was()
    {
        await using var oracle = new ScanIndex(Space, Dimensions);
        var random = new Random(3);
        for (int session = 0; session < 4; session++)
        {
            await using VectorIndex index = Open();
            await Same(index, oracle);
            for (int i = 0; i < 60; i++)
            {
                VectorRecord[] records = [.. Enumerable.Range(0, random.Next(5)).Select(_ => RandomRecord(random))];
                Hash256[] gone = [.. Enumerable.Range(0, random.Next(3)).Select(_ => VectorIndexes.Entry(random.Next(150)))];
                await index.AddAsync(records, Stop);
                await oracle.AddAsync(records, Stop);
                await index.RemoveAsync(gone, Stop);
                await oracle.RemoveAsync(gone, Stop);
            }
        }

        await using VectorIndex last = Open();
        await Same(last, oracle);
        Assert.Equal(0, last.Status.DamagedRecords);
    }

    [Fact]
    public async Task What_was_added_is_in_the_file_when_the_call_returns()
    {
        await using VectorIndex index = Open(flush: TimeSpan.FromHours(1));
        await index.AddAsync([.. Enumerable.Range(0, 10).Select(Record)], Stop);
        await index.RemoveAsync([VectorIndexes.Entry(3)], Stop);

        using TemporaryFolder copy = TemporaryFolder.CopyOf(_folder.Path);
        await using VectorIndex other = Open(copy.Path);

        Assert.Equal(9, await other.CountAsync(null, Stop));
        Assert.Equal(1, (await other.SearchAsync(Query(4), Stop))[0].Similarity, 1e-3f);
    }

    [Fact]
    public async Task A_log_torn_anywhere_gives_exactly_the_whole_records_before()
    {
        await using (VectorIndex index = Open())
        {
            await index.AddAsync([.. Enumerable.Range(0, 6).Select(Record)], Stop);
            await index.RemoveAsync([VectorIndexes.Entry(0)], Stop);
        }

        byte[] whole = await File.ReadAllBytesAsync(Segments().Single(), Stop);
        int record = LogRecord.AddLength(Dimensions);
        int padding = record - LogRecord.VectorOffset - (Dimensions * 2);
        for (int length = LogSegment.HeaderLength; length <= whole.Length; length += 7)
        {
            using var folder = new TemporaryFolder();
            await WriteSegmentAsync(folder, whole.AsMemory(0, length));
            await using VectorIndex index = Open(folder.Path);

            // A record is whole when all but its padding is there: the padding is zeros, and so is what the file is extended with.
            int records = (length - LogSegment.HeaderLength + padding) / record;
            Assert.Equal(length == whole.Length ? 5 : Math.Min(6, records), await index.CountAsync(null, Stop));

            // The tail is cut for good: what is added now must not be followed by leftovers at the next opening.
            await index.AddAsync([Record(77)], Stop);
            await index.DisposeAsync();
            await using VectorIndex again = Open(folder.Path);
            Assert.Equal((length == whole.Length ? 5 : Math.Min(6, records)) + 1, await again.CountAsync(null, Stop));
        }
    }

    [Fact]
    public async Task A_flipped_bit_never_yields_a_wrong_vector()
    {
        await using (VectorIndex index = Open())
        {
            await index.AddAsync([.. Enumerable.Range(0, 5).Select(Record)], Stop);
        }

        byte[] whole = await File.ReadAllBytesAsync(Segments().Single(), Stop);
        var random = new Random(8);
        for (int round = 0; round < 100; round++)
        {
            byte[] damaged = [.. whole];
            damaged[random.Next(LogSegment.HeaderLength, whole.Length)] ^= (byte)(1 << random.Next(8));
            using var folder = new TemporaryFolder();
            await WriteSegmentAsync(folder, damaged);
            await using VectorIndex index = Open(folder.Path);
            await index.Ready;

            Assert.Equal(1, index.Status.DamagedRecords);
            for (int i = 0; i < 5; i++)
            {
                IReadOnlyList<Neighbor> found = await index.SearchAsync(Query(i), Stop);
                Assert.All(found, n => Assert.Equal(VectorIndexes.Entry(i), n.Entry));
                Assert.All(found, n => Assert.Equal(1, n.Similarity, 1e-3f));
            }
        }
    }

    [Fact]
    public async Task Damage_in_a_closed_segment_costs_only_the_records_it_hit()
    {
        await using (VectorIndex index = Open(segmentBytes: 4096))
        {
            await index.AddAsync([.. Enumerable.Range(0, 100).Select(Record)], Stop);
        }

        string first = Segments()[0];
        byte[] bytes = await File.ReadAllBytesAsync(first, Stop);
        bytes[LogSegment.HeaderLength + LogRecord.AddLength(Dimensions) + 5] ^= 0xFF;
        await File.WriteAllBytesAsync(first, bytes, Stop);

        await using VectorIndex again = Open(segmentBytes: 4096);
        Assert.Equal(99, await again.CountAsync(null, Stop));
        Assert.Empty(await again.SearchAsync(Query(1), Stop));
        Assert.Single(await again.SearchAsync(Query(2), Stop));
    }

    [Fact]
    public async Task A_segment_with_a_damaged_header_is_set_aside()
    {
        await using (VectorIndex index = Open())
        {
            await index.AddAsync([Record(1)], Stop);
        }

        string path = Segments().Single();
        byte[] bytes = await File.ReadAllBytesAsync(path, Stop);
        bytes[100] ^= 1;
        await File.WriteAllBytesAsync(path, bytes, Stop);

        await using VectorIndex again = Open();
        Assert.Equal(0, await again.CountAsync(null, Stop));
        Assert.Equal(1, again.Status.DamagedRecords);
        Assert.True(File.Exists(path + ".damaged"));
    }

    [Fact]
    public async Task An_unknown_version_is_refused_with_the_versions_named()
    {
        await using (VectorIndex index = Open())
        {
            await index.AddAsync([Record(1)], Stop);
        }

        string path = Segments().Single();
        byte[] bytes = await File.ReadAllBytesAsync(path, Stop);
        bytes[8] = 9;
        await File.WriteAllBytesAsync(path, bytes, Stop);

        InvalidDataException refused = Assert.Throws<InvalidDataException>(() => Open());
        Assert.Contains("version 9", refused.Message);
        Assert.Contains("version 1", refused.Message);
        bytes[8] = 1;
        await File.WriteAllBytesAsync(path, bytes, Stop);
        await using VectorIndex again = Open();
        Assert.Equal(1, await again.CountAsync(null, Stop));
    }

    [Fact]
    public async Task Files_of_other_dimensions_are_refused()
    {
        await using (VectorIndex index = Open())
        {
            await index.AddAsync([Record(1)], Stop);
        }

        InvalidDataException refused = Assert.Throws<InvalidDataException>(() => VectorIndex.Open(
            new VectorIndexOptions { Folder = _folder.Path, SpaceId = Space, Dimensions = Dimensions + 1 }));
        Assert.Contains("40 dimensions", refused.Message);
    }

    [Fact]
    public async Task One_folder_is_open_once()
    {
        await using (VectorIndex index = Open())
        {
            VectorIndexUnavailableException refused = Assert.Throws<VectorIndexUnavailableException>(() => Open());
            Assert.Contains("in use", refused.Message);
        }

        await using VectorIndex again = Open();
        await again.Ready;
    }

    [Fact]
    public async Task Spaces_live_beside_each_other_in_one_folder()
    {
        string[] spaces = ["a/b", "a%2Fb", "a.b", "..", "A/B", "ä"];
        VectorIndex[] open = [.. spaces.Select(s => VectorIndex.Open(new VectorIndexOptions { Folder = _folder.Path, SpaceId = s, Dimensions = Dimensions }))];
        foreach ((int i, VectorIndex index) in open.Index())
        {
            await index.AddAsync([Record(i)], Stop);
        }

        foreach ((int i, VectorIndex index) in open.Index())
        {
            Assert.Equal([VectorIndexes.Entry(i)], (await VectorIndexes.PlacesAsync(index)).Select(p => p.Entry));
            await index.DisposeAsync();
        }

        Assert.Equal(spaces.Length, Directory.GetDirectories(_folder.Path).Length);
    }

    [Fact]
    public async Task A_flush_returns_when_nothing_is_left_to_write()
    {
        await using VectorIndex index = Open(flush: TimeSpan.FromHours(1));
        await index.AddAsync([Record(1)], Stop);
        Assert.True(index.Status.UnflushedSeconds > 0);

        await index.FlushAsync(Stop);

        Assert.Equal(0, index.Status.UnflushedSeconds);
    }

    [Fact]
    public async Task A_small_index_that_turns_over_has_a_small_log()
    {
        int record = LogRecord.AddLength(Dimensions);
        await using (VectorIndex index = Open(segmentBytes: 64 << 20))
        {
            for (int round = 0; round < 200; round++)
            {
                await index.AddAsync([.. Enumerable.Range(0, 500).Select(Record)], Stop);
            }

            await index.SnapshotAsync(Stop);
            Assert.True(200L * 500 * record > 5 * VectorLog.SmallestSegment, "too little is written to tell");
            Assert.InRange(index.Status.DiskBytes, 500L * record, (2L * 500 * record) + (3 * VectorLog.SmallestSegment));
        }

        await using VectorIndex again = Open(segmentBytes: 64 << 20);
        Assert.Equal(500, await again.CountAsync(null, Stop));
        Assert.Equal(0, again.Status.DamagedRecords);
    }

    [Fact]
    public async Task A_disposed_index_refuses_to_work()
    {
        VectorIndex index = Open();
        await index.DisposeAsync();
        await index.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await index.SearchAsync(Query(1), Stop));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await index.AddAsync([Record(1)], Stop));
    }

    private static async Task Same(VectorIndex index, ScanIndex oracle)
    {
        Assert.Equal(
            (await VectorIndexes.PlacesAsync(oracle)).OrderBy(p => p.Entry),
            (await VectorIndexes.PlacesAsync(index)).OrderBy(p => p.Entry));
        for (int i = 0; i < 20; i++)
        {
            await VectorIndexes.AgreesAsync(index, oracle, Query(i) with { Count = 10, SimilarityMin = 0 }, 2e-3f);
        }
    }

    private static VectorRecord Record(int number) =>
        new(VectorIndexes.Entry(number), Hash256.Of("p"), number, VectorData.Unit(new Random(number), Dimensions), new Guid(number, 0, 0, new byte[8]));

    private static VectorRecord RandomRecord(Random random) => Record(random.Next(150)) with
    {
        Partition = Hash256.Of(random.Next(2) == 0 ? "p" : "q"),
        Seed = random.Next(3) == 0 ? null : random.Next(),
        Vector = VectorData.Unit(random, Dimensions),
    };

    private static VectorQuery Query(int number) => new(Hash256.Of("p"), null, Record(number).Vector, 1, 0.9f);

    private VectorIndex Open(string? folder = null, TimeSpan? flush = null, long segmentBytes = 1 << 20) => VectorIndex.Open(new VectorIndexOptions
    {
        Folder = folder ?? _folder.Path,
        SpaceId = Space,
        Dimensions = Dimensions,
        FlushInterval = flush ?? TimeSpan.FromSeconds(1),
        SegmentBytesMax = segmentBytes,
    });

    private string[] Segments() => [.. Directory.GetFiles(VectorIndex.FolderOf(_folder.Path, Space), "segment-*.log").Order()];

    private static async Task WriteSegmentAsync(TemporaryFolder folder, ReadOnlyMemory<byte> bytes)
    {
        string inner = VectorIndex.FolderOf(folder.Path, Space);
        Directory.CreateDirectory(inner);
        await File.WriteAllBytesAsync(Path.Combine(inner, LogSegment.FileName(1)), bytes, Stop);
    }
}
