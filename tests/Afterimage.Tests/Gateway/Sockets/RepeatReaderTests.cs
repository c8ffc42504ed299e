using System.Net;
using System.Text;
using Afterimage.Tests.Scenarios;
using Xunit;

namespace Afterimage.Tests.Gateway.Sockets;

/// <summary>Requests that were seen before are answered before they are parsed: as they would be otherwise, and only where it is certain that they are requests.</summary>
public sealed class RepeatReaderTests
{
    private const string Fox = "/prompt/a%20red%20fox?width=64&height=64";
    private const string Ship = "/prompt/a%20small%20ship?width=64&height=64";

    [Theory]
    [InlineData("GET", "")]
    [InlineData("HEAD", "")]
    [InlineData("GET", "If-None-Match: {etag}\r\n")]
    [InlineData("GET", "If-None-Match: \"another\"\r\nAccept: image/*\r\n")]
    [InlineData("GET", "Connection: keep-alive\r\nUser-Agent: somebody\r\n")]
    public async Task The_answer_is_the_same_as_of_who_parses_it(string method, string fields)
    {
        await using TestGateway gateway = await StartAsync();
        string request = $"{method} {Fox} HTTP/1.1\r\nHost: a\r\n{fields.Replace("{etag}", await WarmAsync(gateway, Fox), StringComparison.Ordinal)}\r\n";
        string parsed = await AskAsync(gateway, request);
        long before = gateway.Host.Recognised;
        string recognised = await AskAsync(gateway, request);
        Assert.Equal(before + 1, gateway.Host.Recognised);
        Assert.Equal(RawAnswers.Comparable(parsed), RawAnswers.Comparable(recognised));
    }

    [Fact]
    public async Task Of_many_requests_on_one_connection_hardly_one_is_parsed()
    {
        await using TestGateway gateway = await StartAsync();
        await WarmAsync(gateway, Fox);
        string request = $"GET {Fox} HTTP/1.1\r\nHost: a\r\n\r\n";
        string last = $"GET {Fox} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        string answers = await RawClient.ExchangeAsync(Address(gateway), string.Concat(Enumerable.Repeat(request, 100)) + last);
        Assert.Equal(101, answers.Split("HTTP/1.1 200 OK\r\n").Length - 1);

        // A few lie across two pieces of memory.
        Assert.InRange(gateway.Host.Recognised, 90, 99);
    }

    [Fact]
    public async Task A_head_that_is_another_requests_body_is_a_body()
    {
        await using TestGateway gateway = await StartAsync();
        await WarmAsync(gateway, Fox);
        string known = $"GET {Fox} HTTP/1.1\r\nHost: a\r\n\r\n";
        await AskAsync(gateway, known);
        long before = gateway.Host.Recognised;
        var bodies = new List<string>();
        gateway.Origin.Answer = async context =>
        {
            using var reader = new StreamReader(context.Request.Body, Encoding.Latin1);
            bodies.Add(await reader.ReadToEndAsync());
            context.Response.StatusCode = 204;
        };
        string post = $"POST /other HTTP/1.1\r\nHost: a\r\nContent-Length: {known.Length}\r\n\r\n";
        string chunked = $"POST /other HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n{known.Length:x}\r\n";

        // Head and body apart, so that a reading begins with the body (where it does not, this tests less and fails no more).
        using RawClient client = await RawClient.ConnectAsync(Address(gateway));
        await client.SendAsync(known);
        Assert.StartsWith("HTTP/1.1 200", await RawAnswers.ReadAsync(client, isHead: false));
        before++;
        await client.SendAsync(post);
        await Task.Delay(50, TestContext.Current.CancellationToken);
        await client.SendAsync(known);
        Assert.StartsWith("HTTP/1.1 204", await RawAnswers.ReadAsync(client, isHead: false));
        await client.SendAsync(chunked);
        await Task.Delay(50, TestContext.Current.CancellationToken);
        await client.SendAsync(known);
        await client.SendAsync("\r\n0\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 204", await client.ReadToEndAsync());
        Assert.Equal([known, known], bodies);
        Assert.Equal(before, gateway.Host.Recognised);
    }

