using Afterimage.Tests.Conformance;
using Afterimage.Vectors;
using Afterimage.Vectors.Storage;
using Xunit;

namespace Afterimage.Tests.Vectors;

/// <summary>
/// A disk that is full, or far smaller than a segment of the log may grow: what cannot be stored is refused, what was acknowledged stays, and the
/// process lives. A read through a mapping that the disk cannot provide would end it, and this test run with it.
/// </summary>
public sealed class FullDiskTests
{
    private const int Dimensions = 40;
    private const string Space = "test/full-disk";

    private static readonly Hash256 Partition = Hash256.Of("p");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_index_works_on_a_disk_smaller_than_a_segment()
    {
        using var disk = SmallDisk.Mount(megabytes: 1);
        for (int session = 0; session < 3; session++)
        {
            await using VectorIndex index = Open(disk.Path);
            Assert.Equal(session * 100, await index.CountAsync(null, Stop));
            await index.AddAsync(Records(session * 100, 100), Stop);
            await FindsAsync(index, (session + 1) * 100);
        }
    }

    [Fact]
    public async Task A_killed_process_leaves_a_log_that_opens_on_a_full_disk()
    {
        using var folder = new TemporaryFolder();
        await using VectorIndex killed = Open(folder.Path, segmentBytes: 4 << 20);
        await killed.AddAsync(Records(0, 100), Stop);
        using TemporaryFolder left = TemporaryFolder.CopyOf(folder.Path);

        using var disk = SmallDisk.Mount(megabytes: 1);
        string segment = Directory.GetFiles(left.Path, "segment-*", SearchOption.AllDirectories).Single();
        string target = Path.Combine(VectorIndex.FolderOf(disk.Path, Space), Path.GetFileName(segment));
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        await CopySparseAsync(segment, target);
        disk.Fill(pagesLeft: 1);
        for (int session = 0; session < 2; session++)
        {
            await using VectorIndex index = Open(disk.Path, segmentBytes: 4 << 20);
            await FindsAsync(index, 100);
            await Assert.ThrowsAsync<VectorIndexUnavailableException>(async () => await index.AddAsync(Records(100, 64), Stop));
        }
    }

    [Fact]
    public async Task A_disk_that_fills_refuses_new_vectors_and_keeps_those_it_acknowledged()
    {
        using var disk = SmallDisk.Mount(megabytes: 1);
        int stored = 0;
        await using (VectorIndex index = Open(disk.Path, segmentBytes: 64 << 10, graphMin: 256))
        {
            await index.AddAsync(Records(0, 300), Stop);
            stored = 300;
            disk.Fill(pagesLeft: 30);
            VectorIndexUnavailableException? refused = null;
            while (refused is null)
            {
                refused = await Xunit.Record.ExceptionAsync(async () => await index.AddAsync(Records(stored, 1), Stop)) as VectorIndexUnavailableException;
                stored += refused is null ? 1 : 0;
            }

            Assert.InRange(stored, 350, 900);
            Assert.Contains("cannot be written", index.Status.Fault);
            await Assert.ThrowsAsync<VectorIndexUnavailableException>(async () => await index.AddAsync(Records(stored, 1), Stop));
            await Assert.ThrowsAsync<VectorIndexUnavailableException>(async () => await index.SnapshotAsync(Stop));
            await FindsAsync(index, stored);

            using TemporaryFolder killed = TemporaryFolder.CopyOf(disk.Path);
            await using VectorIndex other = Open(killed.Path, segmentBytes: 64 << 10, graphMin: 256);
            await FindsAsync(other, stored);
        }

        Assert.Empty(Directory.GetFiles(VectorIndex.FolderOf(disk.Path, Space), "*.new"));
        await using VectorIndex again = Open(disk.Path, segmentBytes: 64 << 10, graphMin: 256);
        await FindsAsync(again, stored);
        disk.Free();
        await again.AddAsync(Records(stored, 300), Stop);
        await again.SnapshotAsync(Stop);
        Assert.Null(again.Status.Fault);
        Assert.Single(Directory.GetFiles(VectorIndex.FolderOf(disk.Path, Space), "*.graph"));
        await FindsAsync(again, stored + 300);
        Assert.Equal(0, again.Status.DamagedRecords);
    }

