using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Afterimage.Tests.Cloud;
using Afterimage.Tests.Gateway.HttpRoute;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Afterimage.Tests.Scenarios;

/// <summary>What the gateway does for an image service that is broken, or several. See <see cref="OriginLimitsTests"/> for one that is slow.</summary>
public sealed class OriginProtectionTests
{
    private const string Fox = "/prompt/a%20red%20fox?width=64&height=64";

    private static string Picture(int i, string model = "flux") => $"/prompt/picture%20number%20{i}?width=64&height=64&seed={i}&model={model}";

    [Fact]
    public async Task An_origin_that_fails_again_and_again_is_left_alone_until_one_test_call_succeeds()
    {
        var time = new ManualTime();
        await using TestGateway gateway = await StartAsync(time, ("Origin:Breaker:CallsMin", "4"), ("Origin:Breaker:BreakSeconds", "10"));
        gateway.Origin.Answer = Fail;
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await gateway.GetAsync(Picture(i))).Status);
        }

        // A call is counted when it is over, which is a moment after its client has the answer.
        await UntilOriginIsAsync(gateway, "open");
        Answer refused = await gateway.GetAsync(Picture(5));
        Assert.Equal(4, gateway.Origin.Calls);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.Status);
        Assert.Equal("application/problem+json", refused["Content-Type"]);
        Assert.Equal("urn:afterimage:origin-breaker-open", refused.Json.GetProperty("type").GetString());
        Assert.InRange(int.Parse(refused["Retry-After"], CultureInfo.InvariantCulture), 1, 10);
        Assert.DoesNotContain("fwd-status", refused["Cache-Status"]);
        Assert.Equal("open", (await gateway.GetAsync("/_afterimage/health/ready")).Json.GetProperty("origin").GetProperty("status").GetString());
        Assert.Contains("afterimage_origin_breaker_open{server=\"" + gateway.Origin.Address.Authority + "\"} 1", await MetricsAsync(gateway));

        // The test call fails: left alone again.
        time.Advance(TimeSpan.FromSeconds(10.1));
        await gateway.GetAsync(Picture(6));
        Assert.Equal(5, gateway.Origin.Calls);
        await UntilOriginIsAsync(gateway, "open");
        await gateway.GetAsync(Picture(7));
        Assert.Equal(5, gateway.Origin.Calls);

        gateway.Origin.Answer = null;
        time.Advance(TimeSpan.FromSeconds(10.1));
        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync(Picture(8))).Status);
        await UntilOriginIsAsync(gateway, "well");
        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync(Picture(9))).Status);
        Assert.Equal("well", (await gateway.GetAsync("/_afterimage/health/ready")).Json.GetProperty("origin").GetProperty("status").GetString());
    }

    [Fact]
    public async Task Pictures_that_break_off_open_the_breaker_too()
    {
        await using TestGateway gateway = await StartAsync(new ManualTime(), ("Origin:Breaker:CallsMin", "3"));
        gateway.Origin.Answer = async context =>
        {
            context.Response.ContentLength = 100_000;
            await context.Response.Body.WriteAsync(new byte[1000]);
            await context.Response.Body.FlushAsync();
            context.Abort();
        };
        for (int i = 0; i < 3; i++)
        {
            // A cut connection, or a 502 where the origin's reset overtook its header section.
            await Record.ExceptionAsync(async () => Assert.Equal(HttpStatusCode.BadGateway, (await gateway.GetAsync(Picture(i))).Status));
            await CoalescingTests.UntilAsync(() => gateway.Host.Cache.Running == 0);
        }

        await UntilOriginIsAsync(gateway, "open");
        Assert.Equal("urn:afterimage:origin-breaker-open", (await gateway.GetAsync(Picture(4))).Json.GetProperty("type").GetString());
        Assert.Equal(3, gateway.Origin.Calls);
    }

    [Fact]
    public async Task Refused_prompts_do_not_open_the_breaker()
    {
        await using TestGateway gateway = await StartAsync(new ManualTime(), ("Origin:Breaker:CallsMin", "2"));
        foreach (int status in new[] { 400, 401, 403, 404, 429, 500 })
        {
            gateway.Origin.Answer = context =>
            {
                context.Response.StatusCode = status;
                return Task.CompletedTask;
            };
            Assert.Equal(status, (int)(await gateway.GetAsync(Picture(status))).Status);
        }

        Assert.Equal(6, gateway.Origin.Calls);
    }

    [Fact]
    public async Task A_picture_that_is_likely_to_be_right_stands_in_at_once_while_the_breaker_is_open()
    {
        await using TestGateway gateway = await StartAsync(
            new ManualTime(), ("Origin:Breaker:CallsMin", "2"), ("Origin:OnFailure", "similar"), ("Origin:SimilarProbabilityMin", "0.5"), ("Semantic:Policy", "cosine"), ("Semantic:Threshold", "0.9999"));
        Answer stored = await gateway.GetAsync("/prompt/a%20red%20fox%20in%20the%20snow?width=64&height=64");
        await gateway.SettleAsync();
        gateway.Origin.Answer = Fail;

        // The origin's own 503 counts as its failure.
        Answer first = await gateway.GetAsync("/prompt/a%20red%20fox%20in%20snow?width=64&height=64");
        Answer second = await gateway.GetAsync("/prompt/red%20fox%20in%20the%20snow?width=64&height=64");
        await UntilOriginIsAsync(gateway, "open");
        int calls = gateway.Origin.Calls;
        Answer third = await gateway.GetAsync("/prompt/one%20red%20fox%20in%20the%20snow?width=64&height=64");
        Assert.Equal(calls, gateway.Origin.Calls);
        foreach (Answer answer in new[] { first, second, third })
        {
            Assert.Equal("HIT semantic", answer.Cache);
            Assert.Contains("origin-failed", answer["Cache-Status"]);
            Assert.DoesNotContain("fwd", answer["Cache-Status"]);
            Assert.Equal("public, max-age=10, must-revalidate", answer["Cache-Control"]);
            Assert.NotEmpty(answer.Body);
        }

        // Below the floor there is an error, not a wrong picture.
        Answer none = await gateway.GetAsync("/prompt/a%20cathedral%20of%20glass?width=64&height=64");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, none.Status);
        Assert.NotEqual(stored.Body, none.Body);
    }

    [Fact]
    public async Task A_request_that_the_origin_has_read_is_not_sent_again()
    {
        int calls = 0;
        await using var raw = new RawOrigin(_ => Interlocked.Increment(ref calls) == 1
            ? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nCache-Control: no-store\r\n\r\nok" : null);
        await using TestGateway gateway = await StartAsync(TimeProvider.System, ("Origin:Servers:0:Url", raw.Address.ToString()), ("Origin:RetryMax", "3"));

        // The second one goes over the connection of the first, which then closes without an answer: HttpClient alone would send it once more.
        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync(Picture(1))).Status);
        await CoalescingTests.UntilAsync(() => gateway.Host.Cache.Running == 0);
        Answer broken = await gateway.GetAsync(Picture(2));
        Assert.Equal(HttpStatusCode.BadGateway, broken.Status);
        Assert.Equal("urn:afterimage:origin-broke-off", broken.Json.GetProperty("type").GetString());
        Assert.Equal(2, calls);
    }

    [Fact]
    public async Task Where_no_connection_can_be_made_the_next_address_is_asked()
    {
        await using TestOrigin other = await TestOrigin.StartAsync();
        await using TestGateway gateway = await StartAsync(
            TimeProvider.System, ("Origin:Servers:0:Url", $"http://127.0.0.1:{FreePort()}"), ("Origin:Servers:1:Url", other.Address.ToString()));
        for (int i = 0; i < 8; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync(Picture(i))).Status);
        }

        Assert.Equal(8, other.Calls);
        using HttpResponseMessage posted = await gateway.Client.PostAsync("/v1/anything", new StringContent("body"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, posted.StatusCode);
    }

    [Fact]
    public async Task An_origin_that_nobody_can_reach_is_a_502_that_says_so()
    {
        await using TestGateway gateway = await StartAsync(TimeProvider.System, ("Origin:Servers:0:Url", $"http://127.0.0.1:{FreePort()}"), ("Origin:RetryMax", "1"));
        Answer answer = await gateway.GetAsync(Fox);
        Assert.Equal(HttpStatusCode.BadGateway, answer.Status);
        Assert.Equal("urn:afterimage:origin-unreachable", answer.Json.GetProperty("type").GetString());
        Assert.Equal(502, answer.Json.GetProperty("status").GetInt32());
        Assert.Equal(HttpStatusCode.BadGateway, (await gateway.GetAsync("/other")).Status);
    }

    [Fact]
    public async Task Calls_under_way_are_shared_out_by_weight()
    {
        await using TestOrigin small = await TestOrigin.StartAsync();
        await using TestOrigin large = await TestOrigin.StartAsync();
        var gate = new TaskCompletionSource();
        small.Gate = large.Gate = gate.Task;
        await using TestGateway gateway = await StartAsync(
            TimeProvider.System, ("Origin:Servers:0:Url", small.Address.ToString()), ("Origin:Servers:1:Url", large.Address.ToString()), ("Origin:Servers:1:Weight", "3"));
        Task<Answer>[] all = [.. Enumerable.Range(0, 20).Select(i => gateway.GetAsync(Picture(i)))];
        await CoalescingTests.UntilAsync(() => small.Calls + large.Calls == 20);
        Assert.InRange(large.Calls, 14, 16);
        gate.SetResult();
        await Task.WhenAll(all);
    }

    [Fact]
    public async Task An_address_that_fails_its_checks_gets_no_requests_until_a_check_succeeds()
    {
        var time = new ManualTime();
        await using TestOrigin sick = await TestOrigin.StartAsync();
        await using TestOrigin well = await TestOrigin.StartAsync();
        bool up = false;
        int pictures = 0;
        sick.Answer = context =>
        {
            if (context.Request.Path == "/health")
            {
                context.Response.StatusCode = Volatile.Read(ref up) ? 200 : 500;
                return Task.CompletedTask;
            }

            return TestOrigin.PictureAsync(context, Interlocked.Increment(ref pictures));
        };
        await using TestGateway gateway = await StartAsync(
            time, ("Origin:Servers:0:Url", sick.Address.ToString()), ("Origin:Servers:1:Url", well.Address.ToString()), ("Origin:Health:Path", "/health"), ("Origin:Health:IntervalSeconds", "1"));
        async Task UntilHealthyAsync(bool healthy)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            while ((await gateway.GetAsync("/_afterimage/health/ready")).Json.GetProperty("origin").GetProperty("servers")[0].GetProperty("healthy").GetBoolean() != healthy)
            {
                time.Advance(TimeSpan.FromSeconds(1));
                await Task.Delay(5, limit.Token);
            }
        }

        await UntilHealthyAsync(false);
        for (int i = 0; i < 6; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync(Picture(i))).Status);
        }

        Assert.Equal(0, pictures);
        Volatile.Write(ref up, true);
        await UntilHealthyAsync(true);
        for (int i = 10; i < 16; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync(Picture(i))).Status);
        }

        Assert.InRange(pictures, 1, 5);
    }

    private static Task Fail(HttpContext context)
    {
        context.Response.StatusCode = 503;
        return Task.CompletedTask;
    }

    private static async Task<TestGateway> StartAsync(TimeProvider time, params (string Key, string Value)[] settings) => await TestGateway.StartAsync(
        await TestOrigin.StartAsync(), Directory.CreateTempSubdirectory("afterimage-test-").FullName, keepData: false, time, settings);

    private static async Task<string> MetricsAsync(TestGateway gateway) => System.Text.Encoding.UTF8.GetString((await gateway.GetAsync("/_afterimage/metrics")).Body);

    private static async Task UntilOriginIsAsync(TestGateway gateway, string status)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((await gateway.GetAsync("/_afterimage/health/ready")).Json.GetProperty("origin").GetProperty("status").GetString() != status)
        {
            await Task.Delay(5, limit.Token);
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
