using Afterimage.Entries;
using Xunit;

namespace Afterimage.Tests.Entries;

/// <summary>Bytes on the disk that are not what was written: refused, set aside, counted, and never served.</summary>
public sealed class FileEntryStoreDamageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private FileEntryStore Open() =>
        FileEntryStore.Open(new FileEntryStoreOptions { Folder = _folder.Path, FreeDiskBytesMin = 0, Flush = FlushPolicy.Never }, TimeProvider.System);

    private async Task<string> StoreOneAsync(int length = 300)
    {
        await using FileEntryStore store = Open();
        await store.PutAsync(1, length);
        return _folder.EntryFiles().Single();
    }

    private string[] SetAside() => Directory.Exists(Path.Combine(_folder.Path, "damaged")) ? Directory.GetFiles(Path.Combine(_folder.Path, "damaged")) : [];

    [Fact]
    public async Task A_file_cut_at_any_length_is_a_miss_and_set_aside()
    {
        string path = await StoreOneAsync(50);
        byte[] whole = File.ReadAllBytes(path);
        for (int length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(path, whole[..length]);
            await using FileEntryStore store = Open();
            Assert.Null(await store.OpenAsync(TestEntries.Key(1), default));
            await store.Loaded;
            Assert.Equal(0, store.Status.Entries);
            Assert.False(File.Exists(path));
        }

        Assert.InRange(SetAside().Length, 1, 100);
    }

    [Fact]
    public async Task Any_flipped_bit_is_noticed_before_the_first_byte_is_served()
    {
        string path = await StoreOneAsync(60);
        byte[] whole = File.ReadAllBytes(path);
        for (int bit = 0; bit < whole.Length * 8; bit += 5)
        {
            byte[] damaged = [.. whole];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            File.WriteAllBytes(path, damaged);
            await using FileEntryStore store = Open();
            Assert.Null(await store.OpenAsync(TestEntries.Key(1), default));
        }
    }

    [Fact]
    public async Task Damage_met_by_the_read_back_is_listed_and_told_apart()
    {
        string path = await StoreOneAsync();
        File.WriteAllText(path, "GIF89a, by accident, and long enough to be more than a preamble".PadRight(400));
        await using FileEntryStore store = Open();
        await store.Loaded;

        DamagedEntry found = Assert.Single(store.Damaged);
        Assert.Equal((TestEntries.Key(1), "Foreign"), (found.Key, found.Fault));
        Assert.Single(SetAside());
    }

    [Fact]
    public async Task A_later_version_is_refused_and_left_for_the_program_that_knows_it()
    {
        string path = await StoreOneAsync();
        byte[] bytes = File.ReadAllBytes(path);
        bytes[8] = 2;
        File.WriteAllBytes(path, bytes);
        await using FileEntryStore store = Open();
        await store.Loaded;

        Assert.Null(await store.OpenAsync(TestEntries.Key(1), default));
        Assert.Equal("UnknownVersion", store.Damaged[0].Fault);
        Assert.True(File.Exists(path));
        Assert.Equal(PutOutcome.Stored, await store.PutAsync(1));
        Assert.NotNull(await store.OpenAsync(TestEntries.Key(1), default));
    }

    [Fact]
    public async Task A_good_entry_under_another_name_is_not_served_for_it()
    {
        string path = await StoreOneAsync();
        string hex = TestEntries.Key(2).ToHex();
        string other = Path.Combine(_folder.Path, hex[..2], hex[2..4], hex + ".entry");
        Directory.CreateDirectory(Path.GetDirectoryName(other)!);
        File.Copy(path, other);
        await using FileEntryStore store = Open();

        Assert.Null(await store.OpenAsync(TestEntries.Key(2), default));
        Assert.NotNull(await store.OpenAsync(TestEntries.Key(1), default));
        Assert.Equal("Misplaced", Assert.Single(store.Damaged).Fault);
    }

    [Fact]
    public async Task A_damaged_body_is_found_on_the_first_open_and_its_removal_told()
    {
        string path = await StoreOneAsync(100_000);
        using (FileStream file = File.OpenWrite(path))
        {
            file.Position = file.Length - 10;
            file.WriteByte(0);
            file.WriteByte(1);
        }

        await using FileEntryStore store = Open();
        await store.Loaded;
        var removed = new List<Hash256>();
        store.Removed += removed.Add;
        Assert.Null(await store.OpenAsync(TestEntries.Key(1), default));
        Assert.Equal([TestEntries.Key(1)], removed);
        Assert.Equal(0, store.Status.Bytes);
        Assert.Equal("Body", Assert.Single(store.Damaged).Fault);
    }

    [Fact]
    public async Task A_file_cut_while_it_is_open_fails_the_reader_rather_than_end_early()
    {
        await using FileEntryStore store = FileEntryStore.Open(
            new FileEntryStoreOptions { Folder = _folder.Path, FreeDiskBytesMin = 0, Memory = new MemoryTierOptions { BytesMax = 0 } }, TimeProvider.System);
        await store.PutAsync(1, 50_000);
        using OpenEntry? entry = await store.OpenAsync(TestEntries.Key(1), default);
        using (var file = new FileStream(_folder.EntryFiles().Single(), FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.SetLength(20_000);
        }

        await Assert.ThrowsAsync<IOException>(() => entry!.ReadBodyAsync());
    }

    [Fact]
    public async Task A_file_removed_by_hand_is_a_miss_and_its_removal_told()
    {
        await StoreOneAsync();
        await using FileEntryStore store = Open();
        await store.Loaded;
        var removed = new List<Hash256>();
        store.Removed += removed.Add;
        File.Delete(_folder.EntryFiles().Single());

        Assert.Null(await store.OpenAsync(TestEntries.Key(1), default));
        Assert.Equal([TestEntries.Key(1)], removed);
        Assert.Equal((0, 0), (store.Status.Entries, store.Status.Bytes));
    }

    [Fact]
    public async Task A_header_field_of_a_later_minor_version_is_ignored()
    {
        byte[] body = TestEntries.Body(1);
        EntryHeader header = TestEntries.Header(1, body);
        byte[] json = EntryHeaderJson.Write(header);
        byte[] later = [(byte)'{', .. "\"future\":{\"a\":[1,2]},"u8, .. json.AsSpan(1)];

        Assert.Equal(header.Key, EntryHeaderJson.TryRead(later)!.Key);
        Assert.Null(EntryHeaderJson.TryRead("{}"u8));
        Assert.Null(EntryHeaderJson.TryRead("[1]"u8));
        await Task.CompletedTask;
    }
}
