using Afterimage.Entries;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace Afterimage.Tests.Entries;

/// <summary>A disk that refuses: outcomes and misses, no exceptions, nothing left behind.</summary>
public sealed class FileEntryStoreFaultTests : IDisposable
{
    private const int DiskFullCode = 28;
    private readonly TemporaryFolder _folder = new();
    private readonly FaultyVolume _volume = new();

    public void Dispose() => _folder.Dispose();

    private FileEntryStore Open(long freeDiskBytesMin = 0, long bytesMax = 0) => FileEntryStore.Open(
        new FileEntryStoreOptions
        {
            Folder = _folder.Path,
            FreeDiskBytesMin = freeDiskBytesMin,
            BytesMax = bytesMax,
            OpenFilesMax = 0,
            Memory = new MemoryTierOptions { BytesMax = 0 },
        },
        TimeProvider.System,
        null,
        _volume);

    [Theory]
    [InlineData("create")]
    [InlineData("write")]
    [InlineData("flush")]
    [InlineData("move")]
    public async Task A_full_disk_is_no_space_and_leaves_nothing(string operation)
    {
        await using FileEntryStore store = Open();
        await store.PutAsync(1);
        _volume.Fail(operation, () => new IOException("No space left on device", DiskFullCode));

        Assert.Equal(PutOutcome.NoSpace, await store.PutAsync(2));
        Assert.Equal(PutOutcome.NoSpace, await store.PutAsync(1, 5000));
        if (operation is "write" or "flush")
        {
            Assert.Equal(PutOutcome.NoSpace, await store.PutAsync(TestEntries.InPlace(3, "s3://x/3", 10), default, default));
        }

        _volume.Heal();
        Assert.Equal(TestEntries.Body(1), await store.ReadBodyAsync(TestEntries.Key(1)));
        Assert.Equal(PutOutcome.Stored, await store.PutAsync(2));
        Assert.Empty(Directory.GetFiles(Path.Combine(_folder.Path, "tmp")));
        Assert.Equal(_folder.EntryFiles().Length, (await store.ListAsync()).Count(h => h.Location is null));
    }

    [Theory]
    [InlineData("create")]
    [InlineData("write")]
    [InlineData("flush")]
    [InlineData("move")]
    public async Task Of_a_group_each_is_stored_whole_or_refused(string operation)
    {
        await using FileEntryStore store = Open();
        NewEntry[] group = [.. Enumerable.Range(0, 70).Select(i => new NewEntry(TestEntries.Header(i, TestEntries.Body(i)), TestEntries.Body(i)))];
        int calls = 0;
        _volume.Fail(operation, () => Interlocked.Increment(ref calls) % 3 == 0 ? new IOException("No space left on device", DiskFullCode) : null);
        IReadOnlyList<PutOutcome> outcomes = await store.PutManyAsync(group, default);

        _volume.Heal();
        Assert.InRange(outcomes.Count(outcome => outcome == PutOutcome.Stored), 30, 60);
        for (int i = 0; i < group.Length; i++)
        {
            Assert.Equal(outcomes[i] == PutOutcome.Stored, await store.PeekAsync(TestEntries.Key(i), default) is not null);
        }

        Assert.Empty(Directory.GetFiles(Path.Combine(_folder.Path, "tmp")));
        Assert.All(await store.PutManyAsync([.. group, new NewEntry(TestEntries.InPlace(100, "s3://x/100", 10))], default), outcome => Assert.True(outcome is PutOutcome.Stored or PutOutcome.Replaced));
        Assert.Equal(TestEntries.Body(69), await store.ReadBodyAsync(TestEntries.Key(69)));
    }

    [Fact]
    public async Task A_folder_that_another_writer_makes_at_the_same_moment_costs_no_entry()
    {
        await using FileEntryStore store = Open();
        int moves = 0;
        _volume.Fail("move", () => Interlocked.Increment(ref moves) == 1 ? new FileNotFoundException("what a rename into a missing folder says when that is there a moment later") : null);

        Assert.Equal(PutOutcome.Stored, await store.PutAsync(1));
        Assert.Equal(TestEntries.Body(1), await store.ReadBodyAsync(TestEntries.Key(1)));
    }

    [Fact]
    public async Task A_read_only_folder_serves_and_refuses_writes()
    {
        await using FileEntryStore store = Open();
        await store.PutAsync(1);
        foreach (string operation in (string[])["create", "move", "delete", "folder"])
        {
            _volume.Fail(operation, () => new UnauthorizedAccessException("Read-only file system"));
        }

        Assert.Equal(PutOutcome.Failed, await store.PutAsync(2));
        Assert.Equal(TestEntries.Body(1), await store.ReadBodyAsync(TestEntries.Key(1)));
        Assert.False(await store.DeleteAsync(TestEntries.Key(1), default));
        Assert.Equal(1, store.Status.Entries);
    }

