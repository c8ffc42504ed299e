using Afterimage.Caching.Http;
using Afterimage.Entries;

namespace Afterimage.Gateway.HttpRoute;

/// <summary>
/// Answers requests for this route that are recognised by their bytes: those that <see cref="HttpCacheRoute"/> would answer whole, without asking the
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

    /// <summary>The answer, of which content that is on disk is still to be opened; null where it is for Kestrel to give.</summary>
    private KnownAnswer? Decide(in ResourceKey key, in KnownRequest request)
    {
        KnownFields fields = request.Fields;
        if (fields.AsksForMore || parts.Store.Find(key, fields.All) is not { Status: StatusCodes.Status200OK } stored)
        {
            return null;
        }

        DateTimeOffset now = parts.Time.GetUtcNow();
        if (Reuse.Check(stored, parts.Options.Policy.ObeyRequestDirectives ? fields.Directives : default, now) != ReuseVerdict.Fresh)
        {
            return null;
        }

        int status = Preconditions.IsNotModified(stored, fields.All) ? StatusCodes.Status304NotModified : StatusCodes.Status200OK;
        bool sends = status == StatusCodes.Status200OK && !request.Line.IsHead;
        HitHead? head = HitHead.Latest(request.Line, ResponseWriter.SourceOf(stored), status, now) ?? MakeHead(request.Line, stored, status, now);
        return head is null ? null : new KnownAnswer(head, sends ? stored.Body : null, null);
    }

    private HitHead? MakeHead(KnownLine line, StoredResponse stored, int status, DateTimeOffset now)
    {
        var fields = new HeaderDictionary();
        parts.Writer.SetHit(fields, stored, status, now);
        if (status == StatusCodes.Status200OK)
        {
            fields.ContentLength = stored.Body.Length;
        }

        return HitHead.Of(line, ResponseWriter.SourceOf(stored), status, fields, now);
    }

    /// <summary>The resource that a known line names.</summary>
    private sealed record Resource(KnownResources Owner, ResourceKey Key) : IKnownTarget
    {
        public bool TryAnswer(in KnownRequest request, out KnownAnswer answer)
        {
            KnownAnswer? decided = Owner.Decide(Key, request);
            answer = decided ?? default;
            return decided is not null && answer.Content is not DiskContent;
        }

        public async ValueTask<KnownAnswer?> OpenAsync(KnownRequest request, CancellationToken cancellationToken)
        {
            // Also where the resource is not in memory at all: it only comes there the long way.
            if (Owner.Decide(Key, request) is not { Content: DiskContent content } decided)
            {
                return null;
            }

            OpenEntry? entry = await content.OpenAsync(cancellationToken);
            return entry is null ? null : decided with { Content = entry, Entry = entry };
        }

        public void Account(in KnownAnswer answer) => Owner.Account(answer);
    }

    private void Account(in KnownAnswer answer) => parts.Account.Add(Tier.Exact, answer.Head.Status, answer.Bytes);
}
