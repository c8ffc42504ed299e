namespace Afterimage.Caching.Http;

/// <summary>What a request method means to a cache, RFC 9110 section 9.</summary>
public static class MethodRules
{
    public static bool IsGet(string method) => method == "GET";

    public static bool IsHead(string method) => method == "HEAD";

    /// <summary>Whether a stored response may answer: GET and HEAD.</summary>
    public static bool MayBeAnswered(string method) => method is "GET" or "HEAD";

    /// <summary>Safe methods change nothing at the origin; a method we do not know is not taken for safe (RFC 9111 section 4.4).</summary>
    public static bool IsSafe(string method) => method is "GET" or "HEAD" or "OPTIONS" or "TRACE" or "PROPFIND" or "REPORT" or "SEARCH" or "QUERY";
}
