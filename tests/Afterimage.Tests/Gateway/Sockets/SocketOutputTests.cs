using System.Net;
using System.Net.Sockets;
using System.Text;
using Afterimage.Tests.Images;
using Afterimage.Tests.Scenarios;
using Xunit;

namespace Afterimage.Tests.Gateway.Sockets;

/// <summary>Hits go to the socket from memory and from files without a copy: the same bytes as ever, whatever the client does.</summary>
public sealed class SocketOutputTests
{
    private const string Picture = "/prompt/a%20red%20fox?width=64&height=64";

    public static TheoryData<string, int> TiersAndSizes => new(
        from tier in new[] { "memory", "disk" }
        from size in new[] { 300, 16_383, 16_384, 60_000, 1_048_576, 3_000_000 }
        select new TheoryDataRow<string, int>(tier, size));

    [Theory]
    [MemberData(nameof(TiersAndSizes))]
    public async Task Every_hit_of_every_size_has_the_origins_bytes(string tier, int size)
    {
        await using TestGateway gateway = await StartAsync(tier, size);
        byte[] expected = await WarmAsync(gateway);
        Answer[] hits = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => gateway.GetAsync(Picture)));
        Assert.All(hits, hit =>
        {
            Assert.Equal("HIT exact", hit.Cache);
            Assert.True(expected.AsSpan().SequenceEqual(hit.Body));
        });
        Answer part = await gateway.GetAsync(Picture, ("Range", $"bytes=10-{expected.Length - 5}"));
        Assert.Equal(HttpStatusCode.PartialContent, part.Status);
        Assert.True(expected.AsSpan(10..^4).SequenceEqual(part.Body));
    }

    [Theory]
    [InlineData("memory")]
    [InlineData("disk")]
    public async Task A_client_that_reads_slowly_gets_every_byte_and_another_that_leaves_disturbs_nobody(string tier)
    {
        await using TestGateway gateway = await StartAsync(tier, 3_000_000);
        byte[] expected = await WarmAsync(gateway);
        using (Socket leaving = await AskAsync(gateway, 1))
        {
            await leaving.ReceiveAsync(new byte[1000]);
        }

        using Socket slow = await AskAsync(gateway, 1);
        using var received = new MemoryStream();
        byte[] piece = new byte[7000];
        while (received.Length < expected.Length || received.Length < BodyStart(received.GetBuffer()) + expected.Length)
        {
            int read = await slow.ReceiveAsync(piece.AsMemory(0, 1 + (int)(received.Length % piece.Length)));
            Assert.NotEqual(0, read);
            received.Write(piece, 0, read);
        }

        byte[] answer = received.ToArray();
        Assert.True(expected.AsSpan().SequenceEqual(answer.AsSpan(BodyStart(answer))));
        Answer afterwards = await gateway.GetAsync(Picture);
        Assert.True(expected.AsSpan().SequenceEqual(afterwards.Body));
    }

    [Theory]
    [InlineData("memory")]
    [InlineData("disk")]
    public async Task Requests_sent_ahead_are_answered_in_order_and_whole(string tier)
    {
        const int count = 5;
        await using TestGateway gateway = await StartAsync(tier, 60_000);
        byte[] expected = await WarmAsync(gateway);
        using Socket client = await AskAsync(gateway, count);
        using var whole = new MemoryStream();
        byte[] piece = new byte[65_536];
        for (int read; (read = await client.ReceiveAsync(piece)) > 0;)
        {
            whole.Write(piece, 0, read);
        }

        byte[] received = whole.ToArray();
        for (int i = 0; i < count; i++)
        {
            int body = BodyStart(received);
            Assert.StartsWith("HTTP/1.1 200", Encoding.ASCII.GetString(received, 0, 12));
            Assert.True(expected.AsSpan().SequenceEqual(received.AsSpan(body, expected.Length)));
            received = received[(body + expected.Length)..];
        }

        Assert.Empty(received);
    }

    [Fact]
    public async Task A_file_that_was_cut_while_it_was_open_ends_the_connection_early()
    {
        await using TestGateway gateway = await StartAsync("disk", 60_000);
        await WarmAsync(gateway);
        string file = Directory.GetFiles(gateway.Data, "*.entry", SearchOption.AllDirectories).Single();
        await using (FileStream cut = File.Open(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
        {
            cut.SetLength(30_000);
        }

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => gateway.GetAsync(Picture));
    }

    [Theory]
    [InlineData("memory")]
    [InlineData("disk")]
    public async Task Head_and_a_known_entity_tag_get_headers_only(string tier)
    {
        await using TestGateway gateway = await StartAsync(tier, 60_000);
        await WarmAsync(gateway);
        Answer whole = await gateway.GetAsync(Picture);
        Answer head = await gateway.SendAsync(HttpMethod.Head, Picture);
        Assert.Equal(("HIT exact", HttpStatusCode.OK, whole["Content-Length"]), (head.Cache, head.Status, head["Content-Length"]));
        Answer known = await gateway.GetAsync(Picture, ("If-None-Match", whole["ETag"]));
        Assert.Equal((HttpStatusCode.NotModified, whole["ETag"], 0), (known.Status, known["ETag"], known.Body.Length));
        Answer other = await gateway.GetAsync(Picture, ("If-None-Match", "\"another\""));
        Assert.Equal((HttpStatusCode.OK, whole.Body.Length), (other.Status, other.Body.Length));
    }

    private static async Task<TestGateway> StartAsync(string tier, int size)
    {
        TestGateway gateway = await TestGateway.StartAsync(("Store:MemoryBytesMax", tier == "memory" ? "100000000" : "0"));
        gateway.Origin.Answer = async context =>
        {
            context.Response.ContentType = "image/png";
            byte[] filling = new byte[Math.Max(1, size - ImageFixtures.SmallPng(64, 64).Length - 12)];
            new Random(size).NextBytes(filling);
            await context.Response.Body.WriteAsync(ImageFixtures.SmallPng(64, 64, ("prVt", filling)));
        };
        return gateway;
    }

    /// <summary>Asks until the shortest way knows the target, and returns the origin's bytes.</summary>
    private static async Task<byte[]> WarmAsync(TestGateway gateway)
    {
        Answer miss = await gateway.GetAsync(Picture);
        await gateway.SettleAsync();
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal("HIT exact", (await gateway.GetAsync(Picture)).Cache);
        }

        return miss.Body;
    }

    private static async Task<Socket> AskAsync(TestGateway gateway, int times)
    {
        var address = new Uri(gateway.Host.Addresses[0]);
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 8192 };
        await client.ConnectAsync(IPAddress.Loopback, address.Port);
        string head = $"GET {Picture} HTTP/1.1\r\nHost: {address.Authority}\r\n";
        await client.SendAsync(Encoding.ASCII.GetBytes($"{string.Concat(Enumerable.Repeat(head + "\r\n", times - 1))}{head}Connection: close\r\n\r\n"));
        return client;
    }

    private static int BodyStart(ReadOnlySpan<byte> answer) => answer.IndexOf("\r\n\r\n"u8) + 4;
}
