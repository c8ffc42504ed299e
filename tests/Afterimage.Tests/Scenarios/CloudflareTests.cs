using System.Net;
using System.Text.Json;
using Afterimage.Tests.Cloud;
using Afterimage.Tests.Cloud.Cloudflare;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Afterimage.Tests.Scenarios;

/// <summary>The documented setup with R2, Vectorize and Workers AI: gateways as processes on a bucket and a stand-in for the account.</summary>
public sealed class CloudflareTests
{
    private const string Fox = "/prompt/a%20red%20fox?width=64&height=64";
    private const string SameFox = "/prompt/a%20picture%20of%20a%20red%20fox?width=64&height=64";
    private const string Owls = "/prompt/two%20grey%20owls?width=64&height=64";
    private const string SameOwls = "/prompt/a%20picture%20of%20two%20grey%20owls?width=64&height=64";

    public static TheoryData<string> Faults => ["away", "silent", "blocked", "embedder away"];

    [Fact]
    public async Task The_documented_setup_answers_repeats_and_paraphrases_before_and_after_vectorize_shows_them()
    {
        var clock = new ManualTime();
        await using Cluster cluster = await StartAsync(2, clock, ("Store:S3:LocalStalenessSeconds", "1"));
        Cluster.Gateway writer = cluster.Gateways[0], other = cluster.Gateways[1];
        StandInIndex index = cluster.Account.Indexes.Single();
        index.Delay = TimeSpan.FromMinutes(2);

        Answer drawn = await writer.GetAsync(Fox);
        Assert.Equal((HttpStatusCode.OK, "MISS"), (drawn.Status, drawn.Cache));
        await Cluster.UntilAsync(async () => (await writer.GetAsync(Fox)).Cache == "HIT exact");
        await Cluster.UntilAsync(async () => (await StoredOnlyAsync(other, Fox)) == "HIT exact");

        // Sent, and not yet shown: only the gateway that wrote it knows it.
        await Cluster.UntilAsync(() => Task.FromResult(index.Uploads.Count == 1));
        Answer paraphrase = await writer.GetAsync(SameFox);
        Assert.Equal("HIT semantic", paraphrase.Cache);
        Assert.NotEqual("HIT semantic", await StoredOnlyAsync(other, SameFox));
        Assert.Equal(0, index.Visible);

        clock.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal("HIT semantic", (await other.GetAsync(SameFox)).Cache);
        Assert.Equal(1, index.Visible);

        // A restart loses what the gateway knew of its own writes, and nothing else.
        writer.Kill();
        writer = await cluster.RestartAsync(0);
        Assert.Equal("HIT exact", (await writer.GetAsync(Fox)).Cache);
        await Cluster.UntilAsync(async () => await StoredOnlyAsync(writer, SameFox) == "HIT semantic");
        Assert.Equal((1, 1), (cluster.Origin.Calls, index.Visible));

        // A purged picture is not served by anybody, though Vectorize goes on showing its vector for a while.
        await writer.PostAsync("/_afterimage/purge", new { request = Fox, dryRun = false });
        Assert.NotEqual("HIT semantic", await StoredOnlyAsync(writer, SameFox));
        foreach (Cluster.Gateway gateway in new[] { writer, other })
        {
            await Cluster.UntilAsync(async () => !(await StoredOnlyAsync(gateway, Fox)).StartsWith("HIT", StringComparison.Ordinal));
            Assert.NotEqual("HIT semantic", await StoredOnlyAsync(gateway, SameFox));
        }

        await Cluster.UntilAsync(() =>
        {
            clock.Advance(TimeSpan.FromMinutes(3));
            return Task.FromResult(index.Visible == 0);
        });
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Without_the_account_requests_are_answered_and_what_was_drawn_meanwhile_is_found_when_it_is_back(string fault)
    {
        await using Cluster cluster = await StartAsync(1);
        Cluster.Gateway gateway = cluster.Gateways[0];
        Assert.Equal("MISS", (await gateway.GetAsync(Fox)).Cache);
        await Cluster.UntilAsync(async () => await StoredOnlyAsync(gateway, SameFox) == "HIT semantic");

        using var stop = new CancellationTokenSource();
        cluster.Account.FaultBelow = fault.StartsWith("embedder", StringComparison.Ordinal) ? "ai/" : "";
        cluster.Account.Fault = fault switch { "away" or "embedder away" => AbortAsync, "silent" => context => SilentAsync(context, stop.Token), _ => BlockedAsync };
        Assert.Equal("HIT exact", (await gateway.GetAsync(Fox)).Cache);
        Answer drawn = await gateway.GetAsync(Owls);
        Assert.Equal((HttpStatusCode.OK, "MISS"), (drawn.Status, drawn.Cache));
        Assert.NotNull(await gateway.FaultAsync("index"));
        Assert.Null(await gateway.FaultAsync("bucket"));
        await Cluster.UntilAsync(async () => (await gateway.GetAsync(Owls)).Cache == "HIT exact");

        cluster.Account.Fault = null;
        await stop.CancelAsync();
        await Cluster.UntilAsync(async () => await StoredOnlyAsync(gateway, SameOwls) == "HIT semantic");
        Assert.Null(await gateway.FaultAsync("index"));
        Assert.Equal(2, cluster.Origin.Calls);
    }

    [Fact]
    public async Task Lookups_beyond_the_budget_are_misses_and_the_account_is_never_blocked()
    {
        await using Cluster cluster = await StartAsync(1, null, ("Index:Vectorize:RequestsPerFiveMinutes", "60"), ("Embedding:CallsPerSecond", "0.2"));
        Cluster.Gateway gateway = cluster.Gateways[0];
        cluster.Account.RequestsPerFiveMinutes = 120;
        Answer[] answers = await Task.WhenAll(Enumerable.Range(0, 150).Select(n => gateway.GetAsync($"/prompt/owl%20number%20{n}%20of%20many?width=64&height=64")));
        Assert.All(answers, a => Assert.Equal((HttpStatusCode.OK, "MISS"), (a.Status, a.Cache)));
        Assert.False(cluster.Account.WasBlocked);

        // Not what health/ready says of the index: the next lookup that gets through clears that.
        JsonElement outcomes = (await gateway.GetAsync("/_afterimage/stats")).Json.GetProperty("semantic").GetProperty("outcomes");
        Assert.True(outcomes.GetProperty("Failed").GetDouble() > 0);
    }

    // Index and metadata indexes are made by the first gateway that starts; what is written before is kept back.
    private static async Task<Cluster> StartAsync(int gateways, TimeProvider? clock = null, params (string Key, string Value)[] settings)
    {
        Cluster cluster = await Cluster.StartOnCloudflareAsync(gateways, clock, settings);
        await Cluster.UntilAsync(() => Task.FromResult(cluster.Account.Indexes is [{ IsReady: true }]));
        return cluster;
    }

    private static Task AbortAsync(HttpContext context)
    {
        context.Abort();
        return Task.CompletedTask;
    }

    // Ends with the request too: a test that fails before it says stop must not keep the account from ending.
    private static async Task SilentAsync(HttpContext context, CancellationToken stop)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop, context.RequestAborted);
        await Task.Delay(Timeout.Infinite, end.Token);
    }

    private static Task BlockedAsync(HttpContext context)
    {
        context.Response.Headers.RetryAfter = "2";
        return CloudflareStandIn.WriteAsync(context, 429, CloudflareStandIn.Failure(971, "Please wait and consider throttling your request speed"));
    }

    // Asks without causing a picture to be drawn.
    private static async Task<string> StoredOnlyAsync(Cluster.Gateway gateway, string target) => (await gateway.GetAsync(target, ("Cache-Control", "only-if-cached"))).Cache;
}
