using System.Net;
using Afterimage.Tests.Cloud;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Afterimage.Tests.Scenarios;

/// <summary>Clients that break off, dribble or leave: what they do says nothing about the image service, and takes no place there from anybody.</summary>
public sealed class ClientFaultTests
{
    private const string Fox = "/prompt/a%20red%20fox?width=64&height=64";
    private static readonly (string, string)[] Nervous = [("Origin:Breaker:CallsMin", "2"), ("Origin:Breaker:SamplingSeconds", "600"), ("Routes:0:Path", "/prompt/**"), ("Routes:1:Path", "/http/**"), ("Routes:1:Dialect", "http")];

    [Theory]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n")]
    [InlineData("Content-Length: 100\r\n\r\nhello")]
    public async Task A_body_that_breaks_off_leaves_the_place_at_the_origin_to_others(string rest)
    {
        await using TestGateway gateway = await TestGateway.StartAsync([.. Nervous, ("Origin:ConcurrencyMax", "1"), ("Origin:QueueMax", "0")]);
        for (int i = 0; i < 3; i++)
        {
            using RawClient client = await RawClient.ConnectAsync(gateway.Client.BaseAddress!);
            await client.SendAsync("POST /http/x HTTP/1.1\r\nHost: a\r\n" + rest);
            client.EndSending();
            await client.ReadToEndAsync();
        }

        await CoalescingTests.UntilAsync(() => gateway.GetAsync(Fox).Result.Status == HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("/http/x")]
    [InlineData("/other")]
    public async Task Clients_that_reset_while_they_send_do_not_open_the_breaker(string target)
    {
        await using TestGateway gateway = await TestGateway.StartAsync(Nervous);
        var arrived = new SemaphoreSlim(0);
        var ended = new SemaphoreSlim(0);
        gateway.Origin.Answer = async context =>
        {
            arrived.Release();
            try
            {
                await context.Request.Body.CopyToAsync(Stream.Null);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                // The gateway had to give up.
            }

            ended.Release();
        };
        for (int i = 0; i < 4; i++)
        {
            using RawClient client = await RawClient.ConnectAsync(gateway.Client.BaseAddress!);
            await client.SendAsync($"POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n{new string('x', 20_000)}");
            Assert.True(await arrived.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
            client.Reset();
            Assert.True(await ended.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        }

        gateway.Origin.Answer = null;
        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync(Fox)).Status);
        Assert.Equal("well", await OriginStatusAsync(gateway));
    }

    [Fact]
    public async Task A_client_that_sends_slowly_does_not_use_up_the_origin_s_time()
    {
        var time = new ManualTime();
        await using TestGateway gateway = await TestGateway.StartAsync(time, [.. Nervous, ("Origin:FirstByteTimeoutSeconds", "5")]);
        long arrived = 0;
        gateway.Origin.Answer = async context =>
        {
            byte[] buffer = new byte[4096];
            for (int read; (read = await context.Request.Body.ReadAsync(buffer)) > 0;)
            {
                Interlocked.Add(ref arrived, read);
            }

            await context.Response.WriteAsync("done");
        };
        foreach (string target in new[] { "/http/x", "/other" })
        {
            long before = Interlocked.Read(ref arrived);
            using RawClient client = await RawClient.ConnectAsync(gateway.Client.BaseAddress!);
            await client.SendAsync($"POST {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 20005\r\n\r\n{new string('x', 20_000)}");
            await CoalescingTests.UntilAsync(() => Interlocked.Read(ref arrived) == before + 20_000);

            // The origin has it all a moment before the gateway waits for more; then its time no longer runs. (The log's timer is due sooner.)
            await CoalescingTests.UntilAsync(() => !time.IsDueBetween(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5)));
            time.Advance(TimeSpan.FromMinutes(1));

            await client.SendAsync("world");
            Assert.StartsWith("HTTP/1.1 200", await client.ReadToEndAsync());
        }
    }

