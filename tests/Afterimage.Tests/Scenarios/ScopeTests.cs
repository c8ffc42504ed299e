using System.Net;
using System.Text;
using Afterimage.Tests.Images;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Afterimage.Tests.Scenarios;

/// <summary>Tenants share nothing, however they are told apart.</summary>
public sealed class ScopeTests
{
    private const string Fox = "/prompt/a%20red%20fox?width=64&height=64";
    private static readonly string[] Prompts = ["a%20red%20fox", "A%20red%20fox!", "a%20RED%20fox.", "a%20blue%20boat", "A%20blue%20boat."];

    [Theory]
    [InlineData("Scope:Header", "X-Tenant")]
    [InlineData("Scope:ApiKey", "true")]
    [InlineData("Scope:Path", "/t/")]
    public async Task Whatever_tenants_ask_and_in_whatever_order_each_gets_pictures_made_for_it_alone(string setting, string value)
    {
        await using TestGateway gateway = await TestGateway.StartAsync((setting, value), ("Scope:Required", "true"), ("Variants:Size", "2"));
        gateway.Origin.Answer = context => StampAsync(context, TenantOf(context.Request, setting));
        var random = new Random(7);
        string[] tenants = ["a", "b", "ab", "A", "a b"];
        for (int round = 0; round < 20; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 10).Select(async _ =>
            {
                string tenant, prompt, size;
                lock (random)
                {
                    (tenant, prompt, size) = (tenants[random.Next(tenants.Length)], Prompts[random.Next(Prompts.Length)], random.Next(2) == 0 ? "64" : "32");
                }

                // The path cannot carry the tenant on to the origin; a header that the gateway does not look at does.
                string target = $"/prompt/{prompt}?width={size}&height={size}";
                Answer answer = setting switch
                {
                    "Scope:Header" => await gateway.GetAsync(target, ("X-Tenant", tenant)),
                    "Scope:ApiKey" => await gateway.GetAsync(target, ("Authorization", "Bearer " + tenant)),
                    _ => await gateway.GetAsync($"/t/{Uri.EscapeDataString(tenant)}{target}", ("X-Who", tenant)),
                };
                Assert.Equal(HttpStatusCode.OK, answer.Status);
                Assert.Contains(answer.Cache, new[] { "MISS", "HIT exact", "HIT semantic" });
                Assert.Equal(tenant, answer["X-Model-Used"]);
            }));
        }

        Assert.InRange(gateway.Origin.Calls, 10, 100);
    }

    [Theory]
    [InlineData("Scope:Header", "X-Tenant")]
    [InlineData("Scope:ApiKey", "true")]
    [InlineData("Scope:Path", "/t/")]
    public async Task Where_identity_is_required_a_request_without_one_reads_and_stores_nothing(string setting, string value)
    {
        foreach (string dialect in new[] { "pollinations", "http" })
        {
            await using TestGateway gateway = await TestGateway.StartAsync((setting, value), ("Scope:Required", "true"), ("Routes:0:Path", "/prompt/**"), ("Routes:0:Dialect", dialect));
            for (int i = 1; i <= 3; i++)
            {
                Answer answer = await gateway.GetAsync(Fox);
                Assert.Equal("BYPASS", answer.Cache);
                Assert.Contains("scope-missing", answer["Cache-Status"]);
                Assert.Equal(i, gateway.Origin.Calls);
            }
        }
    }

    [Theory]
    [InlineData("Scope:Header", "X-Tenant", true)]
    [InlineData("Scope:Path", "/t/", false)]
    public async Task A_cache_in_between_that_knows_only_the_url_is_told_not_to_share_what_is_one_tenants(string setting, string value, bool confined)
    {
        await using TestGateway gateway = await TestGateway.StartAsync((setting, value));
        string tenant = confined ? "" : "/t/acme";
        string exact = confined ? "private, max-age=31536000, immutable" : "public, max-age=31536000, immutable";
        foreach ((string prompt, string cache, string expected) in new[]
        {
            ("a%20red%20fox", "MISS", exact),
            ("a%20red%20fox", "HIT exact", exact),
            ("A%20crimson%20fox", "HIT semantic", confined ? "private, max-age=60, must-revalidate" : "public, max-age=60, must-revalidate"),
        })
        {
            Answer answer = await gateway.GetAsync($"{tenant}/prompt/{prompt}?width=64&height=64", ("X-Tenant", "acme"));
            Assert.Equal((cache, expected), (answer.Cache, answer["Cache-Control"]));
        }
    }

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public async Task A_query_that_cannot_be_read_makes_no_common_scope_of_those_who_send_it(string required)
    {
        await using TestGateway gateway = await TestGateway.StartAsync(("Scope:ApiKey", "true"), ("Scope:Required", required), ("Routes:0:Path", "/**"), ("Routes:0:Dialect", "http"));
        gateway.Origin.Answer = async context =>
        {
            context.Response.Headers.CacheControl = "max-age=60";
            await context.Response.WriteAsync(context.Request.Headers["X-Api-Key"].ToString());
        };
        foreach (string tenant in new[] { "a", "b", "a" })
        {
            Assert.Equal(tenant, Encoding.UTF8.GetString((await gateway.GetAsync("/private?x=%zz", ("X-Api-Key", tenant))).Body));
        }
    }

    [Fact]
    public async Task The_path_s_tenant_is_not_shown_to_the_origin_and_opens_no_other_door()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(("Scope:Path", "/t/"));
        await gateway.GetAsync("/t/acme" + Fox);
        Assert.Equal(Fox, gateway.Origin.Targets.Last());
        Assert.Equal("HIT exact", (await gateway.GetAsync("/t/acme" + Fox)).Cache);
        Assert.Equal("MISS", (await gateway.GetAsync(Fox)).Cache);
        Assert.Equal("MISS", (await gateway.GetAsync("/t/acme%2Fx" + Fox)).Cache);

        // Neither the admin interface nor an empty tenant can be reached through it.
        gateway.Origin.Answer = context => context.Response.WriteAsync("origin " + context.Request.Path, context.RequestAborted);
        Assert.Equal("origin /_afterimage/stats", Encoding.UTF8.GetString((await gateway.GetAsync("/t/acme/_afterimage/stats")).Body));
        Assert.Equal("origin /t//prompt/x", Encoding.UTF8.GetString((await gateway.GetAsync("/t//prompt/x")).Body));
    }

    [Fact]
    public async Task Different_credentials_are_different_tenants_wherever_they_stand()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(("Scope:ApiKey", "true"));
        Assert.Equal("MISS", (await gateway.GetAsync(Fox, ("Authorization", "Bearer k"))).Cache);
        Assert.Equal("MISS", (await gateway.GetAsync(Fox, ("X-Api-Key", "Bearer k"))).Cache);
        Assert.Equal("MISS", (await gateway.GetAsync(Fox + "&key=k")).Cache);
        Assert.Equal("MISS", (await gateway.GetAsync(Fox + "&token=k")).Cache);
        Assert.Equal("MISS", (await gateway.GetAsync(Fox + "&key=k", ("Authorization", "Bearer k"))).Cache);
        Assert.Equal("HIT exact", (await gateway.GetAsync(Fox + "&key=k")).Cache);
        Assert.Equal("HIT exact", (await gateway.GetAsync(Fox, ("Authorization", "Bearer k"))).Cache);
    }

    [Fact]
    public async Task Identical_requests_of_different_tenants_never_wait_for_one_another()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(("Scope:Header", "X-Tenant"));
        var gate = new TaskCompletionSource();
        gateway.Origin.Gate = gate.Task;
        Task<Answer>[] all = [.. Enumerable.Range(0, 12).Select(i => gateway.GetAsync(i % 2 == 0 ? Fox : "/prompt/A%20red%20fox!?width=64&height=64", ("X-Tenant", (i % 3).ToString())))];
        await CoalescingTests.UntilAsync(() => gateway.Origin.Calls == 3 && gateway.Host.Cache.Joined + gateway.Host.Cache.Running == 12);
        gate.SetResult();
        Answer[] answers = await Task.WhenAll(all);
        for (int i = 0; i < all.Length; i++)
        {
            for (int j = 0; j < all.Length; j++)
            {
                if (i % 3 != j % 3)
                {
                    Assert.NotEqual(answers[i]["X-Afterimage-Id"], answers[j]["X-Afterimage-Id"]);
                }
            }
        }

        Assert.Equal(3, gateway.Origin.Calls);
    }

    [Fact]
    public async Task Purging_a_request_removes_it_in_every_scope_or_in_the_one_named()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(("Scope:Header", "X-Tenant"));
        foreach (string tenant in new[] { "", "a", "b" })
        {
            await gateway.GetAsync(Fox, ("X-Tenant", tenant));
        }

        await gateway.SettleAsync();
        Assert.Equal(1, (await VariantTests.PurgeAsync(gateway, new { request = Fox, tenant = "a", dryRun = false })).Json.GetProperty("deleted").GetInt32());
        Assert.Equal("HIT exact", (await gateway.GetAsync(Fox, ("X-Tenant", "b"))).Cache);
        Assert.Equal("MISS", (await gateway.GetAsync(Fox, ("X-Tenant", "a"))).Cache);
        await gateway.SettleAsync();
        Assert.Equal(3, (await VariantTests.PurgeAsync(gateway, new { request = Fox, dryRun = false })).Json.GetProperty("deleted").GetInt32());
        Assert.Equal("MISS", (await gateway.GetAsync(Fox)).Cache);
        Assert.Equal(HttpStatusCode.BadRequest, (await VariantTests.PurgeAsync(gateway, new { request = Fox, tenant = "a", scope = "x" })).Status);
    }

    [Fact]
    public async Task Purging_reaches_the_responses_of_http_routes()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(("Scope:Header", "X-Tenant"), ("Routes:0:Path", "/**"), ("Routes:0:Dialect", "http"));
        gateway.Origin.Answer = context =>
        {
            context.Response.Headers.CacheControl = "max-age=600";
            return context.Response.WriteAsync("x", context.RequestAborted);
        };
        async Task FillAsync()
        {
            foreach (string tenant in new[] { "", "a", "b" })
            {
                await gateway.GetAsync("/page", ("X-Tenant", tenant));
                await gateway.GetAsync("/other", ("X-Tenant", tenant));
            }
        }

        await FillAsync();
        Assert.Equal(6, gateway.Origin.Calls);
        await FillAsync();
        Assert.Equal(6, gateway.Origin.Calls);
        Assert.Equal(3, (await VariantTests.PurgeAsync(gateway, new { request = "/page" })).Json.GetProperty("matched").GetInt32());
        await FillAsync();
        Assert.Equal(6, gateway.Origin.Calls);
        Assert.Equal(1, (await VariantTests.PurgeAsync(gateway, new { request = "/page", tenant = "a", dryRun = false })).Json.GetProperty("deleted").GetInt32());
        await FillAsync();
        Assert.Equal(7, gateway.Origin.Calls);
        Assert.Equal(3, (await VariantTests.PurgeAsync(gateway, new { request = "/page", dryRun = false })).Json.GetProperty("deleted").GetInt32());
        Assert.Equal(3, (await VariantTests.PurgeAsync(gateway, new { all = true, dryRun = false })).Json.GetProperty("deleted").GetInt32());
        await FillAsync();
        Assert.Equal(13, gateway.Origin.Calls);
    }

    private static string TenantOf(HttpRequest request, string setting) => setting switch
    {
        "Scope:Header" => request.Headers["X-Tenant"].ToString(),
        "Scope:ApiKey" => request.Headers.Authorization.ToString()["Bearer ".Length..],
        _ => request.Headers["X-Who"].ToString(),
    };

    // A header that hits of both kinds repeat says for whom the picture was made.
    private static Task StampAsync(HttpContext context, string tenant)
    {
        int side = int.Parse(context.Request.Query["width"]!, System.Globalization.CultureInfo.InvariantCulture);
        byte[] png = ImageFixtures.SmallPng(side, side);
        context.Response.ContentType = "image/png";
        context.Response.ContentLength = png.Length;
        context.Response.Headers["X-Model-Used"] = tenant;
        return context.Response.Body.WriteAsync(png).AsTask();
    }
}
