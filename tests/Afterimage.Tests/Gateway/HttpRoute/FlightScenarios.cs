using System.Net;
using System.Text;
using Afterimage.Tests.Scenarios;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Afterimage.Tests.Gateway.HttpRoute;

/// <summary>Requests that meet.</summary>
public sealed class FlightScenarios
{
    [Fact]
    public async Task A_hundred_identical_requests_cause_one_call()
    {
        var gate = new TaskCompletionSource();
        await using RouteFixture route = await RouteFixture.StartAsync(FaultScenarios.Gated(gate.Task, "max-age=60"));
        Task<Answer>[] all = [.. Enumerable.Range(0, 100).Select(_ => route.GetAsync("/a"))];
        await FaultScenarios.UntilAsync(() => route.Waiting == 99);
        gate.SetResult();
        Answer[] answers = await Task.WhenAll(all);
        Assert.Equal(1, route.Origin.Calls);
        Assert.All(answers, answer => Assert.Equal("hello", Encoding.ASCII.GetString(answer.Body)));
    }

    [Fact]
    public async Task Those_who_wait_read_along_while_the_content_arrives()
    {
        var first = new TaskCompletionSource();
        var rest = new TaskCompletionSource();
        await using RouteFixture route = await RouteFixture.StartAsync(async context =>
        {
            context.Response.Headers.CacheControl = "max-age=60";
            await context.Response.WriteAsync("hel");
            first.TrySetResult();
            await rest.Task;
            await context.Response.WriteAsync("lo");
        });
        Task<Answer> leader = route.GetAsync("/a");
        await first.Task;
        using HttpResponseMessage joined = await route.Client.SendAsync(route.Request(HttpMethod.Get, "/a"), HttpCompletionOption.ResponseHeadersRead);
        await using Stream stream = await joined.Content.ReadAsStreamAsync();
        byte[] begin = new byte[3];
        await stream.ReadExactlyAsync(begin);
        rest.SetResult();
        Assert.Equal("hel", Encoding.ASCII.GetString(begin));
        Assert.Equal("lo", await new StreamReader(stream).ReadToEndAsync());
        Assert.Equal("hello", Encoding.ASCII.GetString((await leader).Body));
        Assert.Contains("collapsed", joined.Headers.GetValues("Cache-Status").Single(), StringComparison.Ordinal);
        Assert.Equal(1, route.Origin.Calls);
    }

    [Fact]
    public async Task Requests_for_something_that_cannot_be_shared_do_not_queue_up()
    {
        int waiting = 0;
        var all = new TaskCompletionSource();
        await using RouteFixture route = await RouteFixture.StartAsync(async context =>
        {
            context.Response.Headers.CacheControl = "no-store";
            if (context.Request.Query.ContainsKey("together") && Interlocked.Increment(ref waiting) == 10)
            {
                all.SetResult();
            }

            await (context.Request.Query.ContainsKey("together") && context.Request.Headers.ContainsKey("Second") ? all.Task : Task.CompletedTask);
            await context.Response.WriteAsync("hello");
        });
        await route.GetAsync("/a?together");
        waiting = 0;
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => route.GetAsync("/a?together", ("Second", "1"))));
        Assert.Equal(11, route.Origin.Calls);
    }

    [Fact]
    public async Task A_request_with_another_secondary_key_does_not_get_what_it_waited_for()
    {
        var gate = new TaskCompletionSource();
        await using RouteFixture route = await RouteFixture.StartAsync(async context =>
        {
            context.Response.Headers.CacheControl = "max-age=60";
            context.Response.Headers.Vary = "Foo";
            await gate.Task;
            await context.Response.WriteAsync(context.Request.Headers["Foo"].ToString());
        });
        Task<Answer> one = route.GetAsync("/a", ("Foo", "1"));
        Task<Answer> two = route.GetAsync("/a", ("Foo", "2"));
        gate.SetResult();
        Assert.Equal(("1", "2"), (Encoding.ASCII.GetString((await one).Body), Encoding.ASCII.GetString((await two).Body)));
    }

    [Fact]
    public async Task When_a_flight_fails_one_of_those_who_waited_tries_once_more()
    {
        int calls = 0;
        var gate = new TaskCompletionSource();
        await using RouteFixture route = await RouteFixture.StartAsync(async context =>
        {
            bool first = Interlocked.Increment(ref calls) == 1;
            await gate.Task;
            if (first)
            {
                context.Abort();
                return;
            }

            context.Response.Headers.CacheControl = "max-age=60";
            await context.Response.WriteAsync("hello");
        });
        Task<Answer>[] all = [.. Enumerable.Range(0, 10).Select(_ => route.GetAsync("/a"))];
        await FaultScenarios.UntilAsync(() => calls == 1 && route.Waiting == 9);
        gate.SetResult();
        Answer[] answers = await Task.WhenAll(all);
        Assert.Equal(2, calls);
        Assert.Single(answers, answer => answer.Status == HttpStatusCode.BadGateway);
        Assert.Equal(9, answers.Count(answer => answer.Status == HttpStatusCode.OK));
    }
}
