using System.Net;
using Xunit;

namespace Afterimage.Tests.Scenarios;

/// <summary>Three gateways, as processes, on one PostgreSQL and one bucket.</summary>
public sealed class SeveralGatewaysTests
{
    private const string Fox = "/prompt/a%20red%20fox?width=64&height=64";
    private const string SameFox = "/prompt/a%20picture%20of%20a%20red%20fox?width=64&height=64";

    [Fact]
    public async Task Identical_requests_at_three_gateways_cause_one_origin_call()
    {
        await using Cluster cluster = await Cluster.StartAsync(3);
        await Task.WhenAll(cluster.Gateways.Select(g => g.UntilUpAsync("bucket", "database", "index", "changes")));
        var gate = new TaskCompletionSource();
        cluster.Origin.Gate = gate.Task;
        Task<Answer>[] clients = [.. cluster.Gateways.SelectMany(g => Enumerable.Range(0, 8).Select(_ => g.GetAsync(Fox)))];
        await Cluster.UntilAsync(async () => (await Task.WhenAll(cluster.Gateways.Select(g => g.RunningAsync()))).All(n => n == 1) && cluster.Origin.Calls > 0);
        gate.SetResult();
        Answer[] answers = await Task.WhenAll(clients);
        Assert.Equal(1, cluster.Origin.Calls);
        Assert.All(answers, a => Assert.Equal((HttpStatusCode.OK, Convert.ToHexString(answers[0].Body)), (a.Status, Convert.ToHexString(a.Body))));
        Assert.Equal(1, cluster.StoredEntries);
    }

    [Fact]
    public async Task A_gateway_killed_while_it_draws_costs_nobody_the_picture_and_nothing_is_doubled()
    {
        await using Cluster cluster = await Cluster.StartAsync(3);
        await Task.WhenAll(cluster.Gateways.Select(g => g.UntilUpAsync("bucket", "database", "index", "changes")));
        var gate = new TaskCompletionSource();
        cluster.Origin.Gate = gate.Task;

        // As a load balancer does: where a gateway is gone the next one is asked.
        async Task<Answer> AskAsync(int first)
        {
            for (int at = first; ; at = (at + 1) % 3)
            {
                try
                {
                    return await cluster.Gateways[at].GetAsync(Fox);
                }
                catch (HttpRequestException) when (at == 0)
                {
                    // Killed.
                }
            }
        }

        var clients = new List<Task<Answer>> { AskAsync(0) };
        await Cluster.UntilAsync(() => Task.FromResult(cluster.Origin.Calls == 1));
        clients.AddRange(Enumerable.Range(0, 12).Select(n => AskAsync(n % 3)));
        await Cluster.UntilAsync(async () => await cluster.Gateways[1].RunningAsync() == 1 && await cluster.Gateways[2].RunningAsync() == 1);
        cluster.Gateways[0].Kill();
        gate.SetResult();

        Answer[] answers = await Task.WhenAll(clients);
        Assert.Equal(2, cluster.Origin.Calls);
        Assert.All(answers, a => Assert.Equal((HttpStatusCode.OK, Convert.ToHexString(answers[0].Body)), (a.Status, Convert.ToHexString(a.Body))));

        // The gateway comes back and has what the others made; there is one entry and one vector.
        Cluster.Gateway again = await cluster.RestartAsync(0);
        Answer hit = await again.GetAsync(Fox);
        Assert.Equal(("HIT exact", Convert.ToHexString(answers[0].Body)), (hit.Cache, Convert.ToHexString(hit.Body)));
        await Cluster.UntilAsync(async () => await cluster.StoredVectorsAsync() == 1);
        Assert.Equal((1, 2), (cluster.StoredEntries, cluster.Origin.Calls));
    }