    [Fact]
    public async Task Of_a_batch_that_the_disk_refused_in_its_middle_nothing_comes_alive_later()
    {
        using var disk = SmallDisk.Mount(megabytes: 1);
        await using VectorIndex index = Open(disk.Path, segmentBytes: 4 << 20);
        await index.AddAsync(Records(0, 100), Stop);
        disk.Fill(pagesLeft: 2);
        await Assert.ThrowsAsync<VectorIndexUnavailableException>(async () => await index.AddAsync(Records(100, 64), Stop));
        using (TemporaryFolder killed = TemporaryFolder.CopyOf(disk.Path))
        {
            await using VectorIndex other = Open(killed.Path);
            await FindsAsync(other, 100);
        }

        // A shorter batch that takes the place of the refused one must not be followed by what was left of it.
        await index.AddAsync(Records(100, 1), Stop);
        using (TemporaryFolder killed = TemporaryFolder.CopyOf(disk.Path))
        {
            await using VectorIndex other = Open(killed.Path);
            await FindsAsync(other, 101);
        }
    }

    [Fact]
    public async Task A_segment_that_cannot_be_deleted_keeps_those_behind_it_and_goes_later()
    {
        using var folder = new TemporaryFolder();
        string inner = VectorIndex.FolderOf(folder.Path, Space);
        await using (VectorIndex index = Open(folder.Path, segmentBytes: 16 << 10))
        {
            await index.AddAsync(Records(0, 200), Stop);
            string[] first = [.. Directory.GetFiles(inner, "segment-*").Order()];

            // In its place stands what no file deletion takes away, as on a disk that fails.
            File.Move(first[0], first[0] + ".moved");
            Directory.CreateDirectory(first[0]);
            for (int round = 0; round < 6; round++)
            {
                await index.AddAsync(Records(0, 200), Stop);
            }

            VectorIndexUnavailableException refused = await Assert.ThrowsAsync<VectorIndexUnavailableException>(async () => await index.SnapshotAsync(Stop));
            Assert.Equal(refused.Message, index.Status.Fault);
            Assert.All(first[1..], path => Assert.True(File.Exists(path)));
            await FindsAsync(index, 200);

            Directory.Delete(first[0]);
            await index.SnapshotAsync(Stop);
            Assert.Null(index.Status.Fault);
            Assert.All(first, path => Assert.False(File.Exists(path)));
            await FindsAsync(index, 200);
        }

        await using VectorIndex again = Open(folder.Path, segmentBytes: 16 << 10);
        await FindsAsync(again, 200);
    }

    [Fact]
    public void A_folder_is_made_with_all_above_it_and_can_be_flushed()
    {
        using var folder = new TemporaryFolder();
        string deep = Path.Combine(folder.Path, "a", "b", "c");

        DurableFolders.Create(deep);
        DurableFolders.Create(deep);

        Assert.True(Directory.Exists(deep));
        DurableFolders.Flush(deep);
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows flushes no folders");
        Assert.Throws<IOException>(() => DurableFolders.Flush(Path.Combine(deep, "missing")));
    }

    private static async Task FindsAsync(VectorIndex index, int count)
    {
        Assert.Equal(count, await index.CountAsync(null, Stop));
        foreach (VectorRecord record in Records(0, count))
        {
            Neighbor found = Assert.Single(await index.SearchAsync(new VectorQuery(Partition, null, record.Vector, 1, 0.95f), Stop));
            Assert.Equal(record.Entry, found.Entry);
        }
    }

    private static async Task CopySparseAsync(string from, string to)
    {
        byte[] bytes = await File.ReadAllBytesAsync(from, Stop);
        await using FileStream file = File.Create(to);
        await file.WriteAsync(bytes.AsMemory(0, bytes.AsSpan().LastIndexOfAnyExcept((byte)0) + 1), Stop);
        file.SetLength(bytes.Length);
    }

    private static VectorRecord[] Records(int first, int count) => [.. Enumerable.Range(first, count).Select(i =>
        new VectorRecord(VectorIndexes.Entry(i), Partition, i, VectorData.Unit(new Random(i), Dimensions)))];

    private static VectorIndex Open(string folder, long segmentBytes = 64 << 20, int graphMin = 20_000) => VectorIndex.Open(
        new VectorIndexOptions { Folder = folder, SpaceId = Space, Dimensions = Dimensions, SegmentBytesMax = segmentBytes, GraphMin = graphMin });
}
