using System.Net;
using System.Text;
using Afterimage.Tests.Scenarios;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Afterimage.Tests.Gateway.HttpRoute;

/// <summary>RFC 9110 section 14, RFC 9111 sections 3.3 and 3.4.</summary>
public sealed class RangeScenarios
{
    private const string Content = "0123456789abcdefghij";

    [Theory]
    [InlineData("bytes=0-1", "01", "bytes 0-1/20")]
    [InlineData("bytes=15-", "fghij", "bytes 15-19/20")]
    [InlineData("bytes=-2", "ij", "bytes 18-19/20")]
    public async Task A_range_is_cut_from_a_stored_whole(string range, string expected, string contentRange)
    {
        await using RouteFixture route = await RouteFixture.StartAsync(Origin);
        await route.GetAsync("/a");
        Answer part = await route.GetAsync("/a", ("Range", range));
        Assert.Equal((HttpStatusCode.PartialContent, expected, contentRange), (part.Status, Encoding.ASCII.GetString(part.Body), part["Content-Range"]));
        Assert.Equal(1, route.Origin.Calls);
    }

    [Fact]
    public async Task A_range_beyond_the_end_is_refused()
    {
        await using RouteFixture route = await RouteFixture.StartAsync(Origin);
        await route.GetAsync("/a");
        Answer answer = await route.GetAsync("/a", ("Range", "bytes=20-"));
        Assert.Equal((HttpStatusCode.RequestedRangeNotSatisfiable, "bytes */20", 0), (answer.Status, answer["Content-Range"], answer.Body.Length));
    }

    [Theory]
    [InlineData("\"v1\"", HttpStatusCode.PartialContent)]
    [InlineData("\"v2\"", HttpStatusCode.OK)]
    [InlineData("W/\"v1\"", HttpStatusCode.OK)]
    [InlineData("Sun, 06 Nov 1994 08:49:37 GMT", HttpStatusCode.OK)]
    public async Task If_Range_decides_between_part_and_whole(string condition, HttpStatusCode expected)
    {
        await using RouteFixture route = await RouteFixture.StartAsync(Origin);
        await route.GetAsync("/a");
        Assert.Equal(expected, (await route.GetAsync("/a", ("Range", "bytes=0-1"), ("If-Range", condition))).Status);
        Assert.Equal(1, route.Origin.Calls);
    }

    [Fact]
    public async Task Several_ranges_come_as_one_multipart_answer()
    {
        await using RouteFixture route = await RouteFixture.StartAsync(Origin);
        await route.GetAsync("/a");
        Answer answer = await route.GetAsync("/a", ("Range", "bytes=0-1,5-6,-1"));
        string text = Encoding.ASCII.GetString(answer.Body);
        Assert.Equal(HttpStatusCode.PartialContent, answer.Status);
        Assert.StartsWith("multipart/byteranges; boundary=", answer["Content-Type"], StringComparison.Ordinal);
        Assert.Equal("", answer["Content-Range"]);
        foreach (string piece in new[] { "Content-Range: bytes 0-1/20\r\n\r\n01\r\n", "Content-Range: bytes 5-6/20\r\n\r\n56\r\n", "Content-Range: bytes 19-19/20\r\n\r\nj\r\n" })
        {
            Assert.Contains("Content-Type: text/plain\r\n" + piece, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Too_many_or_overlapping_ranges_get_the_whole()
    {
        // RFC 9110 section 14.2: a server may ignore ranges that look like an attack.
        await using RouteFixture route = await RouteFixture.StartAsync(Origin);
        await route.GetAsync("/a");
        string many = "bytes=" + string.Join(',', Enumerable.Range(0, 100).Select(i => $"{i % 20}-{i % 20}"));
        Assert.Equal(HttpStatusCode.OK, (await route.GetAsync("/a", ("Range", many))).Status);
        Assert.Equal(HttpStatusCode.OK, (await route.GetAsync("/a", ("Range", "bytes=0-10,5-15"))).Status);
    }

    [Fact]
    public async Task Parts_are_stored_joined_and_finally_answer_for_the_whole()
    {
        await using RouteFixture route = await RouteFixture.StartAsync(Origin);
        Assert.Equal("01234", Text(await route.GetAsync("/a", ("Range", "bytes=0-4"))));
        Answer within = await route.GetAsync("/a", ("Range", "bytes=1-3"));
        Assert.Equal(("123", "HIT exact", "bytes 1-3/20"), (Text(within), within.Cache, within["Content-Range"]));
        await route.GetAsync("/a", ("Range", "bytes=5-19"));
        Answer whole = await route.GetAsync("/a");
        Assert.Equal((Content, "HIT exact", HttpStatusCode.OK), (Text(whole), whole.Cache, whole.Status));
        Assert.Equal(2, route.Origin.Calls);
    }

    [Fact]
    public async Task A_whole_is_completed_from_a_stored_beginning()
    {
        await using RouteFixture route = await RouteFixture.StartAsync(Origin);
        await route.GetAsync("/a", ("Range", "bytes=0-4"));
        Answer whole = await route.GetAsync("/a");
        Assert.Equal((HttpStatusCode.OK, Content), (whole.Status, Text(whole)));
        Assert.Equal("HIT exact", (await route.GetAsync("/a")).Cache);
        Assert.Equal(["/a bytes=0-4 ", "/a bytes=5- \"v1\""], route.Origin.Targets.Zip(_seen, (target, seen) => $"{target} {seen}"));
    }

    [Fact]
    public async Task A_changed_representation_is_taken_whole_instead()
    {
        await using RouteFixture route = await RouteFixture.StartAsync(Origin);
        await route.GetAsync("/a", ("Range", "bytes=0-4"));
        _tag = "\"v2\"";
        Answer whole = await route.GetAsync("/a");
        Assert.Equal((HttpStatusCode.OK, Content, "\"v2\""), (whole.Status, Text(whole), whole["ETag"]));
        Assert.Equal(2, route.Origin.Calls);
    }

    private readonly List<string> _seen = [];
    private string _tag = "\"v1\"";

    private static string Text(Answer answer) => Encoding.ASCII.GetString(answer.Body);

    /// <summary>An origin that understands one range and If-Range.</summary>
    private Task Origin(HttpContext context)
    {
        string range = context.Request.Headers.Range.ToString();
        string condition = context.Request.Headers.IfRange.ToString();
        _seen.Add($"{range} {condition}");
        context.Response.Headers.ETag = _tag;
        context.Response.Headers.CacheControl = "max-age=60";
        context.Response.ContentType = "text/plain";
        if (range.Length == 0 || (condition.Length > 0 && condition != _tag))
        {
            return context.Response.WriteAsync(Content);
        }

        string[] ends = range["bytes=".Length..].Split('-');
        int first = int.Parse(ends[0]);
        int last = ends[1].Length > 0 ? int.Parse(ends[1]) : Content.Length - 1;
        context.Response.StatusCode = 206;
        context.Response.Headers.ContentRange = $"bytes {first}-{last}/{Content.Length}";
        return context.Response.WriteAsync(Content[first..(last + 1)]);
    }
}
