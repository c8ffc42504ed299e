using System.Net;
using Xunit;

namespace Afterimage.Tests.Scenarios;

/// <summary>What a request may ask of the cache, and what the modes do.</summary>
public sealed class ControlTests
{
    private const string Fox = "/prompt/a%20red%20fox?width=64&height=64";
    private const string SameFox = "/prompt/A%20red%20fox!?width=64&height=64";

    [Theory]
    [InlineData("Cache-Control", "no-cache")]
    [InlineData("Pragma", "no-cache")]
    [InlineData("no-cache", "1")]
    public async Task A_request_for_a_fresh_picture_replaces_the_stored_one(string name, string value)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Answer first = await gateway.GetAsync(Fox);
        Answer fresh = await gateway.GetAsync(Fox, (name, value));
        await gateway.SettleAsync();
        Answer after = await gateway.GetAsync(Fox);
        Assert.Equal("MISS", fresh.Cache);
        Assert.NotEqual(first.Body, fresh.Body);
        Assert.Equal("HIT exact", after.Cache);
        Assert.Equal(fresh.Body, after.Body);
    }

    [Fact]
    public async Task No_store_leaves_nothing_behind()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        await gateway.GetAsync(Fox, ("Cache-Control", "no-store"));
        Assert.Equal("MISS", (await gateway.GetAsync(Fox)).Cache);
    }

    [Fact]
    public async Task Only_if_cached_never_reaches_the_origin()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Assert.Equal(HttpStatusCode.GatewayTimeout, (await gateway.GetAsync(Fox, ("Cache-Control", "only-if-cached"))).Status);
        Assert.Equal(0, gateway.Origin.Calls);
        await gateway.GetAsync(Fox);
        await gateway.SettleAsync();
        Assert.Equal("HIT exact", (await gateway.GetAsync(Fox, ("Cache-Control", "only-if-cached"))).Cache);
        Assert.Equal("HIT semantic", (await gateway.GetAsync(SameFox, ("Cache-Control", "only-if-cached"))).Cache);
        Assert.Equal(1, gateway.Origin.Calls);
    }

    [Fact]
    public async Task Max_age_zero_asks_past_every_entry()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        await gateway.GetAsync(Fox);
        await gateway.SettleAsync();
        Assert.Equal("MISS", (await gateway.GetAsync(Fox, ("Cache-Control", "max-age=0"))).Cache);
        Assert.Equal("HIT exact", (await gateway.GetAsync(Fox, ("Cache-Control", "max-age=1000"))).Cache);
    }

    [Fact]
    public async Task An_operator_can_deafen_the_gateway_to_request_directives()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(("Headers:HonorRequestCacheControl", "false"));
        await gateway.GetAsync(Fox);
        Assert.Equal("HIT exact", (await gateway.GetAsync(Fox, ("Cache-Control", "no-cache"))).Cache);
    }

    [Fact]
    public async Task Shadow_decides_and_records_and_serves_the_origin()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(("Semantic:Mode", "shadow"));
        await gateway.GetAsync(Fox);
        await gateway.SettleAsync();
        Answer shadowed = await gateway.GetAsync(SameFox);
        Assert.Equal("MISS", shadowed.Cache);
        Assert.Equal(2, gateway.Origin.Calls);
        Answer decisions = await gateway.GetAsync("/_afterimage/decisions");
        var decision = decisions.Json.GetProperty("decisions")[0];
        Assert.Equal("shadow", decision.GetProperty("mode").GetString());
        Assert.Equal("reuse", decision.GetProperty("outcome").GetString());
        Assert.Equal("a red fox", decision.GetProperty("candidate").GetString());
        Assert.Equal(shadowed["X-Afterimage-Id"], decision.GetProperty("id").GetString());
    }

    [Fact]
    public async Task Off_looks_nothing_up_and_still_indexes_for_later()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(("Semantic:Mode", "off"), ("Semantic:Override", "any"));
        await gateway.GetAsync(Fox);
        await gateway.SettleAsync();
        Assert.Equal("MISS", (await gateway.GetAsync(SameFox)).Cache);
        Assert.Equal("HIT semantic", (await gateway.GetAsync("/prompt/a%20RED%20fox?width=64&height=64", ("X-Afterimage-Semantic", "on"))).Cache);
    }

    [Fact]
    public async Task A_client_may_switch_the_semantic_tier_off_but_not_on()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        await gateway.GetAsync(Fox);
        await gateway.SettleAsync();
        Assert.Equal("MISS", (await gateway.GetAsync(SameFox, ("X-Afterimage-Semantic", "off"))).Cache);
        await using TestGateway shadow = await TestGateway.StartAsync(("Semantic:Mode", "shadow"));
        await shadow.GetAsync(Fox);
        await shadow.SettleAsync();
        Assert.Equal("MISS", (await shadow.GetAsync(SameFox, ("X-Afterimage-Semantic", "on"))).Cache);
    }
}
