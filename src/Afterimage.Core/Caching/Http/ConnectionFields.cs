namespace Afterimage.Caching.Http;

/// <summary>Which header fields concern one connection only and which may not be stored, RFC 9110 section 7.6.1 and RFC 9111 section 3.1.</summary>
public static class ConnectionFields
{
    private static readonly HashSet<string> HopByHop = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
    };

    private static readonly HashSet<string> ForOneProxy = new(StringComparer.OrdinalIgnoreCase)
    {
        "Proxy-Authenticate", "Proxy-Authentication-Info", "Proxy-Authorization",
    };

    /// <summary>Fields that are never forwarded, whatever <c>Connection</c> names.</summary>
    public static bool IsHopByHop(string name) => HopByHop.Contains(name);

    /// <summary>The fields of a message that go on to the next hop.</summary>
    public static HttpFields EndToEnd(HttpFields fields)
    {
        List<string> named = HttpToken.List(fields.Get("Connection"));
        return fields.Without(name => IsHopByHop(name) || Names(named, name));
    }

    /// <summary>The fields of a response that may be stored: without those above, those for one proxy, and those that a directive excepts.</summary>
    public static HttpFields Storable(HttpFields fields, CacheDirectives directives)
    {
        List<string> named = HttpToken.List(fields.Get("Connection"));
        return fields.Without(name => IsHopByHop(name) || ForOneProxy.Contains(name) || Names(named, name) || Names(directives.UnstorableFields, name));
    }

    private static bool Names(IReadOnlyList<string> list, string name)
    {
        foreach (string listed in list)
        {
            if (listed.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
