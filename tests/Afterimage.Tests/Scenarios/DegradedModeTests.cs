using System.Net;
using Xunit;

namespace Afterimage.Tests.Scenarios;

/// <summary>The table of docs/scaling.md, "When something is down": each dependency is taken away from a running gateway and brought back.</summary>
public sealed class DegradedModeTests
{
    private const string Size = "?width=64&height=64";

    [Fact]
    public async Task Without_the_database_requests_are_answered_and_what_was_drawn_meanwhile_is_found_when_it_is_back()
    {
        await using Cluster cluster = await Cluster.StartAsync(2);
        Cluster.Gateway gateway = cluster.Gateways[0];
        await Task.WhenAll(cluster.Gateways.Select(g => g.UntilUpAsync("bucket", "database", "index", "changes")));
        await DrawAsync(gateway, "a red fox");
        await Cluster.UntilAsync(async () => await cluster.StoredVectorsAsync() == 1);

        // The partition comes into the hot tier.
        await Cluster.UntilAsync(async () => (await StoredOnlyAsync(gateway, "a picture of a red fox")) == "HIT semantic"
            && (await gateway.GetAsync("/_afterimage/metrics")).Text.Contains("from=\"hot\"", StringComparison.Ordinal));

        await cluster.StopDatabaseAsync();
        await Cluster.UntilAsync(async () => await gateway.FaultAsync("database") is not null && await gateway.FaultAsync("index") is not null && await gateway.FaultAsync("changes") is not null);
        Assert.Null(await gateway.FaultAsync("bucket"));

        // Exact hits, semantic hits from the hot tier, and misses.
        Assert.Equal("HIT exact", (await gateway.GetAsync($"/prompt/a%20red%20fox{Size}")).Cache);
        Assert.Equal("HIT semantic", (await gateway.GetAsync($"/prompt/a%20picture%20of%20a%20red%20fox{Size}")).Cache);
        await DrawAsync(gateway, "a green bicycle");

        // Leases: each gateway goes on alone, and its own identical requests still meet.
        var gate = new TaskCompletionSource();
        cluster.Origin.Gate = gate.Task;
        int calls = cluster.Origin.Calls;
        Task<Answer>[] clients = [.. cluster.Gateways.SelectMany(g => Enumerable.Range(0, 4).Select(_ => g.GetAsync($"/prompt/two%20grey%20owls{Size}")))];
        await Cluster.UntilAsync(() => Task.FromResult(cluster.Origin.Calls == calls + 2));
        gate.SetResult();
        Assert.All(await Task.WhenAll(clients), a => Assert.Equal(HttpStatusCode.OK, a.Status));
        Assert.Equal(calls + 2, cluster.Origin.Calls);

        // Changes: what this gateway is told acts here now and at the others later.
        Assert.Equal("told later", (await gateway.PostAsync("/_afterimage/purge", new { request = $"/prompt/a%20red%20fox{Size}", dryRun = false })).GetProperty("others").GetString());

        await cluster.StartDatabaseAsync();
        await Task.WhenAll(cluster.Gateways.Select(g => g.UntilUpAsync("database", "index", "changes")));
        await Cluster.UntilAsync(async () => await StoredOnlyAsync(gateway, "a picture of a green bicycle") == "HIT semantic");
    }

