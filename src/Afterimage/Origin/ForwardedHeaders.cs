using Microsoft.Extensions.Primitives;

namespace Afterimage.Origin;

/// <summary>The headers that go on to the origin.</summary>
internal static class ForwardedHeaders
{
    /// <summary>What a picture that will be shared must not depend on, or what would make the answer less than the whole picture.</summary>
    private static readonly HashSet<string> NotForImages = new(StringComparer.OrdinalIgnoreCase)
    {
        "If-None-Match", "If-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range", "Range", "Accept-Encoding", "Cache-Control", "Pragma", "no-cache",
        "Cookie", "X-Afterimage-Semantic", "Content-Length", "Content-Type", "Expect",
    };

    /// <summary>
    /// Those by which a client could tell the origin another host, scheme, path or method than those in the key: an origin that believes them would let one client
    /// choose what everyone is served. They end at whatever is cached.
    /// </summary>
    private static readonly HashSet<string> Redirecting = new(StringComparer.OrdinalIgnoreCase)
    {
        "Forwarded", "X-Host", "X-Original-URL", "X-Original-Host", "X-Rewrite-URL", "X-HTTP-Method", "X-HTTP-Method-Override", "X-Method-Override",
    };

    /// <summary>Whether a field could make the origin answer another request than the one in the key.</summary>
    public static bool Redirects(string name) => Redirecting.Contains(name)
        || (name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase) && !name.Equals("X-Forwarded-For", StringComparison.OrdinalIgnoreCase));

    /// <summary>All end-to-end headers of a request, with X-Forwarded-* added.</summary>
    public static List<KeyValuePair<string, string>> Of(HttpRequest request)
    {
        var headers = new List<KeyValuePair<string, string>>(request.Headers.Count + 4);
        HashSet<string>? listed = HopByHop.ListedIn(request.Headers.Connection);
        foreach ((string name, StringValues values) in request.Headers)
        {
            if (HopByHop.Contains(name) || listed?.Contains(name) == true || name.Equals("Host", StringComparison.OrdinalIgnoreCase)
                || name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase) || name.StartsWith(':'))
            {
                continue;
            }

            foreach (string? value in values)
            {
                headers.Add(new(name, value ?? ""));
            }
        }

        string client = request.HttpContext.Connection.RemoteIpAddress?.ToString() ?? "unknown";
        string chain = request.Headers["X-Forwarded-For"].ToString();
        headers.Add(new("X-Forwarded-For", chain.Length > 0 ? $"{chain}, {client}" : client));
        headers.Add(new("X-Forwarded-Proto", request.Headers["X-Forwarded-Proto"] is { Count: > 0 } proto ? proto.ToString() : request.Scheme));
        headers.Add(new("X-Forwarded-Host", request.Headers["X-Forwarded-Host"] is { Count: > 0 } host ? host.ToString() : request.Host.Value ?? ""));
        return headers;
    }

    /// <summary>The headers of a request for a picture: credentials and addresses pass; what would cut, vary or exchange the answer does not.</summary>
    public static List<KeyValuePair<string, string>> OfImage(HttpRequest request)
    {
        List<KeyValuePair<string, string>> headers = Of(request);
        headers.RemoveAll(h => NotForImages.Contains(h.Key) || Redirects(h.Key));
        return headers;
    }
}
