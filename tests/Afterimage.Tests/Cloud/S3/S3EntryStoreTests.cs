using System.Text;
using Afterimage.Backfill.Keys;
using Afterimage.Cloud.S3;
using Afterimage.Entries;
using Afterimage.Tests.Entries;
using Xunit;

namespace Afterimage.Tests.Cloud.S3;

/// <summary>What the bucket store does about other gateways, outages, damage and the earlier cache's objects.</summary>
public sealed class S3EntryStoreTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private FakeS3 _bucket = null!;

    public async ValueTask InitializeAsync() => _bucket = await FakeS3.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _bucket.DisposeAsync();
        _folder.Dispose();
    }

    private async Task<S3EntryStore> OpenAsync(string local = "local", Func<S3StoreOptions, S3StoreOptions>? with = null, ILocationReader? locations = null)
    {
        S3StoreOptions options = with?.Invoke(_bucket.Options) ?? _bucket.Options;
        var store = S3EntryStore.Open(
            options,
            new FileEntryStoreOptions { Folder = Path.Combine(_folder.Path, local), FreeDiskBytesMin = 0, Flush = FlushPolicy.Never },
            TimeProvider.System,
            locations,
            _bucket.Connect(options));
        await store.Counted;
        return store;
    }

    private static string NameOf(int number)
    {
        string hex = TestEntries.Key(number).ToHex();
        return $"afterimage/{hex[..2]}/{hex}.entry";
    }

    [Fact]
    public async Task An_object_is_the_same_bytes_as_an_entry_on_disk()
    {
        await using S3EntryStore store = await OpenAsync();
        await store.PutAsync(1);

        string file = Directory.GetFiles(_folder.Path, "*.entry", SearchOption.AllDirectories).Single();
        Assert.Equal(File.ReadAllBytes(file), _bucket.Objects[NameOf(1)].Bytes);
    }

    [Fact]
    public async Task What_one_gateway_stores_another_serves_and_then_keeps_near()
    {
        await using S3EntryStore first = await OpenAsync("a");
        await using S3EntryStore second = await OpenAsync("b");
        await first.PutAsync(1);

        Assert.Equal(TestEntries.Body(1), await second.ReadBodyAsync(TestEntries.Key(1)));
        int requests = _bucket.Requests.Count;
        Assert.Equal(TestEntries.Body(1), await second.ReadBodyAsync(TestEntries.Key(1)));
        Assert.Equal(TestEntries.Body(1), await second.ReadBodyAsync(TestEntries.Key(1)));
        Assert.True(second.TryGetHot(TestEntries.Key(1), out _));
        Assert.Equal(requests, _bucket.Requests.Count);
    }

    [Fact]
    public async Task What_another_gateway_replaces_or_deletes_is_noticed_when_the_staleness_is_over()
    {
        await using S3EntryStore first = await OpenAsync("a");
        await using S3EntryStore second = await OpenAsync("b", o => o with { LocalStalenessMax = TimeSpan.Zero });
        await first.PutAsync(1);
        await first.PutAsync(2);
        await second.ReadBodyAsync(TestEntries.Key(1));
        await second.ReadBodyAsync(TestEntries.Key(2));

        byte[] fresh = TestEntries.Body(9);
        await first.PutAsync(TestEntries.Header(1, fresh) with { Id = TestEntries.Id(9) }, fresh, default);
        await first.DeleteAsync(TestEntries.Key(2), default);

        Assert.Equal(fresh, await second.ReadBodyAsync(TestEntries.Key(1)));
        Assert.Null(await second.ReadBodyAsync(TestEntries.Key(2)));
    }

    [Theory]
    [InlineData(503, "SlowDown")]
    [InlineData(429, "TooManyRequests")]
    [InlineData(500, "InternalError")]
    [InlineData(403, "AccessDenied")]
    [InlineData(404, "NoSuchBucket")]
    public async Task A_bucket_that_refuses_is_a_miss_and_a_failed_write_and_what_is_near_is_served(int status, string code)
    {
        await using S3EntryStore store = await OpenAsync("local", o => o with { LocalStalenessMax = TimeSpan.Zero });
        await store.PutAsync(1);
        _bucket.Fault = _ => (status, code);

        Assert.Equal(TestEntries.Body(1), await store.ReadBodyAsync(TestEntries.Key(1)));
        Assert.Null(await store.OpenAsync(TestEntries.Key(2), default));
        Assert.Equal(PutOutcome.Failed, await store.PutAsync(2));
        Assert.False(await store.DeleteAsync(TestEntries.Key(1), default));

        _bucket.Fault = _ => null;
        Assert.Equal(TestEntries.Body(1), await store.ReadBodyAsync(TestEntries.Key(1)));
    }

    [Fact]
    public async Task A_bucket_that_keeps_failing_is_left_alone()
    {
        await using S3EntryStore store = await OpenAsync("local", o => o with { BreakDuration = TimeSpan.FromMinutes(1) });
        _bucket.Fault = _ => (503, "ServiceUnavailable");
        for (int i = 0; i < 20; i++)
        {
            Assert.Null(await store.OpenAsync(TestEntries.Key(i), default));
        }

        int asked = _bucket.Requests.Count;
        Assert.Null(await store.OpenAsync(TestEntries.Key(99), default));
        Assert.Equal(asked, _bucket.Requests.Count);
    }

    [Fact]
    public async Task A_damaged_object_is_a_miss_and_can_be_replaced()
    {
        await using S3EntryStore store = await OpenAsync();
        await using S3EntryStore other = await OpenAsync("other");
        await store.PutAsync(1);
        byte[] bytes = _bucket.Objects[NameOf(1)].Bytes;
        foreach (int at in (int[])[3, 20, 200, bytes.Length - 5])
        {
            byte[] damaged = [.. bytes];
            damaged[at] ^= 0x40;
            _bucket.Objects[NameOf(1)] = (damaged, []);
            Assert.Null(await other.OpenAsync(TestEntries.Key(1), default));
        }

        _bucket.Objects[NameOf(1)] = (bytes[..100], []);
        Assert.Null(await other.OpenAsync(TestEntries.Key(1), default));
        _bucket.Objects[NameOf(1)] = ([], []);
        Assert.Null(await other.OpenAsync(TestEntries.Key(1), default));
        Assert.Equal(PutOutcome.Replaced, await other.PutAsync(1));
        Assert.Equal(TestEntries.Body(1), await other.ReadBodyAsync(TestEntries.Key(1)));
    }

    [Fact]
    public async Task What_the_local_tier_evicts_is_not_gone()
    {
        var removed = new List<Hash256>();
        var options = new FileEntryStoreOptions { Folder = Path.Combine(_folder.Path, "small"), FreeDiskBytesMin = 0, EntriesMax = 2 };
        await using var store = S3EntryStore.Open(_bucket.Options, options, TimeProvider.System, null, _bucket.Connect());
        await store.Counted;
        store.Removed += removed.Add;
        for (int i = 0; i < 5; i++)
        {
            await store.PutAsync(i);
        }

        Assert.Equal(2, store.Local.Status.Entries);
        Assert.Equal(5, store.Status.Entries);
        Assert.Equal(TestEntries.Body(0), await store.ReadBodyAsync(TestEntries.Key(0)));
        Assert.Empty(removed);
    }

    [Fact]
    public async Task Listing_follows_every_page()
    {
        await using S3EntryStore store = await OpenAsync();
        for (int i = 0; i < 25; i++)
        {
            await store.PutAsync(i);
        }

        _bucket.PageSize = 7;
        Assert.Equal(25, (await store.ListAsync()).Count);
    }

    [Fact]
    public async Task A_header_longer_than_the_first_read_is_read_whole()
    {
        await using S3EntryStore store = await OpenAsync();
        await using S3EntryStore other = await OpenAsync("other");
        byte[] body = TestEntries.Body(1);
        EntryHeader header = TestEntries.Header(1, body, new string('x', 9000));
        await store.PutAsync(header, body, default);

        Assert.Equal(9000, (await other.PeekAsync(header.Key, default))!.Request.Prompt.Length);
    }

    [Fact]
    public async Task One_fetch_serves_all_who_ask_at_once()
    {
        await using S3EntryStore store = await OpenAsync("a");
        await using S3EntryStore other = await OpenAsync("b");
        await store.PutAsync(1, 200_000);
        _bucket.Requests.Clear();

        byte[]?[] bodies = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => other.ReadBodyAsync(TestEntries.Key(1)))));

        Assert.All(bodies, body => Assert.Equal(TestEntries.Body(1, 200_000), body));
        Assert.InRange(_bucket.Requests.Count(r => r.StartsWith("GET afterimage/", StringComparison.Ordinal) && r.EndsWith(".entry", StringComparison.Ordinal)), 1, 5);
    }

    [Fact]
    public async Task The_earlier_caches_objects_are_found_by_its_own_keys()
    {
        string[] rows = File.ReadAllLines(Repository.SharedData("keys/golden.tsv"));
        var reader = new EarlierCacheReader(new S3Objects(_bucket.Options, _bucket.Connect(), TimeProvider.System), new EarlierCacheOptions());
        int hits = 0;
        foreach (string[] cells in rows.Skip(1).Select(row => row.Split('\t')))
        {
            var url = new Uri(cells[0]);
            string pathAndQuery = cells[0][(cells[0].IndexOf(url.Host, StringComparison.Ordinal) + url.Host.Length)..];
            bool versioned = hits % 2 == 0;
            _bucket.Objects.Clear();
            _bucket.Objects[versioned ? cells[1] : cells[2]] = (Encoding.ASCII.GetBytes($"image {hits}"), []);
            (S3Answer answer, EarlierCacheReader.Found found) = await reader.TryReadAsync(pathAndQuery, default);
            Assert.True(answer == S3Answer.Done, cells[0]);
            Assert.Equal($"image {hits}", Encoding.ASCII.GetString(found.Bytes.Span));
            hits++;
        }

        Assert.Equal(rows.Length - 1, hits);
        Assert.Equal(S3Answer.Missing, (await reader.TryReadAsync("/prompt/never%20asked", default)).Answer);
    }

    [Fact]
    public async Task An_object_of_the_earlier_cache_that_answers_another_url_is_not_taken()
    {
        var reader = new EarlierCacheReader(new S3Objects(_bucket.Options, _bucket.Connect(), TimeProvider.System), new EarlierCacheOptions());
        string key = EarlierKeyScheme.KeyOf("/prompt/a%20cat", null);
        var metadata = new Dictionary<string, string> { ["x-amz-meta-originalurl"] = "https://image.example/prompt/a%20dog" };
        _bucket.Objects[key] = ([1, 2, 3], metadata);
        Assert.Equal(S3Answer.Missing, (await reader.TryReadAsync("/prompt/a%20cat", default)).Answer);

        metadata["x-amz-meta-originalurl"] = "https://image.example/prompt/a%20cat?nofeed=true";
        Assert.Equal(S3Answer.Done, (await reader.TryReadAsync("/prompt/a%20cat", default)).Answer);
    }
}
