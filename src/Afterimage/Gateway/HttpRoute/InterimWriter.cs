using System.Text;
using Afterimage.Caching.Http;
using Microsoft.AspNetCore.Connections.Features;

namespace Afterimage.Gateway.HttpRoute;

/// <summary>
/// Passes interim responses on to one client. Kestrel has no way to send them, so they are written to the connection's transport: that is safe only on
/// HTTP/1.1, before the final response has begun, and by one writer. <see cref="CloseAsync"/> ends it before the final response starts.
/// </summary>
internal sealed class InterimWriter : IDisposable
{
    private readonly System.IO.Pipelines.PipeWriter _output;
    private readonly SemaphoreSlim _gate = new(1);
    private readonly CancellationToken _aborted;
    private bool _closed;

    private InterimWriter(System.IO.Pipelines.PipeWriter output, CancellationToken aborted)
    {
        _output = output;
        _aborted = aborted;
    }

    /// <summary>Null where the client cannot get interim responses: not HTTP/1.1 (RFC 9110 section 15.2), or a server without such a transport.</summary>
    public static InterimWriter? For(HttpContext context)
    {
        return context.Request.Protocol == "HTTP/1.1" && context.Features.Get<IConnectionTransportFeature>() is { } transport
            ? new InterimWriter(transport.Transport.Output, context.RequestAborted)
            : null;
    }

    /// <summary>Writes one interim response.</summary>
    /// <param name="head">Status line and field lines as the origin sent them, without the empty line.</param>
    public async Task WriteAsync(string head)
    {
        if (Render(head) is not { } bytes)
        {
            return;
        }

        await _gate.WaitAsync(CancellationToken.None);
        try
        {
            if (!_closed && !_aborted.IsCancellationRequested)
            {
                await _output.WriteAsync(bytes, _aborted);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or InvalidOperationException)
        {
            // The client is gone; the final response will find that out too.
            _closed = true;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>After this nothing more is written.</summary>
    public async Task CloseAsync()
    {
        await _gate.WaitAsync(CancellationToken.None);
        _closed = true;
        _gate.Release();
    }

    public void Dispose() => _gate.Dispose();

    /// <summary>Only 102 and 103 go on: 100 is between two neighbours, 101 changes the connection. Fields of one hop stay behind.</summary>
    private static byte[]? Render(string head)
    {
        string[] lines = head.Split("\r\n");
        string status = lines[0]["HTTP/1.1 ".Length..];
        if (!(status.StartsWith("102", StringComparison.Ordinal) || status.StartsWith("103", StringComparison.Ordinal)))
        {
            return null;
        }

        var text = new StringBuilder("HTTP/1.1 ").Append(status).Append("\r\n");
        foreach (string line in lines.AsSpan(1))
        {
            int colon = line.IndexOf(':');
            string name = colon < 0 ? "" : line[..colon];
            if (HttpToken.IsToken(name) && !ConnectionFields.IsHopByHop(name) && !name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase)
                && line.AsSpan().IndexOfAny('\r', '\n', '\0') < 0)
            {
                text.Append(line).Append("\r\n");
            }
        }

        return Encoding.Latin1.GetBytes(text.Append("\r\n").ToString());
    }
}
