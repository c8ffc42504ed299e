using Afterimage.Cloud.Cloudflare;
using Afterimage.Vectors;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Afterimage.Tests.Cloud.Cloudflare;

public sealed class VectorizeIndexTests : IAsyncLifetime
{
    private const int Dimensions = 16;

    private readonly ManualTime _time = new();
    private readonly List<IDisposable> _clients = [];
    private CloudflareStandIn _standIn = null!;

    public async ValueTask InitializeAsync() => _standIn = await CloudflareStandIn.StartAsync(_time);

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(c => c.Dispose());
        await _standIn.DisposeAsync();
    }

    [Fact]
    public async Task A_write_is_answered_at_once_and_leaves_the_overlay_when_vectorize_has_processed_it()
    {
        await using VectorizeIndex writer = await OpenAsync();
        _standIn.Index(Name).Delay = TimeSpan.FromSeconds(90);
        await using VectorizeIndex other = await OpenAsync();
        await writer.AddAsync([Vectors.Record(1, Dimensions)], default);
        Assert.Single(await writer.SearchAsync(Query(1), default));

        await writer.FlushAsync(default);
        Assert.Empty(await other.SearchAsync(Query(1), default));
        Assert.Single(await writer.SearchAsync(Query(1), default));

        _time.Advance(TimeSpan.FromSeconds(91));
        Assert.Single(await other.SearchAsync(Query(1), default));
        Assert.Equal(1, writer.OverlayWrites);
        await PassAsync(TimeSpan.FromMinutes(6), () => writer.OverlayWrites == 0);
        Assert.Single(await writer.SearchAsync(Query(1), default));
    }

    [Fact]
    public async Task The_overlay_keeps_a_write_for_as_long_as_vectorize_takes()
    {
        await using VectorizeIndex index = await OpenAsync();
        _standIn.Index(Name).Delay = TimeSpan.FromMinutes(20);
        await index.AddAsync([Vectors.Record(1, Dimensions)], default);
        await index.FlushAsync(default);
        await PassAsync(TimeSpan.FromMinutes(15), () => false);
        Assert.Equal(1, index.OverlayWrites);
        Assert.Single(await index.SearchAsync(Query(1), default));
    }

    [Fact]
    public async Task A_removed_vector_is_gone_at_once_though_vectorize_still_shows_it()
    {
        await using VectorizeIndex index = await OpenAsync();
        await index.AddAsync([Vectors.Record(1, Dimensions), Vectors.Record(2, Dimensions)], default);
        await index.SettleAsync(default);
        _standIn.Index(Name).Delay = TimeSpan.FromMinutes(2);

        Assert.Equal(1, await index.RemoveAsync([Vectors.Key(1), Vectors.Key(404)], default));
        await index.FlushAsync(default);

        await using VectorizeIndex other = await OpenAsync();
        Assert.Equal(Vectors.Key(1), (await other.SearchAsync(Query(1), default))[0].Entry);
        Assert.DoesNotContain(await index.SearchAsync(Query(1), default), n => n.Entry == Vectors.Key(1));
        Assert.Equal(0, await index.RemoveAsync([Vectors.Key(1)], default));
    }

    [Fact]
    public async Task The_threshold_is_decided_on_exact_similarities_and_not_on_the_scores_that_vectorize_ranks_by()
    {
        await using VectorizeIndex index = await OpenAsync();
        await using var oracle = new ScanIndex("space", Dimensions);
        VectorRecord[] records = [.. Enumerable.Range(0, 40).Select(n => Vectors.Record(n, Dimensions) with { Vector = Vectors.Near(Vectors.Unit(0, Dimensions), n, 0.3) })];
        await index.AddAsync(records, default);
        await oracle.AddAsync(records, default);
        await index.SettleAsync(default);

        foreach (float floor in new[] { 0.9f, 0.94f, 0.96f })
        {
            var query = new VectorQuery(Vectors.Partition(0), null, Vectors.Unit(0, Dimensions), 50, floor);
            Assert.Equal((await oracle.SearchAsync(query, default)).Select(n => n.Entry), (await index.SearchAsync(query, default)).Select(n => n.Entry));
        }
    }

    [Fact]
    public async Task More_neighbours_than_come_with_values_are_fetched_by_their_ids()
    {
        await using VectorizeIndex index = await OpenAsync();
        await index.AddAsync([.. Enumerable.Range(0, 130).Select(n => Vectors.Record(n, Dimensions))], default);
        await index.SettleAsync(default);
        Assert.Equal(100, (await index.SearchAsync(new VectorQuery(Vectors.Partition(0), null, Vectors.Unit(1, Dimensions), 100, -1), default)).Count);
        Assert.Equal(5, _standIn.Calls.Count(c => c.EndsWith("get_by_ids", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Metadata_indexes_stand_before_the_first_vector_is_sent()
    {
        _standIn.Delay = TimeSpan.FromSeconds(5);
        Task<VectorizeIndex> opening = OpenAsync();
        await PassAsync(TimeSpan.FromSeconds(20), () => opening.IsCompleted);
        await using VectorizeIndex index = await opening;
        await index.AddAsync([Vectors.Record(1, Dimensions)], default);
        await index.FlushAsync(default);
        _time.Advance(TimeSpan.FromSeconds(6));
        await index.SettleAsync(default);

        Assert.Equal(0, index.OverlayWrites);
        Assert.Single(await index.SearchAsync(Query(1), default));
        string[] calls = [.. _standIn.Calls];
        int lastList = Array.FindLastIndex(calls, c => c.EndsWith("metadata_index/list", StringComparison.Ordinal));
        Assert.True(lastList < Array.FindIndex(calls, c => c.EndsWith("upsert", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task An_index_that_was_filled_before_its_metadata_indexes_existed_is_refused()
    {
        using CloudflareClient client = Client();
        var api = new VectorizeApi(client, Name);
        await api.CreateAsync("by hand", Dimensions, default);
        await api.UpsertAsync("{\"id\":\"x\",\"values\":[1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]}\n"u8.ToArray(), default);

        await using var index = new VectorizeIndex(client, new VectorizeOptions(), "space", Dimensions);
        Assert.Contains("filters will never see them", Assert.Single(await index.CheckAsync(default)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_index_of_other_dimensions_and_a_space_too_wide_are_refused_by_name()
    {
        using CloudflareClient client = Client();
        await new VectorizeApi(client, Name).CreateAsync("by hand", 32, default);
        await using var index = new VectorizeIndex(client, new VectorizeOptions(), "space", Dimensions);
        Assert.Contains("has 32 dimensions", Assert.Single(await index.CheckAsync(default)), StringComparison.Ordinal);

        await using var wide = new VectorizeIndex(client, new VectorizeOptions(), "wide", 3_072);
        Assert.Contains("at most 1536 dimensions", Assert.Single(await wide.CheckAsync(default)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Uploads_keep_within_the_bounds_of_count_and_bytes()
    {
        const int Wide = 1_536;
        await using VectorizeIndex index = await OpenAsync(new VectorizeOptions { UploadVectorsMax = 200, UploadBytesMax = 1_000_000, FlushAfterMs = 60_000 }, Wide, "wide");
        await index.AddAsync([.. Enumerable.Range(0, 600).Select(n => Vectors.Record(n, Wide))], default);
        StandInIndex stored = _standIn.Index(VectorizeIndex.IndexName("afterimage", "wide"));
        Assert.Equal(600, stored.Uploads.Sum(u => u.Vectors));
        Assert.All(stored.Uploads, u => Assert.InRange(u.Bytes, 1, 1_000_000));
        Assert.Equal(600, await index.CountAsync(null, default));
    }

    [Fact]
    public async Task Writes_of_live_traffic_are_collected_into_few_calls()
    {
        await using VectorizeIndex index = await OpenAsync();
        for (int n = 0; n < 150; n++)
        {
            await index.AddAsync([Vectors.Record(n, Dimensions)], default);
        }

        await index.FlushAsync(default);
        Assert.Equal(150, await index.RemoveAsync([.. Enumerable.Range(0, 150).Select(Vectors.Key)], default));
        await index.FlushAsync(default);
        Assert.Equal(1, _standIn.Calls.Count(c => c.EndsWith("upsert", StringComparison.Ordinal)));
        Assert.Equal(2, _standIn.Calls.Count(c => c.EndsWith("delete_by_ids", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_flood_of_searches_never_exceeds_the_accounts_limit()
    {
        await using VectorizeIndex index = await OpenAsync();
        int answered = 0, refused = 0;
        for (int second = 0; second < 700; second++)
        {
            for (int i = 0; i < 6; i++)
            {
                try
                {
                    await index.SearchAsync(Query(1), default);
                    answered++;
                }
                catch (VectorIndexUnavailableException e)
                {
                    Assert.Contains("budget of 1100", e.Message, StringComparison.Ordinal);
                    refused++;
                }
            }

            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.InRange(answered, 2_000, 2_400);
        Assert.True(refused > 1_000);
        using CloudflareClient client = Client();
        Assert.True((await client.CallAsync(HttpMethod.Get, "vectorize/v2/indexes/" + Name, null, default)).Succeeded, "the account was never blocked");
    }

    [Fact]
    public async Task After_429_nothing_is_called_until_the_time_that_was_asked_for()
    {
        await using VectorizeIndex index = await OpenAsync();
        _standIn.Instead.Enqueue(context =>
        {
            context.Response.Headers.RetryAfter = "40";
            return CloudflareStandIn.WriteAsync(context, 429, CloudflareStandIn.Failure(971, "slow down"));
        });
        var fault = await Assert.ThrowsAsync<VectorIndexUnavailableException>(async () => await index.SearchAsync(Query(1), default));
        Assert.Contains("1,200 requests in 5 minutes", fault.Message, StringComparison.Ordinal);

        int calls = _standIn.Calls.Count;
        _time.Advance(TimeSpan.FromSeconds(35));
        await Assert.ThrowsAsync<VectorIndexUnavailableException>(async () => await index.SearchAsync(Query(1), default));
        Assert.Equal(calls, _standIn.Calls.Count);
        _time.Advance(TimeSpan.FromSeconds(6));
        Assert.Empty(await index.SearchAsync(Query(1), default));
    }

    [Fact]
    public async Task An_upload_that_fails_in_passing_is_repeated_and_nothing_is_lost()
    {
        await using VectorizeIndex index = await OpenAsync();
        _standIn.Instead.Enqueue(context => CloudflareStandIn.WriteAsync(context, 500, CloudflareStandIn.Failure(10001, "vectorize.upstream_timeout")));
        _standIn.Instead.Enqueue(async context =>
        {
            context.Response.StatusCode = 502;
            await context.Response.WriteAsync("<html>Bad gateway</html>");
        });
        _standIn.Instead.Enqueue(context => CloudflareStandIn.WriteAsync(context, 429, CloudflareStandIn.Failure(40041, "Too Many Requests")));
        await index.AddAsync([Vectors.Record(1, Dimensions)], default);
        Task flush = index.FlushAsync(default).AsTask();
        await PassAsync(TimeSpan.FromSeconds(60), () => flush.IsCompleted);
        await flush;
        await index.SettleAsync(default);
        Assert.Equal(0, index.OverlayWrites);
        Assert.Single(await index.SearchAsync(Query(1), default));
    }

    [Fact]
    public async Task A_wrong_token_is_said_and_not_repeated()
    {
        using var client = new CloudflareClient(Options(token: "wrong"), time: _time);
        await using var index = new VectorizeIndex(client, new VectorizeOptions(), "space", Dimensions);
        Assert.Contains("check Cloudflare:ApiToken", Assert.Single(await index.CheckAsync(default)), StringComparison.Ordinal);
        Assert.Single(_standIn.Calls);
    }

    [Fact]
    public async Task An_account_that_is_away_costs_a_request_in_flight_one_short_try()
    {
        using var client = new CloudflareClient(Options(new Uri("http://127.0.0.1:1")), time: _time);
        await using var index = new VectorizeIndex(client, new VectorizeOptions(), "space", Dimensions);
        await index.AddAsync([Vectors.Record(1, Dimensions)], default);
        Task first = index.SearchAsync(Query(1), default).AsTask();
        await PassAsync(TimeSpan.FromSeconds(6), () => first.IsCompleted);
        await Assert.ThrowsAsync<VectorIndexUnavailableException>(() => first);
        await Assert.ThrowsAsync<VectorIndexUnavailableException>(async () => await index.SearchAsync(Query(1), default));
        Task closing = index.DisposeAsync().AsTask();
        await PassAsync(TimeSpan.FromSeconds(15), () => closing.IsCompleted);
        await closing;
    }

    [Theory]
    [InlineData("<html>proxy</html>", "not its envelope")]
    [InlineData("{\"success\":true,\"result\":{\"surprise\":1}}", "a form that this version does not know")]
    public async Task An_answer_of_an_unknown_form_is_a_fault_and_no_crash(string body, string sentence)
    {
        await using VectorizeIndex index = await OpenAsync();
        _standIn.Instead.Enqueue(context => context.Response.WriteAsync(body));
        var fault = await Assert.ThrowsAsync<VectorIndexUnavailableException>(async () => await index.SearchAsync(Query(1), default));
        Assert.Contains(sentence, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_index_takes_one_store_and_refuses_another()
    {
        await using VectorizeIndex index = await OpenAsync(new VectorizeOptions { Store = "s3://images/" });
        await using VectorizeIndex again = await OpenAsync(new VectorizeOptions { Store = "s3://images/" });
        await using var other = new VectorizeIndex(Client(), new VectorizeOptions { Store = "files 1" }, "space", Dimensions);
        Assert.Contains("holds the vectors of another store than files 1", Assert.Single(await other.CheckAsync(default)), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_mistake_in_the_options_is_named()
    {
        IReadOnlyList<string> account = new CloudflareOptions { AccountId = "x", RequestsPerFiveMinutes = 5_000 }.Validate();
        Assert.Equal(["Cloudflare:AccountId", "Cloudflare:ApiToken", "Cloudflare:RequestsPerFiveMinutes"], account.Select(m => m.Split(' ')[0]));
        IReadOnlyList<string> index = new VectorizeOptions { NamePrefix = "Not Good", UploadVectorsMax = 6_000, OverlaySeconds = 10 }.Validate();
        Assert.Equal(["Index:Vectorize:NamePrefix", "Index:Vectorize:UploadVectorsMax", "Index:Vectorize:OverlaySeconds"], index.Select(m => m.Split(' ')[0]));
        Assert.Empty(Options().Validate());
        Assert.Empty(new VectorizeOptions().Validate());
    }

    private static string Name => VectorizeIndex.IndexName("afterimage", "space");

    private static VectorQuery Query(int number) => new(Vectors.Partition(0), null, Vectors.Unit(number, Dimensions), 1, 0.9f);

    private CloudflareOptions Options(Uri? apiBase = null, string token = CloudflareStandIn.Token) =>
        new() { AccountId = CloudflareStandIn.AccountId, ApiToken = token, ApiBase = apiBase ?? _standIn.ApiBase };

    private CloudflareClient Client()
    {
        var client = new CloudflareClient(Options(), time: _time);
        _clients.Add(client);
        return client;
    }

    private async Task<VectorizeIndex> OpenAsync(VectorizeOptions? options = null, int dimensions = Dimensions, string space = "space")
    {
        var index = new VectorizeIndex(Client(), options ?? new VectorizeOptions { FlushAfterMs = 60_000 }, space, dimensions);
        Assert.Empty(await index.CheckAsync(default));
        return index;
    }

    // Lets the clock run in small steps, giving work in the background time to act, until the condition holds or the time is over.
    private async Task PassAsync(TimeSpan duration, Func<bool> until)
    {
        for (DateTimeOffset end = _time.GetUtcNow() + duration; _time.GetUtcNow() < end && !until();)
        {
            _time.Advance(TimeSpan.FromMilliseconds(duration.TotalMilliseconds / 100));
            await Task.Delay(5);
        }
    }
}
