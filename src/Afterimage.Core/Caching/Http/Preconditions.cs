namespace Afterimage.Caching.Http;

/// <summary>Conditional requests that a cache answers itself, RFC 9111 section 4.3.2 and RFC 9110 section 13.</summary>
public static class Preconditions
{
    /// <summary>
    /// Whether the client's copy is the stored one, so that 304 is the answer. <c>If-None-Match</c> decides alone where it is there; dates are looked
    /// at otherwise, and only for a stored 200.
    /// </summary>
    public static bool IsNotModified<TFields>(StoredResponse stored, TFields request)
        where TFields : IRequestFields
    {
        if (request.Get("If-None-Match") is { } tags)
        {
            return EntityTag.ListMatches(tags, stored.ETag);
        }

        if (stored.Status != 200 || request.Get("If-Modified-Since") is not { } since || !HttpDate.TryParse(since, stored.ResponseTime, out DateTimeOffset copy))
        {
            return false;
        }

        // Without Last-Modified the date of the stored response stands in for it.
        return (stored.LastModified ?? stored.Freshness.Date) <= copy;
    }

    /// <summary>
    /// Whether a <c>Range</c> may be served from the stored representation: there is no <c>If-Range</c>, or it names exactly this one. A tag must be
    /// strong; a date must be <c>Last-Modified</c> to the letter and so old that two versions within its second are unlikely (section 8.8.2.2).
    /// </summary>
    public static bool RangeApplies<TFields>(StoredResponse stored, TFields request)
        where TFields : IRequestFields
    {
        if (request.Get("If-Range") is not { } condition)
        {
            return true;
        }

        if (condition.Contains('"'))
        {
            return EntityTag.Parse(condition) is { } tag && stored.ETag is { } own && own.StronglyEquals(tag);
        }

        return stored.LastModified is { } modified
            && HttpDate.TryParse(condition, stored.ResponseTime, out DateTimeOffset date) && date == modified
            && stored.Freshness.Date - modified >= TimeSpan.FromSeconds(1);
    }
}
