using System.Text.Json;
using Afterimage.Backfill.Keys;
using Afterimage.Caching;
using Afterimage.Cloud.S3;
using Afterimage.Configuration;
using Afterimage.Entries;
using Afterimage.Gateway;
using Afterimage.Requests;
using Afterimage.Tests.Entries;
using Afterimage.Tests.Images;
using Afterimage.Tests.Scenarios;
using Xunit;

namespace Afterimage.Tests.Cloud.S3;

/// <summary>What the bucket store does about other gateways, outages and damage.</summary>
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

    private async Task<S3EntryStore> OpenAsync(string local = "local", Func<S3StoreOptions, S3StoreOptions>? with = null, ILocationReader? locations = null, TimeProvider? time = null)
    {
        S3StoreOptions options = with?.Invoke(_bucket.Options) ?? _bucket.Options;
        var store = S3EntryStore.Open(
            options,
            new FileEntryStoreOptions { Folder = Path.Combine(_folder.Path, local), FreeDiskBytesMin = 0, Flush = FlushPolicy.Never },
            time ?? TimeProvider.System,
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
    public async Task A_bucket_that_never_answers_is_a_miss_long_before_the_time_for_a_request_is_over()
    {
        using var silent = new SilentServer();
        await using S3EntryStore store = await OpenAsync(with: o => o with
        {
            ServiceUrl = $"http://127.0.0.1:{silent.Port}",
            RequestTimeout = TimeSpan.FromHours(1),
            AnswerTimeout = TimeSpan.FromMilliseconds(50),
            CountAtStart = false,
        });
        for (int i = 0; i < 6; i++)
        {
            Assert.Null(await store.OpenAsync(TestEntries.Key(i), default));
            Assert.Null(await store.PeekAsync(TestEntries.Key(i), default));
            Assert.False((await store.TryPeekAsync(TestEntries.Key(i), default)).Answered);
        }

        Assert.Equal(PutOutcome.Failed, await store.PutAsync(1));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Two_gateways_that_hold_batches_back_at_once_both_do(bool first)
    {
        const string List = "afterimage/quarantine.json";
        (Guid mine, Guid others, Guid before) = (Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());
        await using S3EntryStore store = await OpenAsync();
        if (!first)
        {
            await store.SetQuarantineAsync(before, true, default);
        }

        int writes = 0;
        _bucket.Fault = request =>
        {
            // The other one has read what we have read, and writes just before us.
            if (request.Method == "PUT" && Interlocked.Increment(ref writes) == 1)
            {
                Guid[] list = first ? [others] : [before, others];
                _bucket.Objects[List] = (JsonSerializer.SerializeToUtf8Bytes(list), []);
            }

            return null;
        };
        await store.SetQuarantineAsync(mine, true, default);

        Guid[] expected = first ? [mine, others] : [mine, others, before];
        Assert.Equal(2, writes);
        Assert.Equal(expected.Order(), JsonSerializer.Deserialize<Guid[]>(_bucket.Objects[List].Bytes)!.Order());
        Assert.Equal(expected.Order(), store.Quarantined.Order());
    }

    [Fact]
    public async Task A_quarantine_list_that_has_gone_since_it_was_read_is_made_again()
    {
        const string List = "afterimage/quarantine.json";
        await using S3EntryStore store = await OpenAsync();
        await store.SetQuarantineAsync(Guid.NewGuid(), true, default);
        int writes = 0;
        _bucket.Fault = request =>
        {
            // What S3 answers to If-Match where nothing is.
            bool gone = request.Method == "PUT" && Interlocked.Increment(ref writes) == 1 && _bucket.Objects.TryRemove(List, out _);
            return gone ? (404, "NoSuchKey") : null;
        };
        Guid mine = Guid.NewGuid();
        await store.SetQuarantineAsync(mine, true, default);
        Assert.Equal([mine], store.Quarantined);
    }

    [Fact]
    public async Task A_quarantine_list_that_somebody_else_keeps_changing_is_an_error_and_not_overwritten()
    {
        await using S3EntryStore store = await OpenAsync();
        _bucket.Fault = request => request.Method == "PUT" ? (412, "PreconditionFailed") : null;
        await Assert.ThrowsAsync<IOException>(async () => await store.SetQuarantineAsync(Guid.NewGuid(), true, default));
    }

    [Fact]
    public async Task A_look_up_waits_for_a_slow_bucket_once()
    {
        var time = new ManualTime();
        await using S3EntryStore store = await OpenAsync(with: o => o with { LocalStalenessMax = TimeSpan.Zero, CountAtStart = false }, time: time);
        time.Advance(TimeSpan.FromSeconds(2));
        var answer = new TaskCompletionSource();
        _bucket.Hold = answer.Task;
        _bucket.Requests.Clear();

        Task<OpenEntry?> lookup = store.OpenAsync(TestEntries.Key(1), default).AsTask();
        while (_bucket.Requests.Count < 2)
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        Assert.Equal(["GET " + NameOf(1), "GET afterimage/quarantine.json"], _bucket.Requests.Order());
        answer.SetResult();
        Assert.Null(await lookup);
    }

    [Fact]
    public async Task Who_has_waited_for_the_bucket_does_not_wait_as_long_for_the_earlier_caches()
    {
        byte[] image = ImageFixtures.SmallPng();
        _bucket.Objects[EarlierKeyScheme.KeyOf("/prompt/a_fox", null)] = (image, []);
        var answer = new TaskCompletionSource();
        _bucket.Hold = answer.Task;
        S3StoreOptions options = _bucket.Options with { AnswerTimeout = TimeSpan.FromHours(1), RequestTimeout = TimeSpan.FromHours(1) };
        var reader = new EarlierCacheReader(new S3Objects(options, _bucket.Connect(options), TimeProvider.System), new EarlierCacheOptions());

        // Nothing is kept, so nothing is stored or indexed.
        var cache = new EarlierCache(reader, Composition.Admission(new AdmissionOptions(), SizeCheck.Off), null!, null!, null, patience: TimeSpan.FromHours(1), TimeProvider.System);
        ImageRequest request = TestEntries.Request(1);
        Assert.Null(await cache.FindAsync(request, "/prompt/a_fox", keep: false, waited: TimeSpan.FromHours(1), default));

        // The look-up went on for whoever comes next.
        ValueTask<OpenEntry?> next = cache.FindAsync(request, "/prompt/a_fox", keep: false, waited: TimeSpan.Zero, default);
        answer.SetResult();
        using OpenEntry? found = await next;
        Assert.Equal(image, found!.Body!.Value.ToArray());
        Assert.Equal(2, _bucket.Requests.Count);
    }

    [Fact]
    public async Task A_batch_that_the_bucket_does_not_give_up_is_not_said_to_be_gone()
    {
        await using S3EntryStore store = await OpenAsync();
        var batch = Guid.NewGuid();
        await store.PutManyAsync([.. Enumerable.Range(0, 6).Select(i => new NewEntry(TestEntries.Header(i, TestEntries.Body(i)) with { Batch = i < 4 ? batch : Guid.Empty }, TestEntries.Body(i)))], default);
        _bucket.Fault = request => request.Method == "DELETE" ? (403, "AccessDenied") : null;
        await Assert.ThrowsAsync<IOException>(async () => await store.DeleteBatchAsync(batch, default));

        _bucket.Fault = _ => null;
        Assert.Equal(4, await store.DeleteBatchAsync(batch, default));
        Assert.Equal(2, _bucket.Objects.Keys.Count(name => name.EndsWith(".entry", StringComparison.Ordinal)));
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
}
