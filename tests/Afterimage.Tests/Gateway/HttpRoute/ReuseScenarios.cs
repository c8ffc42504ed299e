using System.Net;
using System.Text;
using Afterimage.Tests.Scenarios;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Afterimage.Tests.Gateway.HttpRoute;

/// <summary>Answers out of the store, and their validation.</summary>
public sealed class ReuseScenarios
{
    [Fact]
    public async Task A_fresh_response_is_served_from_the_store_with_its_age()
    {
        await using RouteFixture route = await RouteFixture.StartAsync(Fields("max-age=60"));
        Answer miss = await route.GetAsync("/a");
        route.Time.Advance(10);
        Answer hit = await route.GetAsync("/a");
        Assert.Equal(("MISS", "HIT exact"), (miss.Cache, hit.Cache));
        Assert.Equal(miss.Body, hit.Body);
        Assert.InRange(int.Parse(hit["Age"]), 10, 12);
        Assert.StartsWith("afterimage; hit; ttl=", hit["Cache-Status"], StringComparison.Ordinal);
        Assert.Equal(miss["Date"], hit["Date"]);
        Assert.Equal(1, route.Origin.Calls);
    }

    [Fact]
    public async Task The_whole_url_is_the_identity()
    {
        await using RouteFixture route = await RouteFixture.StartAsync(Fields("max-age=60"));
        foreach (string target in new[] { "/a", "/a?b", "/a?c", "/a/../a", "/%61", "/a%2fb" })
        {
            Assert.Equal("MISS", (await route.GetAsync(target)).Cache);
            Assert.Equal("HIT exact", (await route.GetAsync(target)).Cache);
        }

        Assert.Equal(["/a", "/a?b", "/a?c", "/a/../a", "/%61", "/a%2fb"], route.Origin.Targets);
    }

    [Fact]
    public async Task Tenants_do_not_share()
    {
        await using RouteFixture route = await RouteFixture.StartAsync(Fields("max-age=60"));
        Assert.Equal("MISS", (await route.GetAsync("/a", ("X-Tenant", "one"))).Cache);
        Assert.Equal("MISS", (await route.GetAsync("/a", ("X-Tenant", "two"))).Cache);
        Assert.Equal("HIT exact", (await route.GetAsync("/a", ("X-Tenant", "two"))).Cache);
    }

    [Fact]
    public async Task A_stale_response_is_validated_and_renewed_by_a_304()
    {
        await using RouteFixture route = await RouteFixture.StartAsync(async context =>
        {
            context.Response.Headers.CacheControl = "max-age=5";
            context.Response.Headers.ETag = "\"v1\"";
            context.Response.Headers["X-Call"] = context.Request.Headers.IfNoneMatch;
            if (context.Request.Headers.IfNoneMatch == "\"v1\"")
            {
                context.Response.StatusCode = 304;
                return;
            }

            await context.Response.WriteAsync("hello");
        });
        await route.GetAsync("/a");
        route.Time.Advance(6);
        Answer renewed = await route.GetAsync("/a");
        Assert.Equal((HttpStatusCode.OK, "HIT exact", "\"v1\"", "0"), (renewed.Status, renewed.Cache, renewed["X-Call"], renewed["Age"]));
        Assert.Equal("hello", Encoding.UTF8.GetString(renewed.Body));
        Assert.Equal("HIT exact", (await route.GetAsync("/a")).Cache);
        Assert.Equal(2, route.Origin.Calls);
    }

    [Fact]
    public async Task A_304_about_another_representation_is_not_believed()
    {
        // RFC 9111 section 4.3.4
        await using RouteFixture route = await RouteFixture.StartAsync(async context =>
        {
            context.Response.Headers.CacheControl = "max-age=5";
            bool conditional = context.Request.Headers.IfNoneMatch.Count > 0;
            context.Response.Headers.ETag = conditional ? "\"other\"" : "\"v1\"";
            context.Response.StatusCode = conditional ? 304 : 200;
            if (!conditional)
            {
                await context.Response.WriteAsync("hello");
            }
        });
        await route.GetAsync("/a");
        route.Time.Advance(6);
        Answer answer = await route.GetAsync("/a");
        Assert.Equal(("MISS", "\"v1\""), (answer.Cache, answer["ETag"]));
        Assert.Equal(3, route.Origin.Calls);
    }

