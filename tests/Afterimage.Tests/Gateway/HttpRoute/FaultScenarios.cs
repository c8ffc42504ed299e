using System.Net;
using Afterimage.Caching.Http;
using Afterimage.Configuration;
using Afterimage.Tests.Scenarios;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Afterimage.Tests.Gateway.HttpRoute;

/// <summary>Origins that fail, clients that leave.</summary>
public sealed class FaultScenarios
{
    [Fact]
    public async Task A_client_that_leaves_does_not_stop_what_will_be_stored()
    {
        var gate = new TaskCompletionSource();
        await using RouteFixture route = await RouteFixture.StartAsync(Gated(gate.Task, "max-age=60"));
        using var leave = new CancellationTokenSource();
        Task leader = route.Client.SendAsync(route.Request(HttpMethod.Get, "/a"), leave.Token);
        await UntilAsync(() => route.Origin.Calls == 1);
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leader);
        gate.SetResult();
        await UntilAsync(() => route.Store.Count == 1);
        Assert.Equal("HIT exact", (await route.GetAsync("/a")).Cache);
    }

    [Fact]
    public async Task A_stale_response_is_served_while_one_request_renews_it()
    {
        // RFC 5861 section 3
        var gate = new TaskCompletionSource();
        gate.SetResult();
        await using RouteFixture route = await RouteFixture.StartAsync(context => Gated(gate.Task, "max-age=5, stale-while-revalidate=60")(context));
        await route.GetAsync("/a");
        route.Time.Advance(10);
        gate = new TaskCompletionSource();
        for (int i = 0; i < 5; i++)
        {
            Answer stale = await route.GetAsync("/a");
            Assert.Equal("HIT exact", stale.Cache);
            Assert.InRange(int.Parse(stale["Age"]), 10, 20);
        }

        gate.SetResult();
        await UntilAsync(() => route.Origin.Calls == 2);
        await UntilAsync(async () => int.Parse((await route.GetAsync("/a"))["Age"]) < 5);
        Assert.Equal(2, route.Origin.Calls);
    }

    [Fact]
    public async Task A_renewal_in_the_background_does_not_read_the_request_that_caused_it()
    {
        // The request says that it has no content, in so many words, and is over long before its renewal is sent.
        var gate = new TaskCompletionSource();
        await using RouteFixture route = await RouteFixture.StartAsync(
            async context =>
            {
                await (context.Request.Path == "/slow" ? gate.Task : Task.CompletedTask);
                await Gated(Task.CompletedTask, "max-age=5, stale-while-revalidate=60")(context);
            },
            protection: new OriginOptions { ConcurrencyMax = 1, Breaker = new BreakerOptions { BreakSeconds = 0 } });
        await route.GetAsync("/a");
        route.Time.Advance(10);
        Task<Answer> slow = route.GetAsync("/slow");
        await UntilAsync(() => route.Origin.Calls == 2);

        using (HttpRequestMessage request = route.Request(HttpMethod.Get, "/a"))
        {
            request.Content = new ByteArrayContent([]);
            request.Headers.ConnectionClose = true;
            using HttpResponseMessage stale = await route.Client.SendAsync(request);
            Assert.Equal("HIT", stale.Headers.GetValues("X-Cache").Single());
        }

        gate.SetResult();
        await slow;
        await UntilAsync(async () => int.Parse((await route.GetAsync("/a"))["Age"]) < 5);
        Assert.Equal(3, route.Origin.Calls);
    }

    [Fact]
    public async Task A_renewal_in_the_background_is_a_plain_GET_whatever_the_request_was_that_caused_it()
    {
        var seen = new List<string>();
        await using RouteFixture route = await RouteFixture.StartAsync(async context =>
        {
            lock (seen)
            {
                seen.Add($"{context.Request.Method} {context.Request.Headers.IfNoneMatch}");
            }

            await Gated(Task.CompletedTask, "max-age=5, stale-while-revalidate=60")(context);
        });
        await route.GetAsync("/a");
        route.Time.Advance(10);
        using (HttpRequestMessage request = route.Request(HttpMethod.Head, "/a"))
        {
            request.Headers.TryAddWithoutValidation("If-None-Match", "\"the client's\"");
            using HttpResponseMessage stale = await route.Client.SendAsync(request);
            Assert.Equal("HIT", stale.Headers.GetValues("X-Cache").Single());
        }

        await UntilAsync(async () => int.Parse((await route.GetAsync("/a"))["Age"]) < 5);
        Assert.Equal(["GET ", "GET "], seen);
    }

    [Fact]
    public async Task A_client_that_asks_about_its_own_copy_is_not_asked_for_others()
    {
        var gate = new TaskCompletionSource();
        await using RouteFixture route = await RouteFixture.StartAsync(async context =>
        {
            if (context.Request.Headers.IfNoneMatch.Count > 0)
            {
                await gate.Task;
                context.Response.StatusCode = 304;
                return;
            }

            await Gated(Task.CompletedTask, "max-age=60")(context);
        });
        using HttpRequestMessage about = route.Request(HttpMethod.Get, "/a");
        about.Headers.TryAddWithoutValidation("If-None-Match", "\"mine\"");
        Task<HttpResponseMessage> conditional = route.Client.SendAsync(about);
        await UntilAsync(() => route.Origin.Calls == 1);

        Answer[] whole = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => route.GetAsync("/a")));
        gate.SetResult();

        Assert.All(whole, answer => Assert.Equal(HttpStatusCode.OK, answer.Status));
        Assert.Equal(HttpStatusCode.NotModified, (await conditional).StatusCode);
        Assert.Equal(2, route.Origin.Calls);
    }

    [Theory]
    [InlineData("max-age=5", 0, HttpStatusCode.OK)]
    [InlineData("max-age=5", 503, HttpStatusCode.OK)]
    [InlineData("max-age=5", 500, HttpStatusCode.InternalServerError)]
    [InlineData("max-age=5, stale-if-error=60", 500, HttpStatusCode.OK)]
    [InlineData("max-age=5, must-revalidate", 0, HttpStatusCode.BadGateway)]
    [InlineData("max-age=5, proxy-revalidate", 503, HttpStatusCode.ServiceUnavailable)]
    [InlineData("s-maxage=5", 0, HttpStatusCode.BadGateway)]
    [InlineData("max-age=5, no-cache", 0, HttpStatusCode.BadGateway)]
    public async Task A_stale_response_stands_in_for_a_failing_origin_where_it_may(string cacheControl, int fault, HttpStatusCode expected)
    {
        bool failing = false;
        await using RouteFixture route = await RouteFixture.StartAsync(async context =>
        {
            if (failing && fault == 0)
            {
                context.Abort();
                return;
            }

            context.Response.StatusCode = failing ? fault : 200;
            context.Response.Headers.CacheControl = failing ? "" : cacheControl;
            context.Response.Headers.ETag = "\"v1\"";
            await context.Response.WriteAsync("hello");
        });
        await route.GetAsync("/a");
        failing = true;
        route.Time.Advance(10);
        Answer answer = await route.GetAsync("/a");
        Assert.Equal(expected, answer.Status);
        Assert.Equal(expected == HttpStatusCode.OK, answer["Age"].Length > 0);
    }

    [Fact]
    public async Task An_origin_that_cannot_be_reached_gives_a_problem_that_says_so()
    {
        await using RouteFixture route = await RouteFixture.StartAsync(new Uri("http://127.0.0.1:1"));
        Answer answer = await route.GetAsync("/a");
        Assert.Equal((HttpStatusCode.BadGateway, "no-store"), (answer.Status, answer["Cache-Control"]));
        Assert.Equal("urn:afterimage:origin-unreachable", answer.Json.GetProperty("type").GetString());
    }

    [Fact]
    public async Task An_origin_that_does_not_answer_in_time_gives_504()
    {
        var never = new TaskCompletionSource();
        await using RouteFixture route = await RouteFixture.StartAsync(
            Gated(never.Task, "max-age=60"), protection: new OriginOptions { FirstByteTimeoutSeconds = 0.1 });
        Assert.Equal(HttpStatusCode.GatewayTimeout, (await route.GetAsync("/a")).Status);
        never.SetResult();
    }

    [Fact]
    public async Task An_answer_that_is_not_HTTP_gives_502()
    {
        await using var origin = new RawOrigin(_ => "SSH-2.0-hello\r\n\r\n");
        await using RouteFixture route = await RouteFixture.StartAsync(origin.Address);
        Assert.Equal(HttpStatusCode.BadGateway, (await route.GetAsync("/a")).Status);
    }

    [Fact]
    public async Task Content_that_breaks_off_is_not_stored_and_not_taken_for_the_whole()
    {
        await using var origin = new RawOrigin(_ => "HTTP/1.1 200 OK\r\nConnection: close\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n7\r\nwor");
        await using RouteFixture route = await RouteFixture.StartAsync(origin.Address);

        // Its head first: an origin that goes before it has said anything is a 502.
        using HttpRequestMessage request = route.Request(HttpMethod.Get, "/a");
        using HttpResponseMessage broken = await route.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        await origin.DisposeAsync();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => Answer.OfAsync(broken));
        Assert.Equal(0, route.Store.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Content_larger_than_the_bound_streams_through_and_is_not_stored(bool announced)
    {
        byte[] large = new byte[300_000];
        Random.Shared.NextBytes(large);
        await using RouteFixture route = await RouteFixture.StartAsync(
            async context =>
            {
                context.Response.Headers.CacheControl = "max-age=60";
                context.Response.ContentLength = announced ? large.Length : null;
                await context.Response.Body.WriteAsync(large);
            },
            options => options with { ObjectBytesMax = 100_000 });
        Answer[] answers = await Task.WhenAll(route.GetAsync("/a"), route.GetAsync("/a"), route.GetAsync("/a"));
        Assert.All(answers, answer => Assert.Equal(large, answer.Body));
        Assert.Equal(0, route.Store.Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16_384)]
    [InlineData(16_385)]
    [InlineData(100_000)]
    public async Task Content_of_every_size_is_stored_whole_with_and_without_its_length(int size)
    {
        byte[] content = new byte[size];
        Random.Shared.NextBytes(content);
        await using RouteFixture route = await RouteFixture.StartAsync(async context =>
        {
            context.Response.Headers.CacheControl = "max-age=60";
            context.Response.ContentLength = context.Request.Path == "/known" ? size : null;
            await context.Response.Body.WriteAsync(content);
        });
        foreach (string target in new[] { "/known", "/unknown" })
        {
            Assert.Equal(content, (await route.GetAsync(target)).Body);
            Answer hit = await route.GetAsync(target);
            Assert.Equal("HIT exact", hit.Cache);
            Assert.Equal(content, hit.Body);
        }
    }

    [Fact]
    public async Task Heuristics_can_be_turned_off()
    {
        await using RouteFixture route = await RouteFixture.StartAsync(
            ReuseScenarios.Fields("", ("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT")),
            options => options with { Policy = HttpCachePolicy.Default with { HeuristicFraction = 0 } });
        await route.GetAsync("/a");
        await route.GetAsync("/a");
        Assert.Equal(2, route.Origin.Calls);
    }

    internal static Func<HttpContext, Task> Gated(Task gate, string cacheControl) => async context =>
    {
        context.Response.Headers.CacheControl = cacheControl;
        await gate;
        await context.Response.WriteAsync("hello");
    };

    internal static Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        for (int i = 0; i < 2000; i++)
        {
            if (await condition())
            {
                return;
            }

            await Task.Delay(5);
        }

        Assert.Fail("the condition was not met within ten seconds");
    }
}
