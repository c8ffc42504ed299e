using System.Net;
using System.Text;

namespace Afterimage.Origin;

/// <summary>The HTTP client side of the gateway: transparent, that is without redirects, cookies, decompression, tracing fields or a proxy of its own.</summary>
internal static class OriginTransport
{
    /// <param name="connectTimeout">Longest wait for a connection.</param>
    public static SocketsHttpHandler CreateHandler(TimeSpan connectTimeout) => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,
        ConnectTimeout = connectTimeout,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),

        // Shorter than the 5 s after which common origins (Node, uvicorn) close: a request that meets the closing cannot be repeated safely.
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(4),

        // Header bytes beyond ASCII pass as they are (obs-text, RFC 9110 section 5.5).
        RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
        ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
        PlaintextStreamFilter = static (context, _) => ValueTask.FromResult<Stream>(
            context.NegotiatedHttpVersion.Major == 1 ? new OriginStream(context.PlaintextStream) : context.PlaintextStream),
    };
}
