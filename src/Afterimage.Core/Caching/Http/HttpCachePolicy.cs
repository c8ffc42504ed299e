namespace Afterimage.Caching.Http;

/// <summary>What an operator may choose within the rules of RFC 9111. Immutable.</summary>
public sealed record HttpCachePolicy
{
    public static readonly HttpCachePolicy Default = new();

    /// <summary>Targeted fields (RFC 9213) that speak to this cache, the nearest first. Default: <c>CDN-Cache-Control</c>.</summary>
    public IReadOnlyList<string> Targets { get; init; } = TargetedDirectives.DefaultTargets;

    /// <summary>Part of the time since <c>Last-Modified</c> that a response without a lifetime stays fresh, 0 to 1; 0 turns heuristics off. Default 0.1 (RFC 9111 section 4.2.2).</summary>
    public double HeuristicFraction { get; init; } = 0.1;

    /// <summary>Upper bound of a heuristic lifetime. Default one day.</summary>
    public TimeSpan HeuristicMax { get; init; } = TimeSpan.FromDays(1);

    /// <summary>
    /// How long after expiry a response may be served because the origin cannot be reached or answers 502, 503 or 504 (RFC 9111 section 4.2.4 calls this
    /// being disconnected); responses that forbid it are never served stale. Zero turns it off. Default one day.
    /// </summary>
    public TimeSpan StaleWhenDisconnected { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Whether <c>no-cache</c>, <c>no-store</c>, <c>max-age</c> and the like of a request are obeyed. Default true.</summary>
    public bool ObeyRequestDirectives { get; init; } = true;
}
