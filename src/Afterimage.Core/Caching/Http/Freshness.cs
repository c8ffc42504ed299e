namespace Afterimage.Caching.Http;

/// <summary>How old a response was when it came and how long it stays fresh, RFC 9111 section 4.2.</summary>
/// <param name="Lifetime">Freshness lifetime, zero or more.</param>
/// <param name="IsExplicit">Whether the response itself says how long: a directive or <c>Expires</c>, even an unreadable one.</param>
/// <param name="InitialAge">Corrected initial age: what had passed when the response arrived.</param>
/// <param name="Date">When the origin made it; when it arrived, if it does not say.</param>
public readonly record struct Freshness(TimeSpan Lifetime, bool IsExplicit, TimeSpan InitialAge, DateTimeOffset Date)
{
    /// <summary>Computes both for a response to a request sent at <paramref name="requestTime"/> and answered at <paramref name="responseTime"/>.</summary>
    public static Freshness Of(
        int status, HttpFields fields, CacheDirectives directives, DateTimeOffset requestTime, DateTimeOffset responseTime, HttpCachePolicy policy)
    {
        bool dated = HttpDate.TryParse(fields.First("Date"), responseTime, out DateTimeOffset date);
        date = dated ? date : responseTime;

        // Section 4.2.3. A clock that ran backwards between the two times counts as no delay.
        TimeSpan apparentAge = Max(TimeSpan.Zero, responseTime - date);
        TimeSpan responseDelay = Max(TimeSpan.Zero, responseTime - requestTime);
        TimeSpan correctedAge = TimeSpan.FromSeconds(AgeField.Parse(fields.Get("Age"))) + responseDelay;
        TimeSpan? lifetime = ExplicitLifetime(fields, directives, date, responseTime);
        return new Freshness(
            lifetime ?? Heuristic(status, fields, directives, date, responseTime, policy),
            lifetime is not null,
            Max(apparentAge, correctedAge),
            date);
    }

    /// <summary>Section 4.2.1, first match wins; null where the response does not say.</summary>
    private static TimeSpan? ExplicitLifetime(HttpFields fields, CacheDirectives directives, DateTimeOffset date, DateTimeOffset responseTime)
    {
        if ((directives.SharedMaxAgeSeconds ?? directives.MaxAgeSeconds) is { } seconds)
        {
            return TimeSpan.FromSeconds(seconds);
        }

        if (directives.Targeted || fields.First("Expires") is not { } expires)
        {
            return null;
        }

        // An Expires that is no date, above all "0", means the past (section 5.3).
        return HttpDate.TryParse(expires, responseTime, out DateTimeOffset end) ? Max(TimeSpan.Zero, end - date) : TimeSpan.Zero;
    }

    private static TimeSpan Heuristic(
        int status, HttpFields fields, CacheDirectives directives, DateTimeOffset date, DateTimeOffset responseTime, HttpCachePolicy policy)
    {
        if (!(StatusRules.IsHeuristicallyCacheable(status) || directives.Public)
            || !HttpDate.TryParse(fields.First("Last-Modified"), responseTime, out DateTimeOffset modified) || modified >= date)
        {
            return TimeSpan.Zero;
        }

        TimeSpan lifetime = (date - modified) * policy.HeuristicFraction;
        return lifetime < policy.HeuristicMax ? lifetime : policy.HeuristicMax;
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
