using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Afterimage.Gateway.HttpRoute;

/// <summary>What the server must be set to so that a route passes messages on unchanged.</summary>
internal static class HttpRouteHost
{
    /// <summary>Header bytes beyond ASCII pass as they are, and no <c>Server</c> field is added.</summary>
    public static void Configure(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.RequestHeaderEncodingSelector = static _ => Encoding.Latin1;
        kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
    }
}
