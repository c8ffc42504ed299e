using Afterimage.Caching.Http;
using Afterimage.Dialects;
using Afterimage.Entries;

namespace Afterimage.Gateway.HttpRoute;

/// <summary>Content that was opened.</summary>
/// <param name="Content">As responses name it.</param>
/// <param name="Entry">Whoever opened it disposes it.</param>
internal sealed record OpenedContent(DiskContent Content, OpenEntry Entry);

/// <summary>One request on its way through the route.</summary>
internal readonly struct RouteRequest
{
    public RouteRequest(HttpContext context, RequestTarget target, string scope, HttpRouteOptions options)
    {
        Context = context;
        Method = context.Request.Method;
        Key = new ResourceKey(scope, target.Raw);
        Fields = new RequestFields(context.Request.Headers);
        Directives = options.Policy.ObeyRequestDirectives ? RequestDirectives.Parse(Fields.Get("Cache-Control")) : default;
        Authorized = context.Request.Headers.Authorization.Count > 0;
        HasRange = context.Request.Headers.Range.Count > 0;
        HasConditions = context.Request.Headers.IfNoneMatch.Count > 0 || context.Request.Headers.IfModifiedSince.Count > 0;
        HasContent = context.Request.ContentLength > 0 || context.Request.Headers.TransferEncoding.Count > 0;
    }

    public HttpContext Context { get; }

    public string Method { get; }

    public ResourceKey Key { get; }

    public RequestFields Fields { get; }

    public RequestDirectives Directives { get; }

    public bool Authorized { get; }

    public bool HasRange { get; }

    /// <summary>Whether the client has a copy and asks whether it is still right.</summary>
    public bool HasConditions { get; }

    public bool HasContent { get; }

    /// <summary>What is held open for this request; null for nothing.</summary>
    public OpenedContent? Opened { get; init; }

    /// <summary>Where to read a response's content for this request.</summary>
    public IStoredContent ContentOf(StoredResponse stored) => Opened is { } opened && opened.Content == stored.Body ? opened.Entry : stored.Body;

    /// <summary>Whether a response's content is in memory or open. What is neither may turn out to be gone when it is too late to ask the origin.</summary>
    public bool CanSend(StoredResponse stored) => ContentOf(stored) is not DiskContent;

    public bool IsHead => MethodRules.IsHead(Method);

    /// <summary>
    /// Whether the cache has a say: GET or HEAD without content, and without the preconditions that are for the origin to evaluate (RFC 9110 section
    /// 13.1.1: a cache cannot know whether its copy is current).
    /// </summary>
    public bool IsCacheable =>
        MethodRules.MayBeAnswered(Method) && !HasContent
        && Context.Request.Headers.IfMatch.Count == 0 && Context.Request.Headers.IfUnmodifiedSince.Count == 0;
}
