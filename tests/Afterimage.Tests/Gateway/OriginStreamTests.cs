using System.IO.Pipelines;
using System.Text;
using Afterimage.Gateway.HttpRoute;
using Afterimage.Origin;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Afterimage.Tests.Gateway;

/// <summary>What the gateway reads along on a connection to the origin.</summary>
public sealed class OriginStreamTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_interim_response_that_comes_in_pieces_while_the_content_is_still_being_sent_goes_on_whole()
    {
        var client = new Pipe();
        DefaultHttpContext context = ContextOf(client);
        using InterimWriter interim = InterimWriter.For(context)!;
        var inner = new Scripted("HTTP/1.1 103 Early Hi", "nts\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n");
        await using var connection = new OriginStream(inner);
        OriginStream.Current.Value = new OriginStream.Exchange(interim);
        byte[] buffer = new byte[1000];

        await connection.WriteAsync("GET / HTTP/1.1\r\nContent-Length: 2\r\n\r\na"u8.ToArray(), Stop);
        await connection.ReadExactlyAsync(buffer.AsMemory(0, 21), Stop);
        await connection.WriteAsync("b"u8.ToArray(), Stop);
        Assert.True(await connection.ReadAsync(buffer, Stop) > 0);

        await client.Writer.CompleteAsync();
        using var reader = new StreamReader(client.Reader.AsStream(), Encoding.ASCII);
        Assert.Equal("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n", await reader.ReadToEndAsync(Stop));
    }

    private static DefaultHttpContext ContextOf(Pipe client)
    {
        var context = new DefaultHttpContext();
        context.Request.Protocol = "HTTP/1.1";
        context.Features.Set<IConnectionTransportFeature>(new Connection(new Duplex(client.Reader, client.Writer)));
        return context;
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    private sealed class Connection(IDuplexPipe pipe) : IConnectionTransportFeature
    {
        public IDuplexPipe Transport { get; set; } = pipe;
    }

    /// <summary>Takes what is written and gives one piece at each reading.</summary>
    private sealed class Scripted(params string[] pieces) : MemoryStream
    {
        private int _next;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(_next < pieces.Length ? Encoding.ASCII.GetBytes(pieces[_next++], buffer.Span) : 0);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;
    }
}