    [Fact]
    public async Task Preconditions_of_the_client_are_answered_from_the_store()
    {
        await using RouteFixture route = await RouteFixture.StartAsync(Fields("max-age=60", ("ETag", "\"v1\""), ("Content-Language", "de"), ("X-Other", "1")));
        await route.GetAsync("/a");
        Answer notModified = await route.GetAsync("/a", ("If-None-Match", "W/\"v1\", \"v2\""));
        Assert.Equal(HttpStatusCode.NotModified, notModified.Status);
        Assert.Equal(("\"v1\"", "1", ""), (notModified["ETag"], notModified["X-Other"], notModified["Content-Language"]));
        Assert.Equal(HttpStatusCode.OK, (await route.GetAsync("/a", ("If-None-Match", "\"v2\""))).Status);
        Assert.Equal(1, route.Origin.Calls);
    }

    [Fact]
    public async Task Preconditions_that_only_the_origin_can_judge_go_to_it()
    {
        await using RouteFixture route = await RouteFixture.StartAsync(Fields("max-age=60", ("ETag", "\"v1\"")));
        await route.GetAsync("/a");
        Assert.Equal("BYPASS", (await route.GetAsync("/a", ("If-Match", "\"v1\""))).Cache);
        Assert.Equal(2, route.Origin.Calls);
    }

    [Fact]
    public async Task No_cache_of_the_client_validates_what_is_fresh()
    {
        await using RouteFixture route = await RouteFixture.StartAsync(Fields("max-age=60", ("ETag", "\"v1\"")));
        await route.GetAsync("/a");
        await route.GetAsync("/a", ("Cache-Control", "no-cache"));
        Assert.Equal(2, route.Origin.Calls);
    }

    [Fact]
    public async Task Only_if_cached_does_not_reach_the_origin()
    {
        await using RouteFixture route = await RouteFixture.StartAsync(Fields("max-age=60"));
        Answer answer = await route.GetAsync("/a", ("Cache-Control", "only-if-cached"));
        Assert.Equal((HttpStatusCode.GatewayTimeout, 0), (answer.Status, route.Origin.Calls));
        Assert.Equal("urn:afterimage:only-if-cached", answer.Json.GetProperty("type").GetString());
    }

    [Fact]
    public async Task Variants_are_kept_apart_and_found_again()
    {
        await using RouteFixture route = await RouteFixture.StartAsync(Fields("max-age=60", ("Vary", "Accept-Language")));
        Assert.Equal("MISS", (await route.GetAsync("/a", ("Accept-Language", "de, en;q=0.5"))).Cache);
        Assert.Equal("MISS", (await route.GetAsync("/a", ("Accept-Language", "en"))).Cache);
        Assert.Equal("HIT exact", (await route.GetAsync("/a", ("Accept-Language", "EN;q=0.5,DE"))).Cache);
        Assert.Equal("MISS", (await route.GetAsync("/a")).Cache);
    }

    [Fact]
    public async Task HEAD_is_answered_from_a_stored_GET()
    {
        await using RouteFixture route = await RouteFixture.StartAsync(Fields("max-age=60"));
        Answer get = await route.GetAsync("/a");
        Answer head = await route.SendAsync(HttpMethod.Head, "/a");
        Assert.Equal(("HIT exact", get.Body.Length.ToString(), 0), (head.Cache, head["Content-Length"], head.Body.Length));
        Assert.Equal(1, route.Origin.Calls);
    }

