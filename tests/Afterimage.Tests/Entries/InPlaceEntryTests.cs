using System.Collections.Concurrent;
using Afterimage.Entries;
using Xunit;

namespace Afterimage.Tests.Entries;

/// <summary>Entries whose images stay where they are.</summary>
public sealed class InPlaceEntryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Bucket _bucket = new();

    public void Dispose() => _folder.Dispose();

    private FileEntryStore Open(Func<FileEntryStoreOptions, FileEntryStoreOptions>? with = null)
    {
        var options = new FileEntryStoreOptions { Folder = _folder.Path, FreeDiskBytesMin = 0, Flush = FlushPolicy.Never };
        return FileEntryStore.Open(with?.Invoke(options) ?? options, TimeProvider.System, _bucket);
    }

    private EntryHeader Placed(int number, Guid batch = default)
    {
        byte[] body = TestEntries.Body(number);
        _bucket.Objects[$"s3://images/{number}"] = body;
        return TestEntries.InPlace(number, $"s3://images/{number}", body.Length, batch);
    }

    [Fact]
    public async Task An_in_place_image_is_read_from_where_it_is_and_gets_its_hash()
    {
        await using FileEntryStore store = Open();
        Assert.Equal(PutOutcome.Stored, await store.PutAsync(Placed(1), default, default));

        using OpenEntry? entry = await store.OpenAsync(TestEntries.Key(1), default);
        Assert.Equal(TestEntries.Body(1), await entry!.ReadBodyAsync());
        Assert.Equal(Hash256.Of(TestEntries.Body(1)), entry!.Header.ContentHash);
        Assert.Empty(_folder.EntryFiles());
    }

    [Fact]
    public async Task Many_are_stored_at_once_and_survive_a_restart()
    {
        FileEntryStore store = Open();
        NewEntry[] headers = [.. Enumerable.Range(0, 500).Select(i => new NewEntry(Placed(i)))];
        Assert.All(await store.PutManyAsync(headers, default), outcome => Assert.Equal(PutOutcome.Stored, outcome));
        long bytes = store.Status.Bytes;
        await store.DisposeAsync();

        await using FileEntryStore again = Open();
        await again.Loaded;
        Assert.Equal((500, bytes), (again.Status.Entries, again.Status.Bytes));
        Assert.Equal(500, (await again.ListAsync()).Count);
        Assert.Equal(TestEntries.Body(77), await again.ReadBodyAsync(TestEntries.Key(77)));
        Assert.Equal(TestEntries.Key(77), await again.FindByIdAsync(TestEntries.Id(77), default));
    }

    [Fact]
    public async Task A_bucket_that_is_away_is_a_miss_and_the_entry_stays()
    {
        await using FileEntryStore store = Open();
        await store.PutAsync(Placed(1), default, default);
        _bucket.Away = true;
        Assert.Null(await store.OpenAsync(TestEntries.Key(1), default));
        _bucket.Away = false;
        Assert.NotNull(await store.OpenAsync(TestEntries.Key(1), default));
    }

    [Fact]
    public async Task An_object_that_has_changed_is_not_served()
    {
        await using FileEntryStore store = Open();
        EntryHeader header = Placed(1) with { ContentHash = Hash256.Of(TestEntries.Body(1)) };
        await store.PutAsync(header, default, default);
        _bucket.Objects["s3://images/1"] = TestEntries.Body(2);
        Assert.Null(await store.OpenAsync(TestEntries.Key(1), default));

        await store.PutAsync(Placed(3), default, default);
        _bucket.Objects["s3://images/3"] = TestEntries.Body(3, 1999);
        Assert.Null(await store.OpenAsync(TestEntries.Key(3), default));
    }

    [Fact]
    public async Task A_stored_image_and_an_in_place_one_replace_each_other()
    {
        FileEntryStore store = Open();
        await store.PutAsync(Placed(1), default, default);
        byte[] body = TestEntries.Body(50);
        Assert.Equal(PutOutcome.Replaced, await store.PutAsync(TestEntries.Header(1, body), body, default));
        Assert.Equal(body, await store.ReadBodyAsync(TestEntries.Key(1)));
        Assert.Equal(PutOutcome.Stored, await store.PutAsync(2));
        Assert.Equal(PutOutcome.Replaced, await store.PutAsync(Placed(2), default, default));
        Assert.Single(_folder.EntryFiles());
        await store.DisposeAsync();

        await using FileEntryStore again = Open();
        await again.Loaded;
        Assert.Equal(2, again.Status.Entries);
        Assert.Equal(body, await again.ReadBodyAsync(TestEntries.Key(1)));
        Assert.NotNull((await again.PeekAsync(TestEntries.Key(2), default))!.Location);
    }

    [Fact]
    public async Task Rolling_a_batch_back_gives_its_bytes_back_and_leaves_the_others_readable()
    {
        var batch = Guid.NewGuid();
        await using (FileEntryStore store = Open())
        {
            await store.PutManyAsync([.. Enumerable.Range(0, 300).Select(i => new NewEntry(Placed(i, i < 200 ? batch : Guid.Empty)))], default);
        }

        await using FileEntryStore again = Open();
        await again.Loaded;
        Assert.Equal(200, await again.DeleteBatchAsync(batch, default));
        again.Sweep();

        Assert.Equal(100, again.Status.Entries);

        // Exactly the living where one sweep comes after all deletions; where the store's own came between them, what it has copied of the batch is dead by now.
        Assert.InRange(Directory.GetFiles(Path.Combine(_folder.Path, "packs"), "*.pack").Sum(f => new FileInfo(f).Length), again.Status.Bytes, 2 * again.Status.Bytes);
        for (int i = 200; i < 300; i++)
        {
            Assert.Equal(TestEntries.Body(i), await again.ReadBodyAsync(TestEntries.Key(i)));
        }
    }

    [Fact]
    public async Task Another_process_on_the_folder_is_followed()
    {
        await using FileEntryStore ours = Open();
        await ours.Loaded;
        await using FileEntryStore theirs = Open();
        var batch = Guid.NewGuid();
        await theirs.SetQuarantineAsync(batch, true, default);
        await theirs.PutManyAsync([new NewEntry(Placed(1)), new NewEntry(Placed(2, batch))], default);

        Assert.NotNull(await ours.OpenAsync(TestEntries.Key(1), default));
        Assert.Null(await ours.OpenAsync(TestEntries.Key(2), default));

        await theirs.SetQuarantineAsync(batch, false, default);
        await theirs.PutAsync(3);
        Assert.NotNull(await ours.OpenAsync(TestEntries.Key(3), default));
        await theirs.DeleteAsync(TestEntries.Key(1), default);
        await theirs.DeleteAsync(TestEntries.Key(3), default);
        ours.Sweep();
        Assert.NotNull(await ours.OpenAsync(TestEntries.Key(2), default));
        Assert.Null(await ours.OpenAsync(TestEntries.Key(1), default));
        Assert.Null(await ours.OpenAsync(TestEntries.Key(3), default));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    [InlineData(13)]
    [InlineData(170)]
    [InlineData(400)]
    public async Task Damage_in_a_pack_costs_the_record_it_hits_and_no_other(int offset)
    {
        await using (FileEntryStore store = Open())
        {
            await store.PutManyAsync([.. Enumerable.Range(0, 10).Select(i => new NewEntry(Placed(i)))], default);
        }

        string pack = Directory.GetFiles(Path.Combine(_folder.Path, "packs"), "*.pack").Single();
        byte[] bytes = File.ReadAllBytes(pack);
        int third = Enumerable.Range(0, 3).Aggregate(0, (at, _) => at + 160 + BitConverter.ToInt32(bytes, at + 12));
        bytes[third + offset] ^= 0x5A;
        File.WriteAllBytes(pack, bytes);

        await using FileEntryStore again = Open();
        await again.Loaded;
        Assert.Equal(9, again.Status.Entries);
        Assert.Null(await again.OpenAsync(TestEntries.Key(3), default));
        Assert.NotNull(await again.OpenAsync(TestEntries.Key(4), default));
    }

    [Fact]
    public async Task A_torn_tail_is_cut_at_every_length()
    {
        await using (FileEntryStore store = Open())
        {
            await store.PutManyAsync([new NewEntry(Placed(0)), new NewEntry(Placed(1))], default);
        }

        string pack = Directory.GetFiles(Path.Combine(_folder.Path, "packs"), "*.pack").Single();
        byte[] bytes = File.ReadAllBytes(pack);
        int second = 160 + BitConverter.ToInt32(bytes, 12);
        for (int length = 0; length < bytes.Length; length += 7)
        {
            File.WriteAllBytes(pack, bytes[..length]);
            await using FileEntryStore again = Open();
            await again.Loaded;
            Assert.Equal(length >= second ? 1 : 0, again.Status.Entries);
        }
    }

    private sealed class Bucket : ILocationReader
    {
        public ConcurrentDictionary<string, byte[]> Objects { get; } = new();

        public bool Away { get; set; }

        public ValueTask<ReadOnlyMemory<byte>?> ReadAsync(string location, long lengthMax, CancellationToken cancellationToken) =>
            ValueTask.FromResult<ReadOnlyMemory<byte>?>(!Away && Objects.TryGetValue(location, out byte[]? bytes) && bytes.Length <= lengthMax ? bytes : null);
    }
}
