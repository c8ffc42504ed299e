using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Afterimage.Caching.Http;
using Afterimage.Entries;
using Afterimage.Gateway.HttpRoute;
using Afterimage.Tests.Caching.Http;
using Afterimage.Tests.Scenarios;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Afterimage.Tests.Gateway.HttpRoute;

/// <summary>
/// Hits that are answered before they are parsed, and contents that are sent from where they are: the answers are those of who parses and copies. Sizes lie on both sides of
/// what is lent, and of what is a file in memory.
/// </summary>
public sealed class RepeatScenarios : IDisposable
{
    private const string Modified = "Sun, 06 Nov 1994 08:49:37 GMT";
    private static readonly int[] Sizes = [0, 10, 20_000, 100_000, 1_500_000];

    private readonly string _folder = Directory.CreateTempSubdirectory("afterimage-http-").FullName;

    public static TheoryData<int, bool> Places => new(Sizes.SelectMany(size => new[] { (size, false), (size, true) }));

    [Theory]
    [MemberData(nameof(Places))]
    public async Task The_answer_is_the_same_as_of_who_parses_it(int size, bool onDisk)
    {
        await using RouteFixture route = await StoredAsync(size, onDisk);
        foreach (string fields in new[]
        {
            "", "Accept: image/*\r\n", "If-None-Match: \"v1\"\r\n", "If-None-Match: W/\"v1\", \"v0\"\r\n", "If-None-Match: \"v2\"\r\n", $"If-Modified-Since: {Modified}\r\n",
            "If-Modified-Since: Sun, 06 Nov 1993 08:49:37 GMT\r\n", "Connection: keep-alive\r\nUser-Agent: somebody\r\n", "Cache-Control: max-age=3000\r\n", "Pragma: no-cache\r\n",
        })
        {
            foreach (string method in new[] { "GET", "HEAD" })
            {
                string request = Request(size, method, fields);
                string parsed = await AskAsync(route, request);
                long before = route.Recognised;
                Assert.Equal(RawAnswers.Comparable(parsed), RawAnswers.Comparable(await AskAsync(route, request)));
                Assert.Equal(before + 1, route.Recognised);
                Assert.Contains("X-Cache: HIT", parsed, StringComparison.Ordinal);
                Assert.Equal(parsed.StartsWith("HTTP/1.1 200", StringComparison.Ordinal) && method == "GET" ? Body(size) : "", BodyOf(parsed));
            }
        }

        Assert.Equal(1, route.Origin.Calls);
    }

    [Theory]
    [MemberData(nameof(Places))]
    public async Task Parts_are_cut_from_wherever_it_is(int size, bool onDisk)
    {
        await using RouteFixture route = await StoredAsync(size, onDisk);
        if (size == 0)
        {
            Assert.StartsWith("HTTP/1.1 416", await AskAsync(route, Request(size, "GET", "Range: bytes=0-9\r\n")), StringComparison.Ordinal);
            return;
        }

        foreach ((int from, int to) in new[] { (0, 0), (3, size - 1), (size / 3, size - 2), (size - 1, size - 1) })
        {
            string part = await AskAsync(route, Request(size, "GET", $"Range: bytes={from}-{to}\r\n"));
            Assert.StartsWith("HTTP/1.1 206", part, StringComparison.Ordinal);
            Assert.Equal(Body(size)[from..(to + 1)], BodyOf(part));
        }

        string parts = await AskAsync(route, Request(size, "GET", $"Range: bytes=0-1, {size / 2}-{size - 2}\r\n"));
        Assert.Contains($"Content-Range: bytes {size / 2}-{size - 2}/{size}\r\n\r\n{Body(size)[(size / 2)..(size - 1)]}\r\n", parts, StringComparison.Ordinal);
        Assert.Equal((1, 0L), (route.Origin.Calls, route.Recognised));
    }

