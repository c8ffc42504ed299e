using Afterimage.Caching.Http;
using Afterimage.Entries;

namespace Afterimage.Gateway.HttpRoute;

/// <summary>Decides whether an origin's answer is stored, and stores it.</summary>
internal sealed class HttpAdmission(HttpRouteOptions options, ResponseStore store, DiskTier? disk, InvalidationLog invalidations)
{
    /// <summary>The answer as it will be stored, still without content; null where it must not or cannot be.</summary>
    public StoredResponse? Admit(Ask ask, OriginHead head, out StorageVerdict verdict)
    {
        CacheDirectives directives = TargetedDirectives.Select(head.EndToEnd, options.Policy.Targets);
        Freshness freshness = Freshness.Of(head.Status, head.Raw, directives, head.RequestTime, head.ResponseTime, options.Policy);
        verdict = Storability.Check(
            ask.Method, ask.Directives, ask.Authorized, head.Status, head.EndToEnd, directives, freshness, NamesItself(ask, head));
        if (verdict != StorageVerdict.Store || head.ContentLength > options.ObjectBytesMax)
        {
            return null;
        }

        ContentRange? range = null;
        if (head.Status == StatusCodes.Status206PartialContent)
        {
            // A multipart 206 has no Content-Range of its own and is not taken apart.
            range = ContentRange.Parse(head.EndToEnd.First("Content-Range"));
            if (range is null)
            {
                verdict = StorageVerdict.Status;
                return null;
            }
        }

        return new StoredResponse(
            head.Status,
            head.Reason,
            ConnectionFields.Storable(head.Raw, directives),
            directives,
            VaryKey.Of(VaryFields.Parse(head.EndToEnd.Get("Vary")) ?? [], ask.Fields),
            head.RequestTime,
            head.ResponseTime,
            MemoryContent.Empty,
            range,
            options.Policy);
    }

    /// <summary>Stores an answer whose content is complete, unless the resource was invalidated after the request was sent.</summary>
    public void Store(Ask ask, StoredResponse complete)
    {
        bool IsVoid() => invalidations.IsVoid(ask.Key, ask.VoidFrom ?? complete.RequestTime);
        if (IsVoid())
        {
            return;
        }

        StoredResponse response = Combined(ask, complete);
        if (response.Bytes > store.ObjectBytesMax)
        {
            return;
        }

        var body = (MemoryContent)response.Body;
        StoredResponse kept = response.WithBody(body.Kept());
        if (store.Put(ask.Key, kept))
        {
            disk?.Save(ask.Key, kept, body, IsVoid);
        }
    }

    private StoredResponse Combined(Ask ask, StoredResponse response)
    {
        if (response.IsComplete)
        {
            return response;
        }

        foreach (StoredResponse other in store.FindAll(ask.Key, ask.Fields))
        {
            if (PartialContent.Combine(other, response, options.Policy) is { } joined && joined.Body.Length <= options.ObjectBytesMax)
            {
                return joined;
            }
        }

        return response;
    }

    private bool NamesItself(Ask ask, OriginHead head)
    {
        if (MethodRules.IsGet(ask.Method))
        {
            return false;
        }

        IReadOnlyList<Uri> origins = options.Origins;
        return Invalidation.SameOriginTarget(head.EndToEnd.First("Content-Location"), ask.Key.Target, origins) is { } named
            && named == Invalidation.SameOriginTarget(ask.Key.Target, ask.Key.Target, origins);
    }
}
