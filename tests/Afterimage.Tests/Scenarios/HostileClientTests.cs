using System.Net;
using Afterimage.Configuration;
using Afterimage.Entries;
using Afterimage.Tests.Images;
using Xunit;

namespace Afterimage.Tests.Scenarios;

/// <summary>Clients that break the rules, or keep them as slowly as they can: refused or served, and nobody else notices.</summary>
public sealed class HostileClientTests
{
    private const string Picture = "/prompt/a%20red%20fox?width=64&height=64";
    private const string Inner = "GET /_afterimage/stats HTTP/1.1\r\nHost: a\r\n\r\n";

    public static TheoryData<string> SmugglingShapes =>
    [
        "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + Inner,
        "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n" + Inner,
        "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + Inner,
        "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + Inner,
        "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + Inner,
        "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n" + Inner,
        "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n" + Inner,
        "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 4\r\n\r\nabc" + Inner,
        "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc" + Inner,
        "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3;\r\n\r\nabc" + Inner,
        "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 00000000000000000000000000000003\r\n\r\nabc" + Inner,
        "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 0x3\r\n\r\nabc" + Inner,
        "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n" + Inner,
        "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + Inner,
        "POST /x HTTP/1.1\r\nHost: a\r\nX: b\r\n folded: c\r\n\r\n" + Inner,
        "POST /x HTTP/1.1\r\nHost: a\r\nX\0: b\r\n\r\n" + Inner,
        "POST /x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + Inner,
        "GET  /x HTTP/1.1\r\nHost: a\r\n\r\n" + Inner,
        "GET /x HTTP/1.1 \r\nHost: a\r\n\r\n" + Inner,
        "GET /x HTTP/9.9\r\nHost: a\r\n\r\n" + Inner,
    ];

    [Theory]
    [MemberData(nameof(SmugglingShapes))]
    public async Task A_request_whose_end_is_disputed_is_refused_and_the_rest_is_not_read(string raw)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        string answer = await RawClient.ExchangeAsync(gateway.Client.BaseAddress!, raw);