    [Theory]
    [InlineData("Connection: close")]
    [InlineData("Content-Length: 0")]
    [InlineData("Authorization: Bearer secret")]
    [InlineData("Cookie: session=secret")]
    [InlineData("X-Auth-Token: secret")]
    [InlineData("Range: bytes=0-9")]
    [InlineData("If-Match: \"v1\"")]
    [InlineData("If-Unmodified-Since: Sun, 06 Nov 2044 08:49:37 GMT")]
    [InlineData("Cache-Control: no-cache")]
    [InlineData("Cache-Control: max-age=0")]
    [InlineData("Cache-Control: min-fresh=1000")]
    [InlineData("X-Tenant: one")]
    public async Task A_request_that_asks_for_more_is_parsed_each_time(string field)
    {
        await using RouteFixture route = await StoredAsync(10, onDisk: false);
        for (int i = 0; i < 4; i++)
        {
            route.Time.Advance(1);
            Assert.StartsWith("HTTP/1.1 20", await AskAsync(route, Request(10, "GET", field + "\r\n")), StringComparison.Ordinal);
        }

        Assert.Equal(0, route.Recognised);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Each_variant_goes_to_who_asks_for_it(bool onDisk)
    {
        await using RouteFixture route = await StoredAsync(10, onDisk, "Accept-Language: de\r\n", "Accept-Language: fr\r\n", "");
        for (int i = 0; i < 3; i++)
        {
            Assert.Contains("Content-Language: de\r\n", await AskAsync(route, Request(10, "GET", "Accept-Language: de\r\n")), StringComparison.Ordinal);
            Assert.Contains("Content-Language: fr\r\n", await AskAsync(route, Request(10, "GET", "Accept-Language: fr\r\n")), StringComparison.Ordinal);
            Assert.DoesNotContain("Content-Language", await AskAsync(route, Request(10, "GET", "")), StringComparison.Ordinal);
        }

        Assert.Equal((3, 6L), (route.Origin.Calls, route.Recognised));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_stale_is_validated_and_renewed(bool onDisk)
    {
        await using RouteFixture route = await StoredAsync(100_000, onDisk);
        await LearnAsync(route, 100_000);
        route.Time.Advance(601);
        string validated = await AskAsync(route, Request(100_000, "GET", ""));
        Assert.Contains("fwd=stale; fwd-status=304", validated, StringComparison.Ordinal);
        Assert.Equal((Body(100_000), 2), (BodyOf(validated), route.Origin.Calls));
        long before = route.Recognised;
        string renewed = await AskAsync(route, Request(100_000, "GET", ""));
        Assert.Equal((Body(100_000), before + 1), (BodyOf(renewed), route.Recognised));
        Assert.Equal(2, route.Origin.Calls);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_was_invalidated_is_not_answered_any_more(bool onDisk)
    {
        await using RouteFixture route = await StoredAsync(100_000, onDisk);
        await LearnAsync(route, 100_000);
        long before = route.Recognised;
        await route.SendAsync(HttpMethod.Delete, "/n/100000");
        Assert.Contains("X-Cache: MISS", await AskAsync(route, Request(100_000, "GET", "")), StringComparison.Ordinal);
        Assert.Equal(before, route.Recognised);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_the_disk_has_lost_is_fetched_again(bool learned)
    {
        await using RouteFixture route = await StoredAsync(100_000, onDisk: true, DiskOf(openFilesMax: 0));
        if (learned)
        {
            await LearnAsync(route, 100_000);
        }
        else
        {
            Assert.Contains("X-Cache: HIT", await AskAsync(route, Request(100_000, "GET", "X-Other: 1\r\n")), StringComparison.Ordinal);
        }

        foreach (string file in Directory.GetFiles(_folder, "*", SearchOption.AllDirectories).Where(file => new FileInfo(file).Length > 100_000))
        {
            File.Delete(file);
        }

        string answer = await AskAsync(route, Request(100_000, "GET", ""));
        Assert.Contains("X-Cache: MISS", answer, StringComparison.Ordinal);
        Assert.Equal((Body(100_000), 2), (BodyOf(answer), route.Origin.Calls));
        Assert.Contains("X-Cache: HIT", await AskAsync(route, Request(100_000, "GET", "")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(10_000, false)]
    [InlineData(10_000, true)]
    [InlineData(100_000, false)]
    [InlineData(100_000, true)]
    public async Task A_file_that_has_become_shorter_while_it_is_open_spoils_one_answer_at_most(int size, bool learned)
    {
        await using RouteFixture route = await StoredAsync(size, onDisk: true);
        string request = Request(size, "GET", learned ? "" : "Cookie: kept=apart\r\n");
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(Body(size), BodyOf(await AskAsync(route, request)));
        }

        Shorten(size);

        // What is copied is read before anything is said; what is lent, after its head.
        string spoilt = await RawAnswers.AskInVainAsync(route.Address, request);
        Assert.True(spoilt.Length < size || BodyOf(spoilt) == Body(size), "an answer of full length that is not what was stored");
        string answer = await AskAsync(route, request);
        Assert.Equal((Body(size), 2), (BodyOf(answer), route.Origin.Calls));
    }

    [Theory]
    [InlineData(10_000)]
    [InlineData(100_000)]
    public async Task A_file_that_has_become_shorter_is_a_miss_also_where_the_origin_says_that_it_is_right_still(int size)
    {
        await using RouteFixture route = await StoredAsync(size, onDisk: true);
        string request = Request(size, "GET", "");
        Assert.Equal(Body(size), BodyOf(await AskAsync(route, request)));
        route.Time.Advance(601);
        Shorten(size);
        await RawAnswers.AskInVainAsync(route.Address, request);
        string answer = await AskAsync(route, request);
        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        Assert.Equal(Body(size), BodyOf(answer));
    }

    [Fact]
    public async Task What_is_known_of_a_request_does_not_keep_content_that_has_been_removed()
    {
        await using RouteFixture route = await StoredAsync(100_000, onDisk: false);
        await LearnAsync(route, 100_000);
        await AskAsync(route, Request(100_000, "GET", ""));
        WeakReference content = Remove(route, "/n/100000");
        for (int i = 0; i < 500 && content.IsAlive; i++)
        {
            // The connections of the requests before are still being ended.
            await Task.Delay(10, TestContext.Current.CancellationToken);
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(content.IsAlive);
    }

    [Fact]
    public async Task What_was_replaced_on_disk_is_not_sent_for_what_it_replaced()
    {
        await using DiskTier disk = DiskOf();
        var key = new ResourceKey("", "/a");
        StoredResponse first = Make.Stored(200, "first", null, "Cache-Control: max-age=60"), second = Make.Stored(200, "other", null, "Cache-Control: max-age=60");
        disk.Save(key, first, (MemoryContent)first.Body);
        await disk.SettleAsync();
        var memory = new ResponseStore(1 << 20);
        await disk.LoadAsync(key, memory, null, CancellationToken.None);
        var content = Assert.IsType<DiskContent>(memory.Find(key, HttpFields.Empty)!.Body);
        using (OpenEntry? entry = await content.OpenAsync(CancellationToken.None))
        {
            disk.Save(key, second, (MemoryContent)second.Body);
            await disk.SettleAsync();
            byte[] read = new byte[5];
            await ((IStoredContent)entry!).ReadExactlyAsync(0, read, CancellationToken.None);
            Assert.Equal("first", Encoding.ASCII.GetString(read));
        }

        Assert.Null(await content.OpenAsync(CancellationToken.None));
        await Assert.ThrowsAsync<IOException>(async () => await content.ReadAsync(0, new byte[5], CancellationToken.None));
    }

    [Fact]
    public async Task Contents_on_disk_take_no_room_in_memory()
    {
        await using RouteFixture route = await StoredAsync(1_500_000, onDisk: true);
        Assert.Equal(Body(1_500_000), BodyOf(await AskAsync(route, Request(1_500_000, "GET", ""))));
        Assert.InRange(route.Store.Bytes, 1, 4_096);
    }

    [Fact]
    public async Task However_requests_are_mixed_and_cut_each_gets_its_own_answer()
    {
        await using RouteFixture route = await StoredAsync(20_000, onDisk: true);
        await AskAsync(route, Request(10, "GET", ""));
        string[] requests =
        [
            Request(10, "GET", ""), Request(20_000, "GET", ""),
            Request(20_000, "HEAD", ""),
            Request(20_000, "GET", "If-None-Match: \"v1\"\r\n"),
            Request(20_000, "GET", "Range: bytes=3-5\r\n"),
            Request(10, "GET", "Cookie: a=b\r\n"),
            Request(10, "GET", "Content-Length: 4\r\n") + "body",
        ];
        string[] answers = [.. (await Task.WhenAll(requests.Select(request => AskAsync(route, request)))).Select(RawAnswers.Comparable)];
        await RawAnswers.AskMixedAsync(route.Address, requests, answers, Request(10, "GET", "Connection: close\r\n"), 40, new Random(20_261_129));
        Assert.True(route.Recognised > 200, $"recognised {route.Recognised}");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Request(int size, string method, string fields) => $"{method} /n/{size} HTTP/1.1\r\nHost: a\r\n{fields}\r\n";

    private static Task<string> AskAsync(RouteFixture route, string request) => RawAnswers.AskAsync(route.Address, request);

    private static string BodyOf(string answer) => answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];

    private static string Body(int size)
    {
        byte[] bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return Encoding.Latin1.GetString(bytes);
    }

    /// <summary>Takes away half of the one file that has a content of this size.</summary>
    private void Shorten(int size)
    {
        string file = Directory.GetFiles(_folder, "*", SearchOption.AllDirectories).Single(name => new FileInfo(name).Length > size);
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        stream.SetLength(size / 2);
    }

    // Of its own, so that no variable of the caller keeps it.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Remove(RouteFixture route, string target)
    {
        var key = new ResourceKey("", target);
        var content = new WeakReference(route.Store.AllOf(key)[0].Body);
        route.Store.RemoveAll(key);
        return content;
    }

    /// <summary>Asks until the plainest request is recognised.</summary>
    private static async Task LearnAsync(RouteFixture route, int size)
    {
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal(Body(size), BodyOf(await AskAsync(route, Request(size, "GET", ""))));
        }

        Assert.Equal(1, route.Recognised);
    }

    /// <summary>A route that has answered each of these requests once; where they are on disk, through another process as it were.</summary>
    private Task<RouteFixture> StoredAsync(int size, bool onDisk, params string[] fields) => StoredAsync(size, onDisk, DiskOf(), fields);

    private static async Task<RouteFixture> StoredAsync(int size, bool onDisk, DiskTier disk, params string[] fields)
    {
        RouteFixture route = await RouteFixture.StartAsync(Origin, disk: disk);
        foreach (string each in fields.DefaultIfEmpty(""))
        {
            // With a cookie, so that nothing is learned yet.
            Assert.Contains("X-Cache: MISS", await AskAsync(route, Request(size, "GET", each + "Cookie: kept=apart\r\n")), StringComparison.Ordinal);
        }

        if (onDisk)
        {
            await disk.SettleAsync();
            route.Store.RemoveAll(new ResourceKey("", $"/n/{size}"));
        }

        return route;
    }

    private static async Task Origin(HttpContext context)
    {
        HttpResponse response = context.Response;
        response.Headers.CacheControl = "max-age=600, public";
        response.Headers.ETag = "\"v1\"";
        response.Headers.LastModified = Modified;
        response.Headers.Vary = "Accept-Language";
        response.Headers["X-Twice"] = new(["one", "two"]);
        if (context.Request.Headers.AcceptLanguage.Count > 0)
        {
            response.Headers.ContentLanguage = context.Request.Headers.AcceptLanguage;
        }

        bool isDelete = HttpMethods.IsDelete(context.Request.Method);
        if (isDelete || context.Request.Headers.IfNoneMatch == "\"v1\"")
        {
            response.StatusCode = isDelete ? StatusCodes.Status204NoContent : StatusCodes.Status304NotModified;
            return;
        }

        byte[] body = Encoding.Latin1.GetBytes(Body(int.Parse(context.Request.Path.Value!.Split('/')[^1], CultureInfo.InvariantCulture)));
        response.ContentLength = body.Length;
        if (HttpMethods.IsGet(context.Request.Method))
        {
            await response.Body.WriteAsync(body);
        }
    }

    private DiskTier DiskOf(int openFilesMax = 64) => new(
        FileEntryStore.Open(
            new FileEntryStoreOptions
            {
                Folder = _folder,
                Flush = FlushPolicy.Never,
                FreeDiskBytesMin = 0,
                OpenFilesMax = openFilesMax,
                Memory = new MemoryTierOptions { BytesMax = 0 },
            },
            TimeProvider.System),
        HttpCachePolicy.Default);
}
