using Afterimage.Caching.Http;

namespace Afterimage.Gateway.HttpRoute;

/// <summary>
/// Answers requests for this route that are recognised by their bytes: those that <see cref="HttpCacheRoute"/> would answer whole and out of memory, without asking the
/// origin or having it asked. The fields that were learned with the bytes decide as they would if they were parsed again.
/// </summary>
internal sealed class KnownResources(RouteParts parts, KnownRequests known)
{
    /// <summary>The next request like this one, which a stored response is answering now, need not be parsed.</summary>
    public void Learn(in RouteRequest request, StoredResponse stored)
    {
        // A first line does not say whose it is.
        if (stored.Status == StatusCodes.Status200OK && !request.HasRange && request.Key.Scope.Length == 0)
        {
            known.Learn(request.Context, request.Key.Target, new Resource(this, request.Key));
        }
    }

    private bool TryAnswer(in ResourceKey key, in KnownRequest request, out KnownAnswer answer)
    {
        answer = default;
        KnownFields fields = request.Fields;
        if (fields.AsksForMore || parts.Store.Find(key, fields.All) is not { Status: StatusCodes.Status200OK } stored)
        {
            return false;
        }

        DateTimeOffset now = parts.Time.GetUtcNow();
        if (Reuse.Check(stored, parts.Options.Policy.ObeyRequestDirectives ? fields.Directives : default, now) != ReuseVerdict.Fresh)
        {
            return false;
        }

        int status = Preconditions.IsNotModified(stored, fields.All) ? StatusCodes.Status304NotModified : StatusCodes.Status200OK;
        if ((HitHead.Latest(request.Line, stored, status, now) ?? MakeHead(request.Line, stored, status, now)) is not { } head)
        {
            return false;
        }

        bool sends = status == StatusCodes.Status200OK && !request.Line.IsHead;
        answer = new KnownAnswer(head, sends ? stored.Body : null, null);
        return true;
    }

    private HitHead? MakeHead(KnownLine line, StoredResponse stored, int status, DateTimeOffset now)
    {
        var fields = new HeaderDictionary();
        parts.Writer.SetHit(fields, stored, status, now);
        if (status == StatusCodes.Status200OK)
        {
            fields.ContentLength = stored.Body.Length;
        }

        return HitHead.Of(line, stored, status, fields, now);
    }

    /// <summary>The resource that a known line names.</summary>
    private sealed record Resource(KnownResources Owner, ResourceKey Key) : IKnownTarget
    {
        public bool TryAnswer(in KnownRequest request, out KnownAnswer answer) => Owner.TryAnswer(Key, request, out answer);

        // What is on disk only comes into memory the long way.
        public ValueTask<KnownAnswer?> OpenAsync(KnownRequest request, CancellationToken cancellationToken) => default;

        public void Account(in KnownAnswer answer) => Owner.Account(answer);
    }

    private void Account(in KnownAnswer answer) => parts.Account.Add(Tier.Exact, answer.Head.Status, answer.Bytes);
}
