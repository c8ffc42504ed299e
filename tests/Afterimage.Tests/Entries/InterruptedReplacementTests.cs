using Afterimage.Entries;
using Xunit;

namespace Afterimage.Tests.Entries;

/// <summary>A key that a crash left in two places (a file of its own and a record in a pack), changed before the read-back has come to the file.</summary>
public sealed class InterruptedReplacementTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_deleted_entry_does_not_come_back_from_its_other_place()
    {
        await LeaveInTwoPlacesAsync();
        using (var volume = new HeldVolume())
        {
            await using FileEntryStore store = Open(volume);
            Assert.True(await store.DeleteAsync(TestEntries.Key(1), default));
            await volume.ReleaseAsync(store);
            Assert.Null(await store.PeekAsync(TestEntries.Key(1), default));
        }

        await using FileEntryStore again = Open(new EntryVolume());
        await again.Loaded;
        Assert.Equal(0, again.Status.Entries);
        Assert.Null(await again.PeekAsync(TestEntries.Key(1), default));
    }

    [Fact]
    public async Task A_replaced_entry_is_not_replaced_by_its_other_place()
    {
        await LeaveInTwoPlacesAsync();
        using (var volume = new HeldVolume())
        {
            await using FileEntryStore store = Open(volume);
            await store.PutAsync(TestEntries.InPlace(1, "s3://images/new", 10), default, default);
            await volume.ReleaseAsync(store);
        }

        await using FileEntryStore again = Open(new EntryVolume());
        await again.Loaded;
        Assert.Equal("s3://images/new", (await again.PeekAsync(TestEntries.Key(1), default))?.Location);
        Assert.Empty(_folder.EntryFiles());
    }

    [Fact]
    public async Task The_number_of_a_dead_pack_is_not_given_again()
    {
        await using FileEntryStore ours = Open(new EntryVolume());
        await ours.Loaded;
        for (int round = 1; round <= 3; round++)
        {
            // Another process adds a batch and takes it out again; we compact, it begins anew.
            await using (FileEntryStore theirs = Open(new EntryVolume()))
            {
                await theirs.PutAsync(TestEntries.InPlace(round, "s3://images/x", 10), default, default);
                Assert.NotNull(await ours.PeekAsync(TestEntries.Key(round), default));
                await theirs.DeleteAsync(TestEntries.Key(round), default);
            }

            Assert.Null(await ours.PeekAsync(TestEntries.Key(round), default));
            ours.Sweep();
        }
    }

    private FileEntryStore Open(EntryVolume volume) => FileEntryStore.Open(
        new FileEntryStoreOptions { Folder = _folder.Path, FreeDiskBytesMin = 0, Flush = FlushPolicy.Never }, TimeProvider.System, null, volume);

    private async Task LeaveInTwoPlacesAsync()
    {
        string file;
        byte[] bytes;
        await using (FileEntryStore store = Open(new EntryVolume()))
        {
            await store.PutAsync(1);
            file = _folder.EntryFiles().Single();
            bytes = File.ReadAllBytes(file);
            await store.PutAsync(TestEntries.InPlace(1, "s3://images/1", 10), default, default);
        }

        File.WriteAllBytes(file, bytes);
    }

    /// <summary>Holds the read-back of entry files until it is released.</summary>
    private sealed class HeldVolume : EntryVolume, IDisposable
    {
        private readonly ManualResetEventSlim _released = new();

        public override IEnumerable<string> FilesUnder(string folder)
        {
            _released.Wait();
            return base.FilesUnder(folder);
        }

        public async Task ReleaseAsync(FileEntryStore store)
        {
            _released.Set();
            await store.Loaded;
        }

        public void Dispose() => _released.Dispose();
    }
}