    [Fact]
    public async Task A_client_that_leaves_during_the_test_call_does_not_close_the_breaker()
    {
        var time = new ManualTime();
        await using TestGateway gateway = await TestGateway.StartAsync(time, [.. Nervous, ("Origin:Breaker:BreakSeconds", "10")]);
        gateway.Origin.Answer = context =>
        {
            context.Response.StatusCode = 503;
            return Task.CompletedTask;
        };
        for (int i = 0; i < 2; i++)
        {
            await gateway.GetAsync($"{Fox}&seed={i}");
        }

        await UntilOriginIsAsync(gateway, "open");
        var gate = new TaskCompletionSource();
        gateway.Origin.Gate = gate.Task;
        time.Advance(TimeSpan.FromSeconds(10.1));
        using var leave = new CancellationTokenSource();
        Task<HttpResponseMessage> test = gateway.Client.GetAsync("/other", leave.Token);
        await CoalescingTests.UntilAsync(() => gateway.Origin.Calls == 3);
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => test);
        await UntilOriginIsAsync(gateway, "open");
        gate.SetResult();
    }

    [Fact]
    public async Task Clients_that_leave_a_large_download_do_not_open_the_breaker()
    {
        await using TestGateway gateway = await TestGateway.StartAsync([.. Nervous, ("Admission:MaxBytes", "4096")]);
        gateway.Origin.Answer = async context =>
        {
            context.Response.Headers.CacheControl = "max-age=60";
            byte[] piece = new byte[64 * 1024];
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(piece);
            }
        };
        for (int i = 0; i < 4; i++)
        {
            using RawClient client = await RawClient.ConnectAsync(gateway.Client.BaseAddress!);
            await client.SendAsync($"GET /http/{i} HTTP/1.1\r\nHost: a\r\n\r\n");
            await client.ReadSomeAsync();
            client.Reset();
            await UntilActiveAsync(gateway, 0);
        }

        gateway.Origin.Answer = null;
        Assert.Equal("well", await OriginStatusAsync(gateway));
        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync(Fox)).Status);
    }

    [Fact]
    public async Task A_forwarded_answer_that_the_origin_breaks_off_counts_against_it()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(Nervous);
        gateway.Origin.Answer = async context =>
        {
            context.Response.ContentLength = 100_000;
            await context.Response.Body.WriteAsync(new byte[1000]);
            await context.Response.Body.FlushAsync();
            context.Abort();
        };
        foreach (string target in new[] { "/other", "/http/x" })
        {
            await Record.ExceptionAsync(() => gateway.GetAsync(target));
        }

        await UntilOriginIsAsync(gateway, "open");
    }

    [Fact]
    public async Task A_forwarded_body_beyond_the_bound_is_refused()
    {
        await using TestGateway gateway = await TestGateway.StartAsync([.. Nervous, ("Limits:RequestBodyBytesMax", "1000")]);
        foreach (string target in new[] { "/other", "/http/x" })
        {
            using HttpResponseMessage small = await gateway.Client.PostAsync(target, new ByteArrayContent(new byte[1000]), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, small.StatusCode);
            using HttpResponseMessage large = await gateway.Client.PostAsync(target, new ByteArrayContent(new byte[1001]), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large.StatusCode);
        }
    }

    private static async Task<string> OriginStatusAsync(TestGateway gateway) =>
        (await gateway.GetAsync("/_afterimage/health/ready")).Json.GetProperty("origin").GetProperty("status").GetString()!;

    private static async Task UntilOriginIsAsync(TestGateway gateway, string status)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (await OriginStatusAsync(gateway) != status)
        {
            await Task.Delay(5, limit.Token);
        }
    }

    private static async Task UntilActiveAsync(TestGateway gateway, int count)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((await gateway.GetAsync("/_afterimage/health/ready")).Json.GetProperty("origin").GetProperty("servers")[0].GetProperty("active").GetInt32() != count)
        {
            await Task.Delay(5, limit.Token);
        }
    }
}
