using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Afterimage.Tests.Scenarios;

/// <summary>The admin interface.</summary>
public sealed class AdminTests
{
    private const string Fox = "/prompt/a%20red%20fox?width=64&height=64";

    [Fact]
    public async Task Entries_are_listed_shown_and_deleted_with_their_vectors()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        string id = (await gateway.GetAsync(Fox))["X-Afterimage-Id"];
        await gateway.SettleAsync();
        JsonElement listed = (await gateway.GetAsync("/_afterimage/entries?prompt=FOX")).Json.GetProperty("entries");
        Assert.Equal(id, listed[0].GetProperty("id").GetString());
        Assert.Equal("a red fox", (await gateway.GetAsync("/_afterimage/entries/" + id)).Json.GetProperty("prompt").GetString());
        Assert.Equal("image/png", (await gateway.GetAsync($"/_afterimage/entries/{id}/image"))["Content-Type"]);
        Assert.Equal(HttpStatusCode.OK, (await gateway.SendAsync(HttpMethod.Delete, "/_afterimage/entries/" + id)).Status);
        await gateway.SettleAsync();
        Assert.Equal(0, (await gateway.GetAsync("/_afterimage/stats")).Json.GetProperty("index").GetProperty("vectors").GetInt64());
        Assert.Equal("MISS", (await gateway.GetAsync("/prompt/a%20red%20fox!?width=64&height=64")).Cache);
        Assert.Equal(HttpStatusCode.NotFound, (await gateway.GetAsync("/_afterimage/entries/" + id)).Status);
    }

    [Fact]
    public async Task The_id_of_a_miss_is_nobody_elses_picture()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        await gateway.GetAsync(Fox);
        await gateway.SettleAsync();
        Answer miss = await gateway.GetAsync("/prompt/a%20blue%20fox?width=64&height=64", ("Cache-Control", "only-if-cached"));
        Assert.Equal(HttpStatusCode.GatewayTimeout, miss.Status);

        Assert.Equal(HttpStatusCode.NotFound, (await gateway.SendAsync(HttpMethod.Delete, "/_afterimage/entries/" + miss["X-Afterimage-Id"])).Status);
        Assert.Equal("HIT exact", (await gateway.GetAsync(Fox)).Cache);
    }

    [Fact]
    public async Task The_stats_command_prints_what_a_running_gateway_has_done()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        await gateway.GetAsync(Fox);
        await gateway.SettleAsync();
        await using ProgramProcess stats = ProgramProcess.Start("stats", "--url", gateway.Client.BaseAddress!.ToString());

        Assert.Equal(0, await stats.ExitAsync());
        Assert.Contains(stats.Lines, line => line.StartsWith("vectors") && line.Contains(" 1 in space builtin"));
    }

    [Fact]
    public async Task Purge_counts_first_and_removes_only_when_told()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        await gateway.GetAsync(Fox);
        await gateway.GetAsync(Fox + "&model=turbo");
        await gateway.SettleAsync();
        JsonElement dry = await PostAsync(gateway, "purge", new { model = "turbo" });
        Assert.Equal(1, dry.GetProperty("matched").GetInt32());
        Assert.Equal(0, dry.GetProperty("deleted").GetInt32());
        Assert.Equal("HIT exact", (await gateway.GetAsync(Fox + "&model=turbo")).Cache);
        Assert.Equal(1, (await PostAsync(gateway, "purge", new { request = Fox + "&model=turbo", dryRun = false })).GetProperty("deleted").GetInt32());
        Assert.Equal("HIT exact", (await gateway.GetAsync(Fox)).Cache);
        Assert.Equal(0, (await PostAsync(gateway, "purge", new { olderThanSeconds = 1000, dryRun = false })).GetProperty("deleted").GetInt32());
        Assert.Equal(1, (await PostAsync(gateway, "purge", new { all = true, dryRun = false })).GetProperty("deleted").GetInt32());
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"all\":true,\"model\":\"x\"}")]
    [InlineData("not json")]
    [InlineData("{\"request\":\"/models\"}")]
    public async Task A_purge_that_does_not_say_what_is_refused(string body)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        using HttpResponseMessage response = await gateway.Client.PostAsync("/_afterimage/purge", new StringContent(body, Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task A_pair_marked_as_wrong_is_never_served_again_also_after_a_restart()
    {
        TestOrigin origin = await TestOrigin.StartAsync();
        string data = Directory.CreateTempSubdirectory("afterimage-test-").FullName;
        const string Again = "/prompt/A%20red%20fox!?width=64&height=64";
        await using (TestGateway gateway = await TestGateway.StartAsync(origin, data, keepData: true))
        {
            await gateway.GetAsync(Fox);
            await gateway.SettleAsync();
            Answer hit = await gateway.GetAsync(Again);
            Assert.Equal("HIT semantic", hit.Cache);
            await PostAsync(gateway, "feedback", new { id = hit["X-Afterimage-Id"], verdict = "wrong" });
            Assert.Equal("MISS", (await gateway.GetAsync(Again, ("Cache-Control", "no-store"))).Cache);
        }

        await using (TestGateway gateway = await TestGateway.StartAsync(origin, data, keepData: true))
        {
            await gateway.Host.ReadyAsync();
            Assert.NotEqual(0, (await gateway.GetAsync("/_afterimage/decisions?outcome=reuse")).Json.GetProperty("decisions").GetArrayLength());
            Assert.Equal("MISS", (await gateway.GetAsync(Again)).Cache);
        }

        await origin.DisposeAsync();
        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task Explain_tells_why()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        JsonElement answer = (await gateway.GetAsync("/_afterimage/explain?a=a%20red%20car&b=a%20blue%20car")).Json;
        Assert.Equal("reject", answer.GetProperty("verdict").GetString());
        Assert.NotEqual(0, answer.GetProperty("reasons").GetArrayLength());
    }

    [Fact]
    public async Task Metrics_are_prometheus_text()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        await gateway.GetAsync(Fox);
        await gateway.GetAsync(Fox);
        string text = Encoding.UTF8.GetString((await gateway.GetAsync("/_afterimage/metrics")).Body);
        Assert.Contains("# TYPE afterimage_requests_total counter", text);
        Assert.Contains("afterimage_requests_total{tier=\"exact\"}", text);
        Assert.Contains("afterimage_semantic_lookup_duration_seconds_bucket{le=\"0.001\"}", text);
        Assert.Contains("dotnet_gc_collections_total{generation=\"2\"}", text);
        Assert.Contains("dotnet_gc_pause_seconds_total", text);
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            Assert.Matches(@"^(# (HELP|TYPE) .*|[a-z_0-9]+(\{[^}]*\})? [0-9.eE+\-]+)$", line);
        }
    }

    [Fact]
    public async Task The_token_is_asked_of_everyone_once_it_is_set()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(("Admin:Token", "s3cret"));
        Assert.Equal(HttpStatusCode.Unauthorized, (await gateway.GetAsync("/_afterimage/stats")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await gateway.GetAsync("/_afterimage/stats", ("Authorization", "Bearer wrong"))).Status);
        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync("/_afterimage/stats", ("Authorization", "Bearer s3cret"))).Status);
    }

    [Theory]
    [InlineData("Host", "evil.example")]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("X-Forwarded-For", "203.0.113.9")]
    [InlineData("Forwarded", "for=203.0.113.9")]
    [InlineData("X-Real-IP", "203.0.113.9")]
    [InlineData("Via", "1.1 proxy")]
    public async Task Without_a_token_only_this_machine_itself_may_ask(string name, string value)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Assert.Equal(HttpStatusCode.Unauthorized, (await gateway.GetAsync("/_afterimage/stats", (name, value))).Status);
    }

    [Fact]
    public async Task Pages_for_people_are_there()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Assert.Contains("Afterimage", Encoding.UTF8.GetString((await gateway.GetAsync("/_afterimage/")).Body));
        Assert.Contains("Semantic decisions", Encoding.UTF8.GetString((await gateway.GetAsync("/_afterimage/shadow")).Body));
        Assert.Equal("ready", (await gateway.GetAsync("/_afterimage/health/ready")).Json.GetProperty("status").GetString());
        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync("/_afterimage/health/live")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await gateway.GetAsync("/_afterimage/nothing")).Status);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await gateway.SendAsync(HttpMethod.Post, "/_afterimage/stats")).Status);
    }

    [Fact]
    public async Task Entries_and_vectors_survive_a_restart()
    {
        TestOrigin origin = await TestOrigin.StartAsync();
        string data = Directory.CreateTempSubdirectory("afterimage-test-").FullName;
        await using (TestGateway gateway = await TestGateway.StartAsync(origin, data, keepData: true))
        {
            await gateway.GetAsync(Fox);
        }

        await using (TestGateway gateway = await TestGateway.StartAsync(origin, data, keepData: true))
        {
            Assert.Equal("HIT exact", (await gateway.GetAsync(Fox)).Cache);
            await gateway.Host.ReadyAsync();
            Assert.Equal("HIT semantic", (await gateway.GetAsync("/prompt/A%20red%20fox!?width=64&height=64")).Cache);
            Assert.Equal(1, origin.Calls);
        }

        await origin.DisposeAsync();
        Directory.Delete(data, recursive: true);
    }

    private static async Task<JsonElement> PostAsync(TestGateway gateway, string path, object body)
    {
        using HttpResponseMessage response = await gateway.Client.PostAsJsonAsync("/_afterimage/" + path, body);
        response.EnsureSuccessStatusCode();
        return (await Answer.OfAsync(response)).Json;
    }
}