        // 502 where the origin had begun to read the body whose framing then broke.
        Assert.Matches("^HTTP/1.1 (400|501|502|505)", answer);
        Assert.Equal(answer.LastIndexOf("HTTP/1.1 ", StringComparison.Ordinal), answer.IndexOf("HTTP/1.1 ", StringComparison.Ordinal));
        Assert.All(gateway.Origin.Targets, target => Assert.Equal("/x", target));
        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync(Picture)).Status);
    }

    [Theory]
    [InlineData("line", "414")]
    [InlineData("header", "431")]
    [InlineData("headers", "431")]
    [InlineData("name", "431")]
    public async Task Oversize_heads_are_refused_by_name(string what, string status)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        string head = what switch
        {
            "line" => $"GET /prompt/{new string('a', 200_000)} HTTP/1.1\r\nHost: a\r\n\r\n",
            "header" => $"GET {Picture} HTTP/1.1\r\nHost: a\r\nX: {new string('a', 200_000)}\r\n\r\n",
            "name" => $"GET {Picture} HTTP/1.1\r\nHost: a\r\n{new string('a', 200_000)}: x\r\n\r\n",
            _ => $"GET {Picture} HTTP/1.1\r\nHost: a\r\n{string.Concat(Enumerable.Range(0, 500).Select(i => $"X-{i}: x\r\n"))}\r\n",
        };
        Assert.StartsWith($"HTTP/1.1 {status}", await RawClient.ExchangeAsync(gateway.Client.BaseAddress!, head));
        Assert.Equal(0, gateway.Origin.Calls);
        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync(Picture)).Status);
    }

    [Theory]
    [InlineData("%zz")]
    [InlineData("%")]
    [InlineData("%C0%AF")]
    [InlineData("%ED%A0%80")]
    [InlineData("a%00b")]
    public async Task A_malformed_prompt_is_never_guessed_nor_stored(string prompt)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        await gateway.GetAsync($"/prompt/{prompt}?width=64&height=64");
        await gateway.SettleAsync();
        Answer again = await gateway.GetAsync($"/prompt/{prompt}?width=64&height=64");
        Assert.NotEqual("HIT semantic", again.Cache);
        Assert.True(again.Cache != "HIT exact" || prompt == "a%00b");
        Assert.All(gateway.Origin.Targets, target => Assert.Contains(prompt, target));
    }

    [Theory]
    [InlineData("/prompt/a%0d%0aX-Injected:%20yes%0d%0a%0d%0a<html>?width=64&height=64")]
    [InlineData("/prompt/x?width=64&height=64&model=a%0d%0aX-Injected:%20yes")]
    [InlineData("/prompt/x?width=64&height=64&seed=5%0aX-Injected:%20yes")]
    [InlineData("/other/%0d%0aX-Injected:%20yes")]
    public async Task Line_breaks_in_a_request_make_no_header_line_anywhere(string target)
    {
        await using TestGateway gateway = await TestGateway.StartAsync(("Headers:Explain", "full"));
        await gateway.GetAsync("/prompt/a?width=64&height=64");
        await gateway.SettleAsync();
        for (int i = 0; i < 2; i++)
        {
            Answer answer = await gateway.GetAsync(target);
            Assert.DoesNotContain("X-Injected", answer.Headers.Keys);
        }

        Assert.All(gateway.Origin.Targets, seen => Assert.DoesNotContain('\n', seen));
    }

    [Fact]
    public async Task Nothing_in_a_request_becomes_a_path()
    {
        string outside = Directory.CreateTempSubdirectory("afterimage-test-").FullName;
        string data = Path.Combine(outside, "deep", "data");
        await using TestOrigin origin = await TestOrigin.StartAsync();
        await using (TestGateway gateway = await TestGateway.StartAsync(origin, data, keepData: true, ("Scope:Header", "X-Tenant"), ("Routes:0:Path", "/prompt/**"), ("Routes:1:Path", "/http/**"), ("Routes:1:Dialect", "http")))
        {
            const string up = "../../../../../../../../tmp/evil";
            foreach (string target in new[] { $"/prompt/{up}", $"/prompt/{Uri.EscapeDataString(up)}", $"/prompt/x?model={up}", $"/prompt/x?seed={up}", $"/http/{up}", $"/prompt/{up}%00.png", "/prompt//etc/passwd" })
            {
                await gateway.GetAsync(target + (target.Contains('?') ? "&" : "?") + "width=64&height=64", ("X-Tenant", up));
            }

            await gateway.SettleAsync();
            foreach (string id in new[] { "..%2f..%2fevil", "../../evil", "%2e%2e/%2e%2e/data" })
            {
                Answer answer = await gateway.GetAsync($"/_afterimage/entries/{id}");
                Assert.True((int)answer.Status is >= 400 and < 500, $"{id} gave {answer.Status}");
            }
        }

        Assert.Equal(["deep"], Directory.EnumerateFileSystemEntries(outside).Select(Path.GetFileName));
        Assert.Equal(["data"], Directory.EnumerateFileSystemEntries(Path.Combine(outside, "deep")).Select(Path.GetFileName));
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(data, "*", SearchOption.AllDirectories), path => path.Contains("evil", StringComparison.Ordinal) || path.Contains("passwd", StringComparison.Ordinal));
        Directory.Delete(outside, recursive: true);
    }

    [Fact]
    public async Task A_head_that_trickles_in_is_cut_off_and_others_are_served_meanwhile()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(("Limits:RequestHeadSeconds", "1"));
        var slow = new List<RawClient>();
        for (int i = 0; i < 200; i++)
        {
            slow.Add(await RawClient.ConnectAsync(gateway.Client.BaseAddress!));
            await slow[i].SendAsync($"GET {Picture} HTTP/1.1\r\nHost: a\r\nX-{i}: ");
        }

        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync(Picture)).Status);
        foreach (RawClient client in slow)
        {
            Assert.StartsWith("HTTP/1.1 408", await client.ReadToEndAsync());
            client.Dispose();
        }
    }

    [Theory]
    [InlineData("/other")]
    [InlineData("/http/x")]
    public async Task A_body_that_trickles_in_is_cut_off(string target)
    {
        await using TestGateway gateway = await TestGateway.StartAsync(("Routes:0:Path", "/http/**"), ("Routes:0:Dialect", "http"));
        using RawClient slow = await RawClient.ConnectAsync(gateway.Client.BaseAddress!);
        await slow.SendAsync($"POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nhello");
        Assert.StartsWith("HTTP/1.1 408", await slow.ReadToEndAsync());
    }

    [Theory]
    [InlineData("0")]
    [InlineData("268435456")]
    public async Task Who_does_not_take_a_picture_is_cut_off(string memoryBytesMax)
    {
        // Far more than the buffers of two sockets hold; the rate is set so high that the five seconds alone count.
        await using TestGateway gateway = await TestGateway.StartAsync(("Limits:BodyBytesPerSecondMin", "100000000"), ("Store:MemoryBytesMax", memoryBytesMax));
        byte[] large = ImageFixtures.SmallPng(64, 64, ImageFixtures.Text("parameters", new string('a', 24 << 20)));
        gateway.Origin.Answer = context => context.Response.Body.WriteAsync(large).AsTask();
        Assert.Equal(large, (await gateway.GetAsync(Picture)).Body);
        await gateway.SettleAsync();
        Assert.Equal("HIT exact", (await gateway.GetAsync(Picture)).Cache);
        using RawClient idle = await RawClient.ConnectAsync(gateway.Client.BaseAddress!);
        await idle.SendAsync($"GET {Picture} HTTP/1.1\r\nHost: a\r\n\r\n");
        await idle.UntilClosedAsync();
    }

    [Fact]
    public async Task Ten_thousand_idle_connections_cost_no_thread_and_delay_nobody()
    {
        const int count = 10_000;
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");
        Assert.SkipUnless(Descriptors.Max > count + 2000, $"needs {count + 2000} open files, this process may have {Descriptors.Max}");
        string data = Directory.CreateTempSubdirectory("afterimage-test-").FullName;
        await using TestOrigin origin = await TestOrigin.StartAsync();

        // By default the stores' shares count, whether they are used or not.
        string[] bound = Descriptors.ForClients(new OriginOptions().ConcurrencyMax) > count ? [] : ["--Limits:ConnectionsMax", $"{count + 100}"];
        await using (ProgramProcess program = ProgramProcess.Start(["serve", "--origin", origin.Address.ToString(), "--listen", "http://127.0.0.1:0", "--data", data, "--Log:Requests", "off", .. bound]))
        {
            Uri address = await program.Address;
            using var client = new HttpClient { BaseAddress = address };
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(Picture)).StatusCode);
            double threads = await MetricAsync(client, "process_threads");
            var idle = new List<RawClient>(count);
            for (int i = 0; i < count; i++)
            {
                idle.Add(await RawClient.ConnectAsync(address));
            }

            for (int i = 0; i < 20; i++)
            {
                Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(Picture)).StatusCode);
            }

            Assert.InRange(await MetricAsync(client, "process_threads"), 0, threads + 50);
            idle.ForEach(connection => connection.Dispose());
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(Picture)).StatusCode);
        }

        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task More_clients_than_files_may_be_open_are_closed_and_the_others_are_served()
    {
        const int filesMax = 600;
        Assert.SkipUnless(OperatingSystem.IsLinux(), "sets ulimit");
        using var data = new TemporaryFolder();
        await using TestOrigin origin = await TestOrigin.StartAsync();
        await using ProgramProcess program = ProgramProcess.StartWithOpenFiles(
            filesMax, "serve", "--origin", origin.Address.ToString(), "--listen", "http://127.0.0.1:0", "--data", data.Path, "--Log:Requests", "off");
        Uri address = await program.Address;
        using (var first = new HttpClient { BaseAddress = address })
        {
            Assert.Equal(HttpStatusCode.OK, (await first.GetAsync(Picture)).StatusCode);
        }

        var clients = new List<RawClient>();
        for (int i = 0; i < filesMax; i++)
        {
            clients.Add(await RawClient.ConnectAsync(address));
        }

        // The first ones were let in, and the last ones were not.
        await clients[0].SendAsync($"GET {Picture} HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 ", await clients[0].ReadSomeAsync(), StringComparison.Ordinal);
        await clients[^1].UntilClosedAsync();
        clients.ForEach(client => client.Dispose());

        using var later = new HttpClient { BaseAddress = address };
        long end = Environment.TickCount64 + (long)ProgramProcess.Hang.TotalMilliseconds;
        while (!await IsServedAsync(later))
        {
            // The server has not yet noticed that the others are gone.
            Assert.True(Environment.TickCount64 < end, "nobody is served any more");
        }

        Assert.Contains(program.Lines, line => line.Contains($"this process may have {filesMax} files open", StringComparison.Ordinal));
    }

    private static async Task<bool> IsServedAsync(HttpClient client)
    {
        try
        {
            return (await client.GetAsync(Picture)).StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException e) when (e.HttpRequestError is not HttpRequestError.ConnectionError)
        {
            return false;
        }
    }

    private static async Task<double> MetricAsync(HttpClient client, string name)
    {
        string metrics = await client.GetStringAsync("/_afterimage/metrics");
        string line = metrics.Split('\n').First(l => l.StartsWith(name + " ", StringComparison.Ordinal));
        return double.Parse(line.AsSpan(name.Length + 1), System.Globalization.CultureInfo.InvariantCulture);
    }
}
