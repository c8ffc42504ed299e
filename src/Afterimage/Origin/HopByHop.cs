using Microsoft.Extensions.Primitives;

namespace Afterimage.Origin;

/// <summary>Headers that belong to one connection and are not forwarded (RFC 9110 section 7.6.1), besides those that Connection names.</summary>
internal static class HopByHop
{
    private static readonly HashSet<string> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "HTTP2-Settings",
    };

    public static bool Contains(string name) => Names.Contains(name);

    /// <summary>The header names that a Connection header lists; null where there are none beyond the usual.</summary>
    public static HashSet<string>? ListedIn(IEnumerable<string?> connection)
    {
        HashSet<string>? listed = null;
        foreach (string? line in connection)
        {
            foreach (string name in (line ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                if (!name.Equals("close", StringComparison.OrdinalIgnoreCase) && !name.Equals("keep-alive", StringComparison.OrdinalIgnoreCase))
                {
                    (listed ??= new(StringComparer.OrdinalIgnoreCase)).Add(name);
                }
            }
        }

        return listed;
    }

    public static HashSet<string>? ListedIn(StringValues connection) => ListedIn((IEnumerable<string?>)connection);
}