    [Fact]
    public async Task HEAD_renews_what_is_stored_and_keeps_fields_that_it_does_not_have()
    {
        // RFC 9111 section 4.3.5
        await using RouteFixture route = await RouteFixture.StartAsync(async context =>
        {
            bool head = HttpMethods.IsHead(context.Request.Method);
            context.Response.Headers.CacheControl = head ? "max-age=1000" : "max-age=2";
            context.Response.ContentLength = 5;
            if (!head)
            {
                context.Response.Headers["A"] = "1";
                await context.Response.WriteAsync("hello");
            }
        });
        await route.GetAsync("/a");
        route.Time.Advance(3);
        Answer head = await route.SendAsync(HttpMethod.Head, "/a");
        Assert.Equal(("1", "max-age=1000"), (head["A"], head["Cache-Control"]));
        Assert.Equal("HIT exact", (await route.GetAsync("/a")).Cache);
        Assert.Equal(2, route.Origin.Calls);
    }

    [Fact]
    public async Task HEAD_that_describes_something_else_outdates_what_is_stored()
    {
        await using RouteFixture route = await RouteFixture.StartAsync(async context =>
        {
            bool head = HttpMethods.IsHead(context.Request.Method);
            context.Response.Headers.CacheControl = "max-age=2";
            context.Response.Headers.ETag = head ? "\"v2\"" : "\"v1\"";
            await (head ? Task.CompletedTask : context.Response.WriteAsync("hello"));
        });
        await route.GetAsync("/a");
        route.Time.Advance(3);
        await route.SendAsync(HttpMethod.Head, "/a");
        Assert.Equal(0, route.Store.Count);
    }

    [Fact]
    public async Task A_POST_with_its_own_location_answers_later_GETs()
    {
        await using RouteFixture route = await RouteFixture.StartAsync(Fields("max-age=60", ("Content-Location", "/a")));
        await route.SendAsync(HttpMethod.Post, "/a");
        Assert.Equal("HIT exact", (await route.GetAsync("/a")).Cache);
    }

    [Fact]
    public async Task An_unsafe_request_invalidates_and_a_failed_one_does_not()
    {
        int status = 500;
        await using RouteFixture route = await RouteFixture.StartAsync(context =>
        {
            context.Response.StatusCode = HttpMethods.IsGet(context.Request.Method) ? 200 : status;
            context.Response.Headers.CacheControl = "max-age=60";
            context.Response.Headers.Location = "/b";
            return context.Response.WriteAsync("hello");
        });
        await route.GetAsync("/a");
        await route.GetAsync("/b");
        await route.SendAsync(HttpMethod.Delete, "/a");
        Assert.Equal("HIT exact", (await route.GetAsync("/a")).Cache);
        status = 200;
        await route.SendAsync(HttpMethod.Delete, "/a");
        Assert.Equal("MISS", (await route.GetAsync("/a")).Cache);
        Assert.Equal("MISS", (await route.GetAsync("/b")).Cache);
    }

    [Fact]
    public async Task An_answer_that_was_under_way_during_an_invalidation_is_not_stored()
    {
        var gate = new TaskCompletionSource();
        var asked = new TaskCompletionSource();
        await using RouteFixture route = await RouteFixture.StartAsync(async context =>
        {
            context.Response.Headers.CacheControl = "max-age=60";
            if (HttpMethods.IsGet(context.Request.Method))
            {
                asked.TrySetResult();
                await gate.Task;
            }

            await context.Response.WriteAsync("old");
        });
        Task<Answer> before = route.GetAsync("/a");
        await asked.Task;
        await route.SendAsync(HttpMethod.Put, "/a");
        gate.SetResult();
        await before;
        Assert.Equal("MISS", (await route.GetAsync("/a")).Cache);
    }

    /// <summary>An origin that answers everything with the same fields and a body that is different every time.</summary>
    internal static Func<HttpContext, Task> Fields(string cacheControl, params (string Name, string Value)[] fields)
    {
        int call = 0;
        return async context =>
        {
            context.Response.Headers.CacheControl = cacheControl;
            foreach ((string name, string value) in fields)
            {
                context.Response.Headers[name] = value;
            }

            byte[] body = Encoding.ASCII.GetBytes($"0123456789-{Interlocked.Increment(ref call)}");
            context.Response.ContentLength = body.Length;
            if (!HttpMethods.IsHead(context.Request.Method))
            {
                await context.Response.Body.WriteAsync(body);
            }
        };
    }
}