    [Theory]
    [InlineData("Connection: close")]
    [InlineData("Content-Length: 0")]
    [InlineData("Content-Length: 5")]
    [InlineData("Transfer-Encoding: chunked")]
    [InlineData("Authorization: Bearer secret")]
    [InlineData("Cookie: session=secret")]
    [InlineData("X-Api-Key: secret")]
    [InlineData("Range: bytes=0-9")]
    [InlineData("Cache-Control: no-cache")]
    [InlineData("Pragma: no-cache")]
    [InlineData("Expect: 100-continue")]
    public async Task A_request_that_asks_for_more_is_parsed_each_time(string field)
    {
        await using TestGateway gateway = await StartAsync();
        await WarmAsync(gateway, Fox);
        string body = field.StartsWith("Content-Length: 5") ? "hello" : field.StartsWith("Transfer") ? "5\r\nhello\r\n0\r\n\r\n" : "";
        for (int i = 0; i < 4; i++)
        {
            string answer = await AskAsync(gateway, $"GET {Fox} HTTP/1.1\r\nHost: a\r\n{field}\r\n\r\n{body}");
            Assert.StartsWith("HTTP/1.1 20", answer);
        }

        Assert.Equal(0, gateway.Host.Recognised);
    }

    [Theory]
    [InlineData("\n\n")]
    [InlineData("\n\r\n")]
    public async Task Two_requests_that_look_like_one_are_not_learned_as_one(string lenientEnd)
    {
        await using TestGateway gateway = await StartAsync();
        await WarmAsync(gateway, Fox);
        for (int i = 0; i < 3; i++)
        {
            string answers = await RawClient.ExchangeAsync(
                Address(gateway), $"GET {Fox} HTTP/1.1\r\nHost: a{lenientEnd}GET {Fox} HTTP/1.1\r\nHost: a\r\n\r\nGET {Fox} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            Assert.Equal(3, answers.Split("HTTP/1.1 200 OK\r\n").Length - 1);
        }
    }

    [Fact]
    public async Task What_was_purged_is_not_answered_any_more()
    {
        await using TestGateway gateway = await StartAsync();
        await WarmAsync(gateway, Fox);
        string request = $"GET {Fox} HTTP/1.1\r\nHost: a\r\n\r\n";
        await AskAsync(gateway, request);
        await AskAsync(gateway, request);
        long before = gateway.Host.Recognised;
        Assert.True(before > 0);
        using var purge = new StringContent($$"""{"request":"{{Fox}}","dryRun":false}""", null, "application/json");
        using HttpResponseMessage purged = await gateway.Client.PostAsync("/_afterimage/purge", purge);
        purged.EnsureSuccessStatusCode();
        Assert.Contains("X-Cache: MISS", await AskAsync(gateway, request));
        Assert.Equal(before, gateway.Host.Recognised);
    }

    [Fact]
    public async Task However_requests_are_mixed_and_cut_each_gets_its_own_answer()
    {
        await using TestGateway gateway = await StartAsync();
        string etag = await WarmAsync(gateway, Fox);
        await WarmAsync(gateway, Ship);
        string[] requests =
        [
            $"GET {Fox} HTTP/1.1\r\nHost: a\r\n\r\n",
            $"GET {Ship} HTTP/1.1\r\nHost: a\r\n\r\n",
            $"HEAD {Ship} HTTP/1.1\r\nHost: a\r\n\r\n",
            $"GET {Fox} HTTP/1.1\r\nHost: a\r\nIf-None-Match: {etag}\r\n\r\n",
            $"GET {Fox} HTTP/1.1\r\nHost: a\r\nAccept: image/png\r\n\r\n",
            $"GET {Fox} HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody",
            $"GET {Ship} HTTP/1.1\r\nHost: a\r\nRange: bytes=3-5\r\n\r\n",
            "GET /_afterimage/health/live HTTP/1.1\r\nHost: a\r\n\r\n",
        ];
        string[] answers = [.. (await Task.WhenAll(requests.Select(request => AskAsync(gateway, request)))).Select(RawAnswers.Comparable)];
        await RawAnswers.AskMixedAsync(Address(gateway), requests, answers, "GET /_afterimage/health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 60, new Random(20_261_128));
        Assert.True(gateway.Host.Recognised > 200, $"recognised {gateway.Host.Recognised}");
    }

    [Fact]
    public async Task A_client_that_does_not_take_its_picture_is_cut_off()
    {
        await using TestGateway gateway = await StartAsync(("Limits:BodyBytesPerSecondMin", "100000000"));
        gateway.Origin.Answer = async context =>
        {
            context.Response.ContentType = "image/png";
            byte[] filling = new byte[12_000_000];
            new Random(1).NextBytes(filling);
            await context.Response.Body.WriteAsync(Images.ImageFixtures.SmallPng(64, 64, ("prVt", filling)));
        };
        await WarmAsync(gateway, Fox);
        string request = $"GET {Fox} HTTP/1.1\r\nHost: a\r\n\r\n";
        await AskAsync(gateway, request);
        using RawClient client = await RawClient.ConnectAsync(Address(gateway));
        await client.SendAsync(request);
        await client.UntilClosedAsync();
        Assert.Equal(1, gateway.Host.Recognised);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Cookie: kept=apart\r\n")]
    public async Task A_picture_whose_file_has_become_shorter_while_it_is_open_spoils_one_answer_and_is_drawn_again(string fields)
    {
        await using TestGateway gateway = await TestGateway.StartAsync(("Store:MemoryBytesMax", "0"));
        gateway.Origin.Answer = async context =>
        {
            context.Response.ContentType = "image/png";
            await context.Response.Body.WriteAsync(Images.ImageFixtures.SmallPng(64, 64, ("prVt", new byte[100_000])));
        };
        await WarmAsync(gateway, Fox);
        string request = $"GET {Fox} HTTP/1.1\r\nHost: a\r\n{fields}\r\n";
        string whole = await AskAsync(gateway, request);
        Assert.Equal(RawAnswers.Comparable(whole), RawAnswers.Comparable(await AskAsync(gateway, request)));
        string file = Directory.GetFiles(Path.Combine(gateway.Data, "entries"), "*", SearchOption.AllDirectories).Single(name => new FileInfo(name).Length > 100_000);
        using (var stream = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            stream.SetLength(50_000);
        }

        Assert.InRange((await RawAnswers.AskInVainAsync(Address(gateway), request)).Length, 0, 60_000);
        Answer drawn = await gateway.GetAsync(Fox);
        Assert.Equal("MISS", drawn.Cache);
        Assert.EndsWith("\r\n\r\n" + Encoding.Latin1.GetString(drawn.Body), whole, StringComparison.Ordinal);
    }

    private static Task<TestGateway> StartAsync(params (string Key, string Value)[] settings) => TestGateway.StartAsync([("Store:MemoryBytesMax", "100000000"), .. settings]);

    private static Uri Address(TestGateway gateway) => new(gateway.Host.Addresses[0]);

    /// <summary>Has a picture made and asks until the shortest way knows it; its entity tag.</summary>
    private static async Task<string> WarmAsync(TestGateway gateway, string target)
    {
        Answer answer = await gateway.GetAsync(target, ("X-Test", "warm"), ("Cookie", "kept=apart"));
        await gateway.SettleAsync();
        for (int i = 0; i < 3; i++)
        {
            answer = await gateway.GetAsync(target, ("X-Test", "warm"), ("Cookie", "kept=apart"));
            Assert.Equal((HttpStatusCode.OK, "HIT exact"), (answer.Status, answer.Cache));
        }

        return answer["ETag"];
    }

    private static Task<string> AskAsync(TestGateway gateway, string request) => RawAnswers.AskAsync(Address(gateway), request);
}