    [Fact]
    public async Task Purge_and_feedback_given_to_one_gateway_act_at_all_of_them()
    {
        // Without the feed a purged picture would be served by the others for ten minutes.
        await using Cluster cluster = await Cluster.StartAsync(
            3, true, ("Store:S3:LocalStalenessSeconds", "600"), ("Routes:0:Path", "/prompt/**"), ("Routes:1:Path", "/page/**"), ("Routes:1:Dialect", "http"));
        await Task.WhenAll(cluster.Gateways.Select(g => g.UntilUpAsync("bucket", "database", "index", "changes")));
        Answer drawn = await cluster.Gateways[0].GetAsync(Fox);
        Assert.Equal("MISS", drawn.Cache);
        await Cluster.UntilAsync(async () => await cluster.StoredVectorsAsync() == 1);
        foreach (Cluster.Gateway gateway in cluster.Gateways)
        {
            Assert.Equal("HIT exact", (await gateway.GetAsync(Fox)).Cache);
            Assert.Equal("HIT semantic", (await gateway.GetAsync(SameFox)).Cache);
        }

        // Feedback.
        Answer reused = await cluster.Gateways[1].GetAsync(SameFox);
        Assert.Equal("told", (await cluster.Gateways[1].PostAsync("/_afterimage/feedback", new { id = reused["X-Afterimage-Id"], verdict = "wrong" })).GetProperty("others").GetString());
        foreach (Cluster.Gateway gateway in cluster.Gateways)
        {
            await Cluster.UntilAsync(async () => (await gateway.GetAsync("/_afterimage/stats")).Json.GetProperty("semantic").GetProperty("blockedPairs").GetInt32() == 1);
        }

        Assert.Equal("MISS", (await cluster.Gateways[2].GetAsync(SameFox)).Cache);

        // Purge.
        Assert.Equal("told", (await cluster.Gateways[0].PostAsync("/_afterimage/purge", new { request = Fox, dryRun = false })).GetProperty("others").GetString());
        int calls = cluster.Origin.Calls;
        foreach (Cluster.Gateway gateway in cluster.Gateways.Skip(1))
        {
            await Cluster.UntilAsync(async () => !(await gateway.GetAsync(Fox)).Body.AsSpan().SequenceEqual(drawn.Body));
        }

        Assert.Equal(calls + 1, cluster.Origin.Calls);

        // Each has its own responses of the http route; the purge of one is that of all.
        foreach (Cluster.Gateway gateway in cluster.Gateways)
        {
            Assert.Equal("MISS", (await gateway.GetAsync("/page/1")).Cache);
            Assert.Equal("HIT exact", (await gateway.GetAsync("/page/1")).Cache);
        }

        Assert.Equal("told", (await cluster.Gateways[0].PostAsync("/_afterimage/purge", new { request = "/page/1", dryRun = false })).GetProperty("others").GetString());
        foreach (Cluster.Gateway gateway in cluster.Gateways)
        {
            await Cluster.UntilAsync(async () => (await gateway.GetAsync("/page/1")).Cache == "MISS");
        }

        // So is what an unsafe request to one of them makes void.
        foreach (Cluster.Gateway gateway in cluster.Gateways)
        {
            await gateway.GetAsync("/page/1");
            Assert.Equal("HIT exact", (await gateway.GetAsync("/page/1")).Cache);
        }

        await cluster.Gateways[0].SendAsync(HttpMethod.Post, "/page/1");
        foreach (Cluster.Gateway gateway in cluster.Gateways)
        {
            await Cluster.UntilAsync(async () => (await gateway.GetAsync("/page/1")).Cache == "MISS");
        }

        // A gateway that comes new knows what was said before it came.
        await cluster.Gateways[2].DisposeAsync();
        Directory.Delete(cluster.DataOf(2), recursive: true);
        Cluster.Gateway fresh = await cluster.RestartAsync(2);
        await Cluster.UntilAsync(async () => (await fresh.GetAsync("/_afterimage/stats")).Json.GetProperty("semantic").GetProperty("blockedPairs").GetInt32() == 1);
    }
}
