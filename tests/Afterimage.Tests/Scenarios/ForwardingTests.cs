using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Afterimage.Tests.Scenarios;

/// <summary>Requests that are none of ours.</summary>
public sealed class ForwardingTests
{
    [Fact]
    public async Task Method_body_query_status_and_headers_pass_untouched()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        byte[] body = new byte[20_000_000];
        new Random(1).NextBytes(body);
        gateway.Origin.Answer = async context =>
        {
            context.Response.StatusCode = 418;
            context.Response.Headers["X-Method"] = context.Request.Method;
            context.Response.Headers["X-Seen"] = context.Request.Headers["X-Own"];
            context.Response.Headers["X-Query"] = context.Request.QueryString.Value;
            // Read first, answer then: over HTTP/1.1 neither side's HttpClient reads while it still sends.
            var copy = new MemoryStream();
            await context.Request.Body.CopyToAsync(copy);
            copy.Position = 0;
            await copy.CopyToAsync(context.Response.Body);
        };
        using var request = new HttpRequestMessage(HttpMethod.Put, "/v1/files?a=1&b=%2F") { Content = new ByteArrayContent(body) };
        request.Headers.Add("X-Own", "yes");
        using HttpResponseMessage response = await gateway.Client.SendAsync(request);
        Answer answer = await Answer.OfAsync(response);
        Assert.Equal(418, (int)answer.Status);
        Assert.Equal("PUT", answer["X-Method"]);
        Assert.Equal("yes", answer["X-Seen"]);
        Assert.Equal("?a=1&b=%2F", answer["X-Query"]);
        Assert.Equal(body, answer.Body);
        Assert.Equal("", answer["X-Cache"]);
    }

    [Fact]
    public async Task Headers_of_the_connection_stay_and_forwarded_headers_are_set()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        gateway.Origin.Answer = context => context.Response.WriteAsync(string.Join('\n', context.Request.Headers.Select(h => $"{h.Key}={h.Value}")));
        Answer answer = await gateway.GetAsync("/any", ("Connection", "X-Hop"), ("X-Hop", "1"), ("TE", "trailers"), ("Proxy-Authorization", "x"), ("X-Forwarded-For", "10.0.0.9"));
        string seen = Encoding.UTF8.GetString(answer.Body);
        Assert.DoesNotContain("X-Hop", seen);
        Assert.DoesNotContain("Proxy-Authorization", seen);
        Assert.DoesNotContain("TE=", seen);
        Assert.Contains("X-Forwarded-For=10.0.0.9, 127.0.0.1", seen);
        Assert.Contains("X-Forwarded-Proto=http", seen);
        Assert.Contains("X-Forwarded-Host=127.0.0.1", seen);
    }

    [Fact]
    public async Task A_request_for_a_picture_cannot_tell_the_origin_another_one_than_the_one_in_the_key()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        string seen = "";
        gateway.Origin.Answer = context =>
        {
            seen = string.Join('\n', context.Request.Headers.Select(h => $"{h.Key}={h.Value}"));
            return TestOrigin.PictureAsync(context, 1);
        };
        await gateway.GetAsync(
            "/prompt/a%20fox?width=64&height=64",
            ("X-Original-URL", "/evil"), ("X-Rewrite-URL", "/evil"), ("X-HTTP-Method-Override", "evil"), ("Forwarded", "host=evil"), ("X-Host", "evil"), ("X-Forwarded-Host", "evil"),
            ("X-Forwarded-Proto", "evil"), ("X-Forwarded-For", "10.0.0.9"), ("Authorization", "Bearer mine"));

        Assert.DoesNotContain("evil", seen);
        Assert.Contains("X-Forwarded-For=10.0.0.9, 127.0.0.1", seen);
        Assert.Contains("Bearer mine", seen);
    }

    [Fact]
    public async Task Streams_flow_both_ways_while_they_are_open()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        gateway.Origin.Answer = async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: 1\n\n");
            await context.Response.Body.FlushAsync();
            await gateway.Origin.Gate;
        };
        var gate = new TaskCompletionSource();
        using HttpResponseMessage response = await gateway.Client.GetAsync("/events", HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Equal("data: 1", await reader.ReadLineAsync());
        gate.SetResult();
    }

    [Fact]
    public async Task Upgrades_are_refused_with_a_clear_error()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Answer answer = await gateway.GetAsync("/socket", ("Connection", "Upgrade"), ("Upgrade", "websocket"));
        Assert.Equal(HttpStatusCode.NotImplemented, answer.Status);
        Assert.Equal("urn:afterimage:upgrade-not-supported", answer.Json.GetProperty("type").GetString());
    }

    [Theory]
    [InlineData("/any")]
    [InlineData("/prompt/x?width=64&height=64")]
    public async Task Header_bytes_beyond_ascii_do_not_break_a_request(string target)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        using var socket = new TcpClient();
        await socket.ConnectAsync("127.0.0.1", gateway.Client.BaseAddress!.Port);
        NetworkStream stream = socket.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes($"GET {target} HTTP/1.1\r\nHost: a\r\nX-Name: J\u00fcrgen\r\n\r\n"));
        using var reader = new StreamReader(stream);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        Assert.Equal("HTTP/1.1 200 OK", await reader.ReadLineAsync(limit.Token));
    }

    [Fact]
    public async Task Posts_to_an_image_path_are_forwarded()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        gateway.Origin.Answer = context => context.Response.WriteAsync(context.Request.Method);
        Assert.Equal("POST", Encoding.UTF8.GetString((await gateway.SendAsync(HttpMethod.Post, "/prompt/x")).Body));
    }

    [Theory]
    [InlineData("GET /prompt/x\r\nHost: a\r\n\r\n", 0)]
    [InlineData("GET /prompt/x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 0)]
    [InlineData("GET /prompt/x HTTP/1.1\r\nHost : a\r\n\r\n", 0)]
    [InlineData("GET /prompt/\u0001 HTTP/1.1\r\nHost: a\r\n\r\n", 0)]
    public async Task Ambiguous_requests_never_reach_the_origin_as_two(string raw, int callsMax)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        using var socket = new TcpClient();
        await socket.ConnectAsync("127.0.0.1", gateway.Client.BaseAddress!.Port);
        NetworkStream stream = socket.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(raw));
        using var reader = new StreamReader(stream);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        Assert.StartsWith("HTTP/1.1 ", await reader.ReadLineAsync(limit.Token));
        Assert.True(gateway.Origin.Calls <= callsMax);
    }
}
