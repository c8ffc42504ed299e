using Afterimage.Caching;
using Afterimage.Caching.Http;

namespace Afterimage.Gateway.HttpRoute;

/// <summary>Requests that only the origin can answer: what the cache has no say in, and HEAD. What they say of stored responses is acted on.</summary>
internal sealed class OriginPassage(RouteParts parts, OriginFetch fetch, Purging purging)
{
    /// <summary>Told of every resource that an unsafe request made void here. Handlers are quick and do not throw.</summary>
    public event Action<ResourceKey>? Invalidated;

    /// <summary>HEAD goes to the origin where nothing fresh is stored; its answer renews or outdates what is (RFC 9111 section 4.3.5).</summary>
    public async Task HeadAsync(RouteRequest request, StoredResponse? stored)
    {
        string reason = stored is null ? "fwd=uri-miss" : "fwd=stale";
        (OriginHead? head, OriginAnswer? failure) = await parts.SendAsync(request, default);
        if (stored is not null && await fetch.TryStandInAsync(request, stored, head, null, reason))
        {
            return;
        }

        if (head is null)
        {
            await parts.FailAsync(request, failure!);
            return;
        }

        if (head.Status == StatusCodes.Status200OK && !request.Directives.NoStore && UpdateFromHead(request, head) is { } renewed)
        {
            head.Dispose();
            await parts.Writer.WriteAsync(request, renewed, "fwd=stale; fwd-status=200");
            return;
        }

        await parts.Relay.PassAsync(request.Context, head, reason, "MISS");
    }

    private StoredResponse? UpdateFromHead(RouteRequest request, OriginHead head)
    {
        StoredResponse? renewed = null;
        foreach (StoredResponse stored in parts.Store.FindAll(request.Key, request.Fields))
        {
            if (stored.Status is not (StatusCodes.Status200OK or StatusCodes.Status206PartialContent) || !StoredUpdate.HeadDescribes(head.EndToEnd, stored))
            {
                parts.Forget(request.Key, stored);
                continue;
            }

            StoredResponse updated = StoredUpdate.Freshen(stored, head.Raw, head.RequestTime, head.ResponseTime, parts.Options.Policy);
            parts.Store.Replace(request.Key, stored, updated);
            renewed ??= updated.IsComplete ? updated : null;
        }

        return renewed;
    }

    /// <summary>Everything that is not for the cache to answer goes through; unsafe methods invalidate (RFC 9111 section 4.4).</summary>
    public async Task PassAsync(RouteRequest request)
    {
        (OriginHead? head, OriginAnswer? failure) = await parts.SendAsync(request, default);
        if (head is null)
        {
            await parts.FailAsync(request, failure!);
            return;
        }

        foreach (string target in Invalidation.Targets(request.Method, head.Status, request.Key.Target, OriginsOf(request), head.EndToEnd))
        {
            var key = new ResourceKey(request.Key.Scope, target);
            Invalidated?.Invoke(key);
            await purging.ForgetAsync(key);
        }

        string reason = MethodRules.MayBeAnswered(request.Method) ? "fwd=bypass" : "fwd=method";
        Ask ask = Ask.Detached(request) with { VoidFrom = parts.Time.GetUtcNow().AddTicks(1) };
        if (request.Method == "POST" && parts.Admission.Admit(ask, head, out _) is { } admitted)
        {
            await parts.Relay.KeepAsync(request.Context, ask, head, admitted, null, reason);
            return;
        }

        await parts.Relay.PassAsync(request.Context, head, reason, "BYPASS");
    }

    private Uri[] OriginsOf(RouteRequest request)
    {
        HttpRequest incoming = request.Context.Request;
        return Uri.TryCreate($"{incoming.Scheme}://{incoming.Host.Value}", UriKind.Absolute, out Uri? own)
            ? [own, .. parts.Options.Origins]
            : [.. parts.Options.Origins];
    }
}
