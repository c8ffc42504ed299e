using Afterimage.Tests.Scenarios;
using Xunit;

namespace Afterimage.Tests.Gateway.HttpRoute;

/// <summary>What passes unchanged, what stays behind, and interim responses: RFC 9110 sections 7.6 and 15.2.</summary>
public sealed class TransparencyScenarios
{
    private const string Ok = "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 2\r\n\r\nhi";

    [Fact]
    public async Task Fields_of_the_connection_do_not_pass()
    {
        await using var origin = new RawOrigin(_ => "HTTP/1.1 200 OK\r\nConnection: x-hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nX-End: 1\r\nContent-Length: 2\r\n\r\nhi");
        await using RouteFixture route = await RouteFixture.StartAsync(origin.Address);
        Answer answer = await route.GetAsync("/a", ("Connection", "x-own"), ("X-Own", "1"), ("Keep-Alive", "1"), ("TE", "trailers"), ("Proxy-Authorization", "secret"), ("X-Far", "1"));
        Assert.Equal(("", "", "1"), (answer["X-Hop"], answer["Keep-Alive"], answer["X-End"]));
        string request = Assert.Single(origin.Requests);
        foreach (string name in new[] { "X-Own:", "Keep-Alive:", "TE:", "Proxy-Authorization:" })
        {
            Assert.DoesNotContain(name, request, StringComparison.OrdinalIgnoreCase);
        }

        Assert.Contains("X-Far: 1", request, StringComparison.Ordinal);
        Assert.Contains("Via: 1.1 afterimage", request, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Target_and_header_bytes_arrive_as_they_were_sent()
    {
        await using var origin = new RawOrigin(_ => "HTTP/1.1 200 OK\r\nX-Back: \u00e9\u00ff\r\nContent-Length: 2\r\n\r\nhi");
        await using RouteFixture route = await RouteFixture.StartAsync(origin.Address);
        string answer = await RawOrigin.TalkAsync(route.Address, "GET /%7e/./b/..//c?%zz=\"|\" HTTP/1.1\r\nHost: x\r\nX-There: \u00fc\r\n\r\n", "hi");
        Assert.Contains("X-Back: \u00e9\u00ff", answer, StringComparison.Ordinal);
        string request = Assert.Single(origin.Requests);
        Assert.StartsWith("GET /%7e/./b/..//c?%zz=\"|\" HTTP/1.1\r\n", request, StringComparison.Ordinal);
        Assert.Contains("X-There: \u00fc\r\n", request, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_cannot_tell_the_origin_another_resource_than_the_one_in_the_key()
    {
        await using var origin = new RawOrigin(_ => Ok);
        await using RouteFixture route = await RouteFixture.StartAsync(origin.Address);
        await route.GetAsync("/a", ("X-Forwarded-Host", "evil"), ("X-Forwarded-Proto", "evil"), ("Forwarded", "host=evil"), ("X-Original-URL", "/evil"), ("X-Rewrite-URL", "/evil"), ("X-Forwarded-For", "evil"));
        string request = Assert.Single(origin.Requests);
        Assert.DoesNotContain("evil", request, StringComparison.Ordinal);
        Assert.Contains($"Host: {origin.Address.Authority}", request, StringComparison.Ordinal);
        Assert.Contains("X-Forwarded-For: 127.0.0.1", request, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unusual_methods_and_statuses_pass()
    {
        await using var origin = new RawOrigin(_ => "HTTP/1.1 299 Whatever Else\r\nContent-Length: 2\r\n\r\nhi");
        await using RouteFixture route = await RouteFixture.StartAsync(origin.Address);
        string answer = await RawOrigin.TalkAsync(route.Address, "M-SEARCH /a HTTP/1.1\r\nHost: x\r\n\r\n", "hi");
        Assert.StartsWith("HTTP/1.1 299 Whatever Else\r\n", answer, StringComparison.Ordinal);
        Assert.StartsWith("M-SEARCH /a ", Assert.Single(origin.Requests), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Interim_responses_are_passed_on_and_not_stored()
    {
        await using var origin = new RawOrigin(_ => "HTTP/1.1 103 Early Hints\r\nlink: </s.css>; rel=preload\r\nConnection: x\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" + Ok);
        await using RouteFixture route = await RouteFixture.StartAsync(origin.Address);
        const string Request = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";
        string first = await RawOrigin.TalkAsync(route.Address, Request, "hi");
        Assert.StartsWith("HTTP/1.1 103 Early Hints\r\nlink: </s.css>; rel=preload\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\n", first, StringComparison.Ordinal);
        string second = await RawOrigin.TalkAsync(route.Address, Request, "hi");
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", second, StringComparison.Ordinal);
        Assert.DoesNotContain("link", second, StringComparison.Ordinal);
        Assert.Single(origin.Requests);
    }

    [Fact]
    public async Task An_old_client_gets_no_interim_response()
    {
        // RFC 9110 section 15.2
        await using var origin = new RawOrigin(_ => "HTTP/1.1 103 Early Hints\r\nlink: </s.css>\r\n\r\n" + Ok);
        await using RouteFixture route = await RouteFixture.StartAsync(origin.Address);
        string answer = await RawOrigin.TalkAsync(route.Address, "GET /a HTTP/1.0\r\nHost: x\r\n\r\n", "hi");
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Content_that_looks_like_an_interim_response_is_content()
    {
        const string Content = "HTTP/1.1 103 Early Hints\r\nlink: evil\r\n\r\n";
        await using var origin = new RawOrigin(_ => $"HTTP/1.1 200 OK\r\nContent-Length: {Content.Length + 2}\r\n\r\n{Content}hi");
        await using RouteFixture route = await RouteFixture.StartAsync(origin.Address);
        string answer = await RawOrigin.TalkAsync(route.Address, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n", "hi");
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n" + Content + "hi", answer, StringComparison.Ordinal);
    }
}
