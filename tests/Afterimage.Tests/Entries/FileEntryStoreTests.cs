using System.Collections.Concurrent;
using Afterimage.Entries;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace Afterimage.Tests.Entries;

/// <summary>What the store on disk promises beyond <see cref="Conformance.EntryStoreConformance"/>: bounds, order of use, expiry, starting.</summary>
public sealed class FileEntryStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ManualClock _clock = new(TestEntries.Noon);

    public void Dispose() => _folder.Dispose();

    private FileEntryStore Open(Func<FileEntryStoreOptions, FileEntryStoreOptions>? with = null)
    {
        var options = new FileEntryStoreOptions { Folder = _folder.Path, FreeDiskBytesMin = 0, Flush = FlushPolicy.Never };
        return FileEntryStore.Open(with?.Invoke(options) ?? options, _clock);
    }

    [Fact]
    public async Task An_entry_is_one_file_named_by_its_key_and_its_bytes_are_counted()
    {
        await using FileEntryStore store = Open();
        await store.PutAsync(1);
        await store.PutAsync(2);

        string hex = TestEntries.Key(1).ToHex();
        Assert.True(File.Exists(Path.Combine(_folder.Path, hex[..2], hex[2..4], hex + ".entry")));
        Assert.Equal(_folder.EntryBytes(), store.Status.Bytes);
        Assert.Empty(Directory.GetFiles(Path.Combine(_folder.Path, "tmp")));
    }

    [Fact]
    public async Task The_least_recently_used_leave_when_the_byte_bound_is_reached()
    {
        var removed = new List<Hash256>();
        await using FileEntryStore store = Open(o => o with { BytesMax = 50_000, Memory = new MemoryTierOptions { BytesMax = 0 } });
        store.Removed += removed.Add;
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(PutOutcome.Stored, await store.PutAsync(i, 11_000));
        }

        Assert.NotNull(await store.ReadBodyAsync(TestEntries.Key(0)));
        Assert.Equal(PutOutcome.Stored, await store.PutAsync(4, 11_000));

        Assert.Equal([TestEntries.Key(1)], removed);
        Assert.NotNull(await store.ReadBodyAsync(TestEntries.Key(0)));
        Assert.Null(await store.ReadBodyAsync(TestEntries.Key(1)));
        Assert.True(store.Status.Bytes <= 50_000);
        Assert.Equal(_folder.EntryBytes(), store.Status.Bytes);
    }

    [Fact]
    public async Task A_picture_served_from_memory_counts_as_used_on_disk()
    {
        await using FileEntryStore store = Open(o => o with { BytesMax = 50_000, Memory = new MemoryTierOptions { UsesMin = 1 } });
        for (int i = 0; i < 4; i++)
        {
            await store.PutAsync(i, 11_000);
        }

        await store.ReadBodyAsync(TestEntries.Key(0));
        await store.ReadBodyAsync(TestEntries.Key(1));
        await store.ReadBodyAsync(TestEntries.Key(2));
        await store.ReadBodyAsync(TestEntries.Key(3));
        Assert.True(store.TryGetHot(TestEntries.Key(0), out _));
        await store.PutAsync(4, 11_000);

        Assert.Null(await store.ReadBodyAsync(TestEntries.Key(1)));
        Assert.NotNull(await store.ReadBodyAsync(TestEntries.Key(0)));
    }

    [Fact]
    public async Task The_number_of_entries_is_bounded()
    {
        await using FileEntryStore store = Open(o => o with { EntriesMax = 3 });
        for (int i = 0; i < 10; i++)
        {
            await store.PutAsync(i);
        }

        Assert.Equal(3, store.Status.Entries);
        Assert.Equal(3, _folder.EntryFiles().Length);
        Assert.Equal(TestEntries.Body(9), await store.ReadBodyAsync(TestEntries.Key(9)));
    }

    [Fact]
    public async Task An_entry_above_a_bound_is_refused_and_evicts_nothing()
    {
        await using FileEntryStore store = Open(o => o with { BytesMax = 40_000, EntryBytesMax = 100_000 });
        await store.PutAsync(1, 10_000);

        Assert.Equal(PutOutcome.NoSpace, await store.PutAsync(2, 50_000));
        Assert.Equal(PutOutcome.TooLarge, await store.PutAsync(3, 150_000));
        Assert.Equal(1, store.Status.Entries);
    }

    [Fact]
    public async Task The_order_of_use_survives_a_restart()
    {
        FileEntryStore store = Open();
        await store.Loaded;
        for (int i = 0; i < 4; i++)
        {
            await store.PutAsync(i, 11_000);
        }

        await store.ReadBodyAsync(TestEntries.Key(0));
        await store.DisposeAsync();

        await using FileEntryStore again = Open(o => o with { BytesMax = 50_000 });
        await again.Loaded;
        await again.PutAsync(4, 11_000);

        Assert.NotNull(await again.ReadBodyAsync(TestEntries.Key(0)));
        Assert.Null(await again.ReadBodyAsync(TestEntries.Key(1)));
    }

    [Fact]
    public async Task Expired_entries_are_swept_from_the_disk_and_told()
    {
        var removed = new List<Hash256>();
        await using FileEntryStore store = Open();
        store.Removed += removed.Add;
        byte[] body = TestEntries.Body(1);
        await store.PutAsync(TestEntries.Header(1, body) with { Expires = TestEntries.Noon.AddHours(1) }, body, default);
        await store.PutAsync(2);
        Assert.Equal(body, await store.ReadBodyAsync(TestEntries.Key(1)));

        _clock.Advance(TimeSpan.FromHours(1));
        Assert.False(store.TryGetHot(TestEntries.Key(1), out _));
        Assert.Null(await store.PeekAsync(TestEntries.Key(1), default));
        store.Sweep();

        Assert.Equal([TestEntries.Key(1)], removed);
        Assert.Single(_folder.EntryFiles());
    }

    [Fact]
    public async Task An_hour_back_or_a_century_ahead_on_the_clock_breaks_nothing()
    {
        await using FileEntryStore store = Open(o => o with { BytesMax = 50_000, Memory = new MemoryTierOptions { BytesMax = 0 } });
        await store.PutAsync(0, 11_000);
        _clock.Set(TestEntries.Noon.AddYears(-80));
        await store.PutAsync(1, 11_000);
        store.Sweep();
        _clock.Set(TestEntries.Noon.AddYears(100));
        await store.PutAsync(2, 11_000);
        store.Sweep();
        _clock.Set(TestEntries.Noon);
        await store.ReadBodyAsync(TestEntries.Key(0));
        await store.PutAsync(3, 11_000);
        await store.PutAsync(4, 11_000);

        Assert.Null(await store.ReadBodyAsync(TestEntries.Key(1)));
        Assert.NotNull(await store.ReadBodyAsync(TestEntries.Key(0)));
    }

    [Fact]
    public async Task Entries_are_served_before_they_are_read_back()
    {
        await using (FileEntryStore store = Open())
        {
            await store.PutAsync(1);
        }

        var gate = new ManualResetEventSlim();
        await using FileEntryStore slow = FileEntryStore.Open(
            new FileEntryStoreOptions { Folder = _folder.Path, FreeDiskBytesMin = 0 }, _clock, null, new GatedReadBack(gate));
        Assert.False(slow.Status.Loaded);
        Assert.Equal(TestEntries.Body(1), await Task.Run(() => slow.ReadBodyAsync(TestEntries.Key(1))));
        gate.Set();
        await slow.Loaded;
        Assert.Equal(1, slow.Status.Entries);
    }

    [Fact]
    public async Task Reading_back_takes_no_thread_from_the_pool_that_serves_hits()
    {
        await using (FileEntryStore store = Open())
        {
            for (int i = 0; i < 50; i++)
            {
                await store.PutAsync(i);
            }
        }

        var volume = new WatchedReadBack();
        await using FileEntryStore read = FileEntryStore.Open(new FileEntryStoreOptions { Folder = _folder.Path, FreeDiskBytesMin = 0 }, _clock, null, volume);
        await read.Loaded;

        Assert.Equal(50, read.Status.Entries);
        Assert.NotEmpty(volume.OnPool);
        Assert.DoesNotContain(true, volume.OnPool);
    }

    [Fact]
    public async Task Leftovers_of_writes_are_removed_at_the_start_and_other_files_are_left_alone()
    {
        string tmp = Directory.CreateDirectory(Path.Combine(_folder.Path, "tmp")).FullName;
        File.WriteAllText(Path.Combine(tmp, "1-1-dead.tmp"), "half");
        using FileStream alive = new(Path.Combine(tmp, "2-1-alive.tmp"), FileMode.CreateNew, FileAccess.Write, FileShare.None);
        string shelf = Directory.CreateDirectory(Path.Combine(_folder.Path, "ab")).FullName;
        File.WriteAllText(Path.Combine(shelf, "notes.entry"), "mine");

        await using FileEntryStore store = Open();
        await store.Loaded;

        Assert.Equal(["2-1-alive.tmp"], Directory.GetFiles(tmp).Select(Path.GetFileName));
        Assert.True(File.Exists(Path.Combine(shelf, "notes.entry")));
        Assert.Equal(0, store.Status.Entries);
    }

    [Fact]
    public async Task Another_process_may_add_and_replace_entries()
    {
        await using FileEntryStore ours = Open();
        await ours.Loaded;
        await using FileEntryStore theirs = Open();
        await theirs.PutAsync(1);

        Assert.Equal(TestEntries.Body(1), await ours.ReadBodyAsync(TestEntries.Key(1)));
        Assert.Equal(TestEntries.Key(1), await ours.FindByIdAsync(TestEntries.Id(1), default));
    }

    [Fact]
    public async Task What_the_gateway_prepared_stays_with_the_open_entry()
    {
        await using FileEntryStore store = Open(o => o with { Memory = new MemoryTierOptions { UsesMin = 3 } });
        await store.PutAsync(1);
        object headers = new();
        using (OpenEntry? first = await store.OpenAsync(TestEntries.Key(1), default))
        {
            Assert.Null(first!.Prepared);
            first.Prepared = headers;
        }

        using (OpenEntry? second = await store.OpenAsync(TestEntries.Key(1), default))
        {
            Assert.Same(headers, second!.Prepared);
        }
    }

    [Fact]
    public async Task Open_files_are_bounded()
    {
        await using FileEntryStore store = Open(o => o with { OpenFilesMax = 5, Memory = new MemoryTierOptions { BytesMax = 0 } });
        for (int i = 0; i < 50; i++)
        {
            await store.PutAsync(i);
            Assert.Equal(TestEntries.Body(i), await store.ReadBodyAsync(TestEntries.Key(i)));
        }

        Assert.InRange(store.OpenFiles, 1, 5);
    }

    /// <summary>Notes of every folder and file that is read on whose thread that happens.</summary>
    private sealed class WatchedReadBack : EntryVolume
    {
        public ConcurrentQueue<bool> OnPool { get; } = new();

        public override IEnumerable<string> FilesUnder(string folder)
        {
            OnPool.Enqueue(Thread.CurrentThread.IsThreadPoolThread);
            return base.FilesUnder(folder);
        }

        public override SafeFileHandle OpenRead(string path)
        {
            OnPool.Enqueue(Thread.CurrentThread.IsThreadPoolThread);
            return base.OpenRead(path);
        }
    }

    private sealed class GatedReadBack(ManualResetEventSlim gate) : EntryVolume
    {
        public override IEnumerable<string> FilesUnder(string folder)
        {
            gate.Wait();
            return base.FilesUnder(folder);
        }
    }
}
