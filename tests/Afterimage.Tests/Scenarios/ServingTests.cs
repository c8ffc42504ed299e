using System.Net;
using Xunit;

namespace Afterimage.Tests.Scenarios;

/// <summary>What a client sees of hits and misses.</summary>
public sealed class ServingTests
{
    private const string Fox = "/prompt/a%20red%20fox%20in%20the%20snow?width=64&height=64";

    [Fact]
    public async Task The_second_identical_request_is_an_exact_hit_with_the_same_bytes()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Answer miss = await gateway.GetAsync(Fox);
        await gateway.SettleAsync();
        Answer hit = await gateway.GetAsync(Fox);
        Assert.Equal("MISS", miss.Cache);
        Assert.Equal("HIT exact", hit.Cache);
        Assert.Equal(miss.Body, hit.Body);
        Assert.Equal(1, gateway.Origin.Calls);
        Assert.Equal("image/png", hit["Content-Type"]);
        Assert.Equal("64x64", hit["X-Semantic-Bucket"]);
        Assert.StartsWith("afterimage; hit; ttl=", hit["Cache-Status"]);
        Assert.Equal("public, max-age=31536000, immutable", hit["Cache-Control"]);
        Assert.Equal("flux", hit["X-Model-Used"]);
        Assert.Contains("filename", hit["Content-Disposition"]);
        Assert.Equal(miss["X-Afterimage-Id"], hit["X-Afterimage-Id"]);
        Assert.Equal("*", hit["Access-Control-Allow-Origin"]);
        Assert.NotEqual("", hit["Age"]);
    }

    [Fact]
    public async Task Spelled_out_defaults_are_the_same_request()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        await gateway.GetAsync("/prompt/x?width=1024&token=secret");
        Answer hit = await gateway.GetAsync("/prompt/x?height=1024&seed=42&referrer=somebody");
        Assert.Equal("HIT exact", hit.Cache);
    }

    [Fact]
    public async Task A_prompt_that_means_the_same_is_a_semantic_hit_without_the_other_prompts_traces()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Answer first = await gateway.GetAsync(Fox);
        await gateway.SettleAsync();
        Answer hit = await gateway.GetAsync("/prompt/A%20red%20fox,%20in%20the%20snow.?width=64&height=64");
        Assert.Equal("HIT semantic", hit.Cache);
        Assert.Equal(1, gateway.Origin.Calls);
        Assert.DoesNotContain("somebody", System.Text.Encoding.Latin1.GetString(hit.Body));
        Assert.Contains("somebody", System.Text.Encoding.Latin1.GetString(first.Body));
        Assert.Equal("", hit["Content-Disposition"]);
        Assert.DoesNotContain("immutable", hit["Cache-Control"]);
        Assert.Contains("max-age=60", hit["Cache-Control"]);
        Assert.True(float.Parse(hit["X-Semantic-Similarity"]) > 0.9);
        Assert.NotEqual(first["ETag"], hit["ETag"]);
        Assert.NotEqual(first["X-Afterimage-Id"], hit["X-Afterimage-Id"]);
    }

    [Theory]
    [InlineData("a blue fox in the snow")]
    [InlineData("two red foxes in the snow")]
    [InlineData("a red fox in the snow without trees")]
    [InlineData("a red fox in the snow holding a sign \"OPEN\"")]
    public async Task A_prompt_that_means_something_else_is_a_miss_and_says_how_near_it_was(string prompt)
    {
        await using TestGateway gateway = await TestGateway.StartAsync(("Headers:Explain", "full"));
        await gateway.GetAsync(Fox);
        await gateway.SettleAsync();
        Answer miss = await gateway.GetAsync($"/prompt/{Uri.EscapeDataString(prompt)}?width=64&height=64");
        Assert.Equal("MISS", miss.Cache);
        Assert.NotEqual("", miss["X-Semantic-Best-Similarity"]);
        Assert.NotEqual("", miss["X-Semantic-Reason"]);
    }

    [Theory]
    [InlineData("model=turbo")]
    [InlineData("negative_prompt=dog")]
    [InlineData("quality=high")]
    [InlineData("enhance=true")]
    [InlineData("safe=true")]
    [InlineData("nologo=true")]
    [InlineData("transparent=true")]
    [InlineData("guidance_scale=7")]
    [InlineData("image=https://a.example/2.png")]
    [InlineData("unknown=1")]
    [InlineData("seed=7")]
    public async Task Nothing_crosses_a_partition_or_a_named_seed(string parameter)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        await gateway.GetAsync(Fox);
        await gateway.SettleAsync();
        Assert.Equal("MISS", (await gateway.GetAsync($"/prompt/A%20red%20fox,%20in%20the%20snow?width=64&height=64&{parameter}")).Cache);
    }

    [Fact]
    public async Task A_request_without_a_seed_takes_any_and_a_named_seed_only_itself()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        await gateway.GetAsync(Fox + "&seed=7");
        await gateway.SettleAsync();
        Assert.Equal("HIT semantic", (await gateway.GetAsync(Fox)).Cache);
        Assert.Equal("HIT semantic", (await gateway.GetAsync("/prompt/A%20red%20fox%20in%20the%20snow!?width=64&height=64&seed=7")).Cache);
        Assert.Equal("MISS", (await gateway.GetAsync(Fox + "&seed=8")).Cache);
    }

    [Fact]
    public async Task A_route_can_widen_the_seed_rule()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(("Routes:0:Path", "/prompt/**"), ("Routes:0:Seeds", "any"));
        await gateway.GetAsync(Fox + "&seed=7");
        await gateway.SettleAsync();
        Assert.Equal("HIT semantic", (await gateway.GetAsync(Fox + "&seed=8")).Cache);
    }

    [Fact]
    public async Task Nine_buckets_share_sizes_and_exact_ones_do_not()
    {
        foreach ((string resolution, string expected) in new[] { ("bucket9", "HIT semantic"), ("exact", "MISS") })
        {
            await using TestGateway gateway = await TestGateway.StartAsync(("Semantic:Resolution", resolution));
            await gateway.GetAsync("/prompt/a%20red%20fox?width=500&height=500");
            await gateway.SettleAsync();
            Assert.Equal(expected, (await gateway.GetAsync("/prompt/a%20red%20fox?width=512&height=512")).Cache);
        }
    }

    [Theory]
    [InlineData("?seed=-1", "seed-random")]
    [InlineData("?private=true", "private")]
    [InlineData("?duration=4", "video")]
    public async Task What_must_not_be_cached_goes_past_both_tiers(string query, string reason)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        for (int i = 1; i <= 2; i++)
        {
            Answer answer = await gateway.GetAsync("/prompt/a%20cat" + query);
            Assert.Equal("BYPASS", answer.Cache);
            Assert.Equal($"afterimage; fwd=bypass; detail={reason}", answer["Cache-Status"]);
            Assert.Equal(i, gateway.Origin.Calls);
        }
    }

    [Fact]
    public async Task The_origin_gets_the_target_byte_for_byte()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        string[] targets =
        [
            "/prompt/a%2Fb%20c+d?width=64&height=64&token=x", "/prompt/100%25?width=64&height=64", "/prompt/a/../b?width=64&height=64", "/prompt/%e4%b8%80?width=64&height=64", "/prompt/%F0%9F%A4%A8?width=64&height=64",
            "/other/a%2Fb//c/./d?x=%zz&y=[1]",
        ];
        foreach (string target in targets)
        {
            await gateway.GetAsync(target);
        }

        Assert.Equal(targets, gateway.Origin.Targets);
    }

    [Fact]
    public async Task Conditional_requests_heads_and_ranges_are_answered_from_the_entry()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        byte[] body = (await gateway.GetAsync(Fox)).Body;
        string etag = (await gateway.GetAsync(Fox))["ETag"];
        Assert.Matches("^\"[0-9a-f]{64}\"$", etag);
        Answer notModified = await gateway.GetAsync(Fox, ("If-None-Match", $"\"x\", W/{etag}"));
        Assert.Equal(HttpStatusCode.NotModified, notModified.Status);
        Assert.Empty(notModified.Body);
        Answer head = await gateway.SendAsync(HttpMethod.Head, Fox);
        Assert.Equal(body.Length.ToString(), head["Content-Length"]);
        Assert.Empty(head.Body);
        Answer part = await gateway.GetAsync(Fox, ("Range", "bytes=10-19"));
        Assert.Equal(HttpStatusCode.PartialContent, part.Status);
        Assert.Equal(body[10..20], part.Body);
        Answer tail = await gateway.GetAsync(Fox, ("Range", "bytes=-5"));
        Assert.Equal(body[^5..], tail.Body);
        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, (await gateway.GetAsync(Fox, ("Range", "bytes=999999-"))).Status);
    }

    [Fact]
    public async Task A_head_that_misses_makes_the_picture_for_those_who_come_after()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Answer head = await gateway.SendAsync(HttpMethod.Head, Fox);
        Assert.Equal("MISS", head.Cache);
        Answer get = await gateway.GetAsync(Fox);
        Assert.Equal(HttpStatusCode.OK, get.Status);
        Assert.Equal(1, gateway.Origin.Calls);
    }

    [Fact]
    public async Task Eight_kilobytes_of_emoji_are_a_prompt_like_any_other()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        string target = "/prompt/" + Uri.EscapeDataString(string.Concat(Enumerable.Repeat("🤨猫 ", 1000))) + "?width=64&height=64";
        Assert.Equal("MISS", (await gateway.GetAsync(target)).Cache);
        Assert.Equal("HIT exact", (await gateway.GetAsync(target)).Cache);
    }

    [Fact]
    public async Task Preflights_of_image_paths_are_answered()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Answer answer = await gateway.SendAsync(HttpMethod.Options, Fox, ("Origin", "https://page.example"), ("Access-Control-Request-Method", "GET"));
        Assert.Equal(HttpStatusCode.NoContent, answer.Status);
        Assert.Equal("*", answer["Access-Control-Allow-Origin"]);
        Assert.Equal(0, gateway.Origin.Calls);
    }

    [Fact]
    public async Task Tenants_named_by_a_header_share_nothing()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(("Scope:Header", "X-Tenant"), ("Scope:Required", "true"));
        await gateway.GetAsync(Fox, ("X-Tenant", "a"));
        await gateway.SettleAsync();
        Assert.Equal("HIT exact", (await gateway.GetAsync(Fox, ("X-Tenant", "a"))).Cache);
        Assert.Equal("MISS", (await gateway.GetAsync(Fox, ("X-Tenant", "b"))).Cache);
        Assert.Equal("BYPASS", (await gateway.GetAsync(Fox)).Cache);
    }
}
