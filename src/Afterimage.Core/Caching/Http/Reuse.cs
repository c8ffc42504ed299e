namespace Afterimage.Caching.Http;

/// <summary>May this stored response answer without asking the origin? RFC 9111 sections 4, 4.2.4 and 5.2.1; RFC 5861.</summary>
public static class Reuse
{
    public static ReuseVerdict Check(StoredResponse stored, RequestDirectives request, DateTimeOffset now)
    {
        if (stored.Directives.NoCache || request.NoCache || request.NoStore)
        {
            return ReuseVerdict.Validate;
        }

        TimeSpan age = stored.AgeAt(now);
        if (request.MaxAgeSeconds is { } maxAge && age > TimeSpan.FromSeconds(maxAge))
        {
            return ReuseVerdict.Validate;
        }

        TimeSpan remaining = stored.Freshness.Lifetime - age;
        if (request.MinFreshSeconds is { } minFresh && remaining < TimeSpan.FromSeconds(minFresh))
        {
            return ReuseVerdict.Validate;
        }

        if (remaining > TimeSpan.Zero)
        {
            return ReuseVerdict.Fresh;
        }

        if (stored.Directives.ForbidsStale)
        {
            return ReuseVerdict.Validate;
        }

        TimeSpan staleness = -remaining;
        if (request.MaxStaleSeconds is { } maxStale && (maxStale == long.MaxValue || staleness <= TimeSpan.FromSeconds(maxStale)))
        {
            return ReuseVerdict.AcceptablyStale;
        }

        return stored.Directives.StaleWhileRevalidateSeconds is { } window && staleness <= TimeSpan.FromSeconds(window)
            ? ReuseVerdict.StaleWhileRevalidate
            : ReuseVerdict.Validate;
    }

    /// <summary>May it stand in although the origin failed? A client that says <c>no-cache</c> wants the failure instead.</summary>
    /// <param name="stored">The response that would have been validated or replaced.</param>
    /// <param name="request">The client's directives.</param>
    /// <param name="status">The origin's status; null where it could not be reached, broke off or ran out of time.</param>
    /// <param name="now">The time.</param>
    /// <param name="policy">How long being disconnected excuses staleness.</param>
    public static bool MayStandIn(StoredResponse stored, RequestDirectives request, int? status, DateTimeOffset now, HttpCachePolicy policy)
    {
        if (stored.Directives.ForbidsStale || request.NoCache || request.NoStore || request.MinFreshSeconds is not null)
        {
            return false;
        }

        TimeSpan age = stored.AgeAt(now);
        if (request.MaxAgeSeconds is { } maxAge && age > TimeSpan.FromSeconds(maxAge))
        {
            return false;
        }

        // A fresh response can get here too: the client asked for a range of it or its validation, and the origin failed.
        TimeSpan staleness = age - stored.Freshness.Lifetime;
        long window = Math.Max(stored.Directives.StaleIfErrorSeconds ?? -1, request.StaleIfErrorSeconds ?? -1);
        if ((status is null || StatusRules.IsServerError(status.Value)) && staleness <= TimeSpan.FromSeconds(window))
        {
            return true;
        }

        return (status is null || StatusRules.IsUnavailable(status.Value)) && staleness <= policy.StaleWhenDisconnected;
    }
}
