namespace Afterimage.Caching.Http;

/// <summary>May a shared cache store this response? RFC 9111 section 3.</summary>
public static class Storability
{
    /// <param name="method">The request's method.</param>
    /// <param name="request">The request's directives.</param>
    /// <param name="authorized">Whether the request had <c>Authorization</c>.</param>
    /// <param name="status">Final status.</param>
    /// <param name="fields">End-to-end fields of the response.</param>
    /// <param name="directives">The directives that hold for it.</param>
    /// <param name="freshness">Its lifetime and age.</param>
    /// <param name="sameContentLocation">Whether its <c>Content-Location</c> is the request's own URI; only a POST asks.</param>
    public static StorageVerdict Check(
        string method,
        RequestDirectives request,
        bool authorized,
        int status,
        HttpFields fields,
        CacheDirectives directives,
        Freshness freshness,
        bool sameContentLocation)
    {
        // A response to POST answers later GETs only when it says where it belongs and how long it is good (RFC 9110 section 9.3.3).
        if (!MethodRules.IsGet(method) && !(method == "POST" && sameContentLocation && freshness.IsExplicit && status == 200))
        {
            return StorageVerdict.Method;
        }

        if (request.NoStore)
        {
            return StorageVerdict.RequestNoStore;
        }

        if (ForbiddenByResponse(status, directives) is { } forbidden)
        {
            return forbidden;
        }

        if (authorized && !MayShareAuthorized(directives))
        {
            return StorageVerdict.Authorization;
        }

        if (VaryFields.Parse(fields.Get("Vary")) is null)
        {
            return StorageVerdict.VaryStar;
        }

        bool allowed = directives.Public || freshness.IsExplicit || StatusRules.IsHeuristicallyCacheable(status);
        if (!allowed)
        {
            return StorageVerdict.NotAllowed;
        }

        return CanEverBeUsed(fields, directives, freshness) ? StorageVerdict.Store : StorageVerdict.Useless;
    }

    private static StorageVerdict? ForbiddenByResponse(int status, CacheDirectives directives)
    {
        // 304 and 416 speak about one request; 1xx is not final.
        if (status is < 200 or 304 or 416 || (directives.MustUnderstand && !StatusRules.IsUnderstood(status)))
        {
            return StorageVerdict.Status;
        }

        // must-understand lifts no-store for a status that we do understand (section 5.2.2.3).
        if (directives.NoStore && !directives.MustUnderstand)
        {
            return StorageVerdict.NoStore;
        }

        return directives.Private ? StorageVerdict.Private : null;
    }

    /// <summary>Section 3.5.</summary>
    private static bool MayShareAuthorized(CacheDirectives directives) =>
        directives.Public || directives.MustRevalidate || directives.SharedMaxAgeSeconds is not null;

    private static bool CanEverBeUsed(HttpFields fields, CacheDirectives directives, Freshness freshness)
    {
        bool validator = fields.Contains("ETag") || fields.Contains("Last-Modified");
        bool fresh = !directives.NoCache && freshness.Lifetime > freshness.InitialAge;
        bool stale = freshness.IsExplicit && !directives.ForbidsStale;
        return validator || fresh || stale;
    }
}
