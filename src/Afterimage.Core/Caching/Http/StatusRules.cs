namespace Afterimage.Caching.Http;

/// <summary>What a status code means to a cache.</summary>
public static class StatusRules
{
    /// <summary>Statuses that may be given a heuristic lifetime, RFC 9110 section 15.1.</summary>
    public static bool IsHeuristicallyCacheable(int status) =>
        status is 200 or 203 or 204 or 206 or 300 or 301 or 308 or 404 or 405 or 410 or 414 or 501;

    /// <summary>Final statuses whose meaning this cache knows, which is what <c>must-understand</c> asks (RFC 9111 section 5.2.2.3).</summary>
    public static bool IsUnderstood(int status) => status is
        (>= 200 and <= 206) or (>= 300 and <= 308 and not 306)
        or (>= 400 and <= 417) or 421 or 422 or 426 or 428 or 429 or 431 or 451 or (>= 500 and <= 505) or 511;

    /// <summary>An answer that invalidates what an unsafe method changed: 2xx and 3xx (RFC 9111 section 4.4).</summary>
    public static bool IsNonError(int status) => status is >= 200 and < 400;

    /// <summary>Statuses that RFC 5861 section 4 counts as an error of the origin.</summary>
    public static bool IsServerError(int status) => status is 500 or 502 or 503 or 504;

    /// <summary>Statuses that say the origin could not be reached or could not work now, as opposed to having failed at this request.</summary>
    public static bool IsUnavailable(int status) => status is 502 or 503 or 504;

    /// <summary>Whether a response of this status has content after its header section.</summary>
    public static bool HasContent(int status) => status is >= 200 and not 204 and not 304;
}
