using System.Net;
using System.Text;
using Afterimage.Gateway.HttpRoute;

namespace Afterimage.Origin;

/// <summary>The HTTP client side of the gateway: transparent, that is without redirects, cookies, decompression, tracing fields or a proxy of its own.</summary>
internal static class OriginTransport
{
    /// <param name="connectTimeout">Longest wait for a connection.</param>
    /// <param name="connectionsMax">Requests at the same time; others wait, within their time for the first byte. 0: no bound.</param>
    public static SocketsHttpHandler CreateHandler(TimeSpan connectTimeout, int connectionsMax = 0) => new()
    {
        MaxConnectionsPerServer = connectionsMax > 0 ? connectionsMax : int.MaxValue,
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,
        ConnectTimeout = connectTimeout,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60),

        // Header bytes beyond ASCII pass as they are (obs-text, RFC 9110 section 5.5).
        RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
        ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
        PlaintextStreamFilter = static (context, _) => ValueTask.FromResult<Stream>(
            context.NegotiatedHttpVersion.Major == 1 ? new InterimStream(context.PlaintextStream) : context.PlaintextStream),
    };
}