    [Fact]
    public async Task Without_the_bucket_requests_are_answered_and_no_vector_is_taken_for_stale()
    {
        await using Cluster cluster = await Cluster.StartAsync(2, true, ("Store:S3:LocalStalenessSeconds", "0"));
        Cluster.Gateway gateway = cluster.Gateways[0], other = cluster.Gateways[1];
        await Task.WhenAll(cluster.Gateways.Select(g => g.UntilUpAsync("bucket", "database", "index")));
        await DrawAsync(gateway, "a red fox");
        await Cluster.UntilAsync(async () => await cluster.StoredVectorsAsync() == 1);

        await cluster.StopBucketAsync();
        Assert.NotNull(await gateway.FaultAsync("bucket"));
        Assert.Null(await gateway.FaultAsync("database"));

        // What is local is served without asking; a gateway that has no copy draws, and finds a vector whose entry it cannot read.
        Assert.Equal("HIT exact", (await gateway.GetAsync($"/prompt/a%20red%20fox{Size}")).Cache);
        Assert.Equal((HttpStatusCode.OK, "MISS"), Seen(await other.GetAsync($"/prompt/a%20picture%20of%20a%20red%20fox{Size}")));
        Assert.Equal((HttpStatusCode.OK, "MISS"), Seen(await other.GetAsync($"/prompt/a%20red%20fox{Size}")));
        Assert.Equal(1, await cluster.StoredVectorsAsync());

        await cluster.StartBucketAsync();
        await Task.WhenAll(cluster.Gateways.Select(g => g.UntilUpAsync("bucket")));
        await Cluster.UntilAsync(async () => (await other.GetAsync($"/prompt/a%20red%20fox{Size}")).Cache == "HIT exact");
        await Cluster.UntilAsync(async () => (await other.GetAsync($"/prompt/a%20picture%20of%20a%20red%20fox{Size}")).Cache.StartsWith("HIT", StringComparison.Ordinal));
        await DrawAsync(other, "a green bicycle");
        await Cluster.UntilAsync(async () => (await gateway.GetAsync($"/prompt/a%20green%20bicycle{Size}")).Cache == "HIT exact");
    }

    [Fact]
    public async Task Without_pgvector_everything_but_the_semantic_tier_works_and_readiness_says_what_to_install()
    {
        await using Cluster cluster = await Cluster.StartAsync(1, withVector: false);
        Cluster.Gateway gateway = cluster.Gateways[0];
        await gateway.UntilUpAsync("bucket", "database", "changes");
        Assert.Contains("does not have the extension pgvector. Install it", await gateway.FaultAsync("index"), StringComparison.Ordinal);
        await DrawAsync(gateway, "a red fox");
        await Cluster.UntilAsync(async () => (await gateway.GetAsync($"/prompt/a%20red%20fox{Size}")).Cache == "HIT exact");
    }

    [Fact]
    public async Task A_database_that_accepts_and_never_answers_does_not_hold_requests_up()
    {
        using var silent = new SilentServer();
        await using TestGateway gateway = await TestGateway.StartAsync(
            ("Index:Provider", "postgres"), ("Index:Postgres:ConnectionString", $"Host=127.0.0.1;Port={silent.Port};Username=u;Database=d;SSL Mode=Disable"), ("Index:Postgres:SearchTimeoutMs", "100"));

        // The first may wait as long as a search may; that the database does not answer is known then, or the next is as quick as the setting says.
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal((HttpStatusCode.OK, "MISS"), Seen(await gateway.GetAsync($"/prompt/picture%20of%20thing%20{i}{Size}").WaitAsync(TimeSpan.FromSeconds(30))));
        }

        Assert.Equal("HIT exact", (await gateway.GetAsync($"/prompt/picture%20of%20thing%200{Size}")).Cache);
    }

    // Asks without causing a picture to be drawn.
    private static async Task<string> StoredOnlyAsync(Cluster.Gateway gateway, string prompt) =>
        (await gateway.GetAsync($"/prompt/{Uri.EscapeDataString(prompt)}{Size}", ("Cache-Control", "only-if-cached"))).Cache;

    private static (HttpStatusCode, string) Seen(Answer answer) => (answer.Status, answer.Cache);

    private static async Task DrawAsync(Cluster.Gateway gateway, string prompt) =>
        Assert.Equal((HttpStatusCode.OK, "MISS"), Seen(await gateway.GetAsync($"/prompt/{Uri.EscapeDataString(prompt)}{Size}")));
}