    [Fact]
    public async Task A_read_error_is_a_miss_and_condemns_nothing()
    {
        await using FileEntryStore store = Open();
        await store.PutAsync(1);
        _volume.Fail("read", () => new IOException("Input/output error", 5));
        Assert.Null(await store.OpenAsync(TestEntries.Key(1), default));
        Assert.Null(await store.PeekAsync(TestEntries.Key(1), default));
        _volume.Heal();
        Assert.Equal(TestEntries.Body(1), await store.ReadBodyAsync(TestEntries.Key(1)));
    }

    [Fact]
    public async Task What_nobody_stored_is_not_opened_and_where_nobody_can_tell_it_is_a_miss()
    {
        await using FileEntryStore store = Open();
        await store.PutAsync(1);
        _volume.Fail("open", () => new InvalidOperationException("opened"));
        Assert.Null(await store.OpenAsync(TestEntries.Key(2), default));
        Assert.Null(await store.PeekAsync(TestEntries.Key(3), default));

        _volume.Heal();
        _volume.Fail("exists", () => new UnauthorizedAccessException());
        Assert.Null(await store.OpenAsync(TestEntries.Key(2), default));
        Assert.Equal(TestEntries.Body(1), await store.ReadBodyAsync(TestEntries.Key(1)));
    }

    [Fact]
    public async Task Free_disk_space_is_kept_by_evicting_first_and_refusing_then()
    {
        await using FileEntryStore store = Open(freeDiskBytesMin: 1_000_000);
        _volume.FreeSpace = 2_000_000;
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(PutOutcome.Stored, await store.PutAsync(i, 10_000));
        }

        // Every deleted file gives its bytes back: 15,000 lacking is two entries.
        _volume.FreeSpace = 996_000;
        _volume.FreedByDelete = 10_500;
        Assert.Equal(PutOutcome.Stored, await store.PutAsync(5, 10_000));
        Assert.Equal(4, store.Status.Entries);
        Assert.Null(await store.OpenAsync(TestEntries.Key(1), default));

        _volume.FreeSpace = 10;
        _volume.FreedByDelete = 0;
        Assert.Equal(PutOutcome.NoSpace, await store.PutAsync(6, 10_000));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_an_empty_store()
    {
        string file = Path.Combine(_folder.Path, "file");
        File.WriteAllText(file, "not a folder");
        await using FileEntryStore store = FileEntryStore.Open(new FileEntryStoreOptions { Folder = Path.Combine(file, "entries") }, TimeProvider.System);
        await store.Loaded;

        Assert.Null(await store.OpenAsync(TestEntries.Key(1), default));
        Assert.Equal(PutOutcome.Failed, await store.PutAsync(1));
        Assert.Equal(PutOutcome.Failed, await store.PutAsync(TestEntries.InPlace(2, "s3://x/2", 10), default, default));
    }

    private sealed class FaultyVolume : EntryVolume
    {
        private readonly Dictionary<string, Func<Exception?>> _faults = [];

        public long FreeSpace { get; set; } = long.MaxValue;

        public long FreedByDelete { get; set; }

        /// <param name="fault">Null where the call goes well.</param>
        public void Fail(string operation, Func<Exception?> fault) => _faults[operation] = fault;

        public void Heal() => _faults.Clear();

        public override bool Exists(string path)
        {
            Check("exists");
            return base.Exists(path);
        }

        public override SafeFileHandle OpenRead(string path)
        {
            Check("open");
            return base.OpenRead(path);
        }

        public override SafeFileHandle Create(string path)
        {
            Check("create");
            return base.Create(path);
        }

        public override int Read(SafeFileHandle handle, Span<byte> destination, long offset)
        {
            Check("read");
            return base.Read(handle, destination, offset);
        }

        public override void Write(SafeFileHandle handle, IReadOnlyList<ReadOnlyMemory<byte>> parts, long offset)
        {
            // As a full disk does: some bytes arrive before the fault.
            if (Fault("write") is { } fault)
            {
                base.Write(handle, [parts[0][..50]], offset);
                throw fault;
            }

            base.Write(handle, parts, offset);
        }

        public override void Flush(SafeFileHandle handle)
        {
            Check("flush");
            base.Flush(handle);
        }

        public override void Move(string from, string to)
        {
            Check("move");
            base.Move(from, to);
        }

        public override void Delete(string path)
        {
            Check("delete");
            base.Delete(path);
            FreeSpace += path.EndsWith(".entry", StringComparison.Ordinal) ? FreedByDelete : 0;
        }

        public override void CreateFolder(string path)
        {
            Check("folder");
            base.CreateFolder(path);
        }

        public override long FreeBytes(string path) => FreeSpace;

        private void Check(string operation)
        {
            if (Fault(operation) is { } fault)
            {
                throw fault;
            }
        }

        private Exception? Fault(string operation) => _faults.GetValueOrDefault(operation)?.Invoke();
    }
}
