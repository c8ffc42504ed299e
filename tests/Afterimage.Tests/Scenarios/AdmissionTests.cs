using System.Net;
using System.Text;
using Afterimage.Tests.Images;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Afterimage.Tests.Scenarios;

/// <summary>What becomes an entry, and that everything else still reaches the client.</summary>
public sealed class AdmissionTests
{
    private const string Fox = "/prompt/a%20red%20fox?width=64&height=64";

    private static readonly byte[] Good = ImageFixtures.SmallPng(64, 64);

    public static TheoryData<string> Refusals => [.. Cases.Keys];

    private static Dictionary<string, Func<HttpContext, Task>> Cases { get; } = new()
    {
        ["Status"] = c => Send(c, Good, r => r.StatusCode = 202),
        ["ErrorImage"] = c => Send(c, Good, r => r.Headers["X-Error-Type"] = "moderation"),
        ["NotStorable"] = c => Send(c, Good, r => r.Headers.CacheControl = "max-age=10, No-Store"),
        ["Varies"] = c => Send(c, Good, r => r.Headers.Vary = "Accept-Encoding, Cookie"),
        ["TooSmall"] = c => Send(c, [1, 2, 3]),
        ["NotAnImage"] = c => Send(c, Encoding.UTF8.GetBytes("<html>" + new string('x', 200)), r => r.ContentType = "image/jpeg"),
        ["Damaged"] = c => Send(c, Good[..^20]),
        ["WrongSize"] = c => Send(c, ImageFixtures.SmallPng(64, 48)),
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task What_is_not_surely_a_good_picture_reaches_the_client_and_is_not_stored(string reason)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        gateway.Origin.Answer = Cases[reason];
        Answer first = await gateway.GetAsync(Fox);

        // Who asks while the first is being ended is answered with it.
        await gateway.SettleAsync();
        Answer second = await gateway.GetAsync(Fox);
        Assert.NotEmpty(first.Body);
        Assert.Equal("MISS", second.Cache);
        Assert.Equal(2, gateway.Origin.Calls);
        Answer stats = await gateway.GetAsync("/_afterimage/stats");
        Assert.True(stats.Json.GetProperty("admission").GetProperty(reason).GetDouble() >= 2);
    }

    [Fact]
    public async Task An_empty_answer_is_no_picture()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        gateway.Origin.Answer = c => Send(c, []);
        await gateway.GetAsync(Fox);
        gateway.Origin.Answer = null;
        Assert.Equal("MISS", (await gateway.GetAsync(Fox)).Cache);
    }

    [Fact]
    public async Task A_known_placeholder_is_denied()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(("Admission:Deny", Hash256.Of(Good).ToHex()));
        gateway.Origin.Answer = c => Send(c, Good);
        await gateway.GetAsync(Fox);
        Assert.Equal("MISS", (await gateway.GetAsync(Fox)).Cache);
    }

    [Theory]
    [InlineData("off", 48, "HIT exact")]
    [InlineData("aspect", 48, "MISS")]
    [InlineData("aspect", 32, "HIT exact")]
    public async Task The_size_check_can_be_loosened(string size, int height, string expected)
    {
        await using TestGateway gateway = await TestGateway.StartAsync(("Admission:Size", size));
        gateway.Origin.Answer = c => Send(c, ImageFixtures.SmallPng(height == 48 ? 64 : 32, height));
        await gateway.GetAsync(Fox);
        Assert.Equal(expected, (await gateway.GetAsync(Fox)).Cache);
    }

    [Theory]
    [InlineData("jpeg")]
    [InlineData("webp")]
    [InlineData("gif")]
    [InlineData("avif")]
    public async Task Every_format_is_told_by_its_bytes_whatever_the_origin_calls_it(string format)
    {
        string? fixture = ImageFixtures.Names.FirstOrDefault(n => n.EndsWith("." + (format == "jpeg" ? "jpg" : format), StringComparison.Ordinal));
        Assert.SkipWhen(fixture is null, $"no {format} among the fixtures");
        await using TestGateway gateway = await TestGateway.StartAsync(("Admission:Size", "off"));
        gateway.Origin.Answer = c => Send(c, ImageFixtures.Load(fixture!), r => r.ContentType = "application/octet-stream");
        await gateway.GetAsync(Fox);
        Answer hit = await gateway.GetAsync(Fox);
        Assert.True(hit.Cache == "HIT exact", $"{fixture}: {hit.Cache}, {(await gateway.GetAsync("/_afterimage/stats")).Json.GetProperty("admission")}");
        Assert.Equal($"image/{format}", hit["Content-Type"]);
    }

    [Fact]
    public async Task An_unreachable_origin_is_a_problem_that_names_what_happened()
    {
        TestOrigin origin = await TestOrigin.StartAsync();
        string data = Directory.CreateTempSubdirectory("afterimage-test-").FullName;
        await using (TestGateway gateway = await TestGateway.StartAsync(origin, data, keepData: true))
        {
            await origin.DisposeAsync();
            Answer answer = await gateway.GetAsync(Fox);
            Assert.Equal(HttpStatusCode.BadGateway, answer.Status);
            Assert.Equal("application/problem+json", answer["Content-Type"]);
            Assert.Equal("urn:afterimage:origin-unreachable", answer.Json.GetProperty("type").GetString());
        }

        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task A_slow_origin_times_out_as_504()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(("Origin:FirstByteTimeoutSeconds", "0.3"));
        var gate = new TaskCompletionSource();
        gateway.Origin.Gate = gate.Task;
        Answer answer = await gateway.GetAsync(Fox);
        gate.SetResult();
        Assert.Equal(HttpStatusCode.GatewayTimeout, answer.Status);
        Assert.Equal("urn:afterimage:origin-timed-out", answer.Json.GetProperty("type").GetString());
    }

    private static Task Send(HttpContext context, byte[] body, Action<HttpResponse>? change = null)
    {
        context.Response.ContentType = "image/png";
        change?.Invoke(context.Response);
        context.Response.ContentLength = body.Length;
        return context.Response.Body.WriteAsync(body).AsTask();
    }
}
