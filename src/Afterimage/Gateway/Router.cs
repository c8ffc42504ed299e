using Afterimage.Admin;
using Afterimage.Caching;
using Afterimage.Configuration;
using Afterimage.Dialects;
using Afterimage.Gateway.HttpRoute;
using Afterimage.Origin;
using Microsoft.AspNetCore.Http.Features;

namespace Afterimage.Gateway;

/// <summary>The first decision about a request: admin, image route, or forwarded. Works on the raw target, since decoding belongs to the dialects.</summary>
internal sealed class Router
{
    private const string AdminPrefix = "/_afterimage";

    private readonly Route[] _routes;
    private readonly ImageRoute _images;
    private readonly Forwarder _forwarder;
    private readonly AdminRoutes _admin;
    private readonly CacheHeaders _headers;

    /// <param name="createHttpRoute">Makes a route of dialect <c>http</c>; called once for each configured.</param>
    public Router(GatewayOptions options, ImageRoute images, Func<HttpCacheRoute> createHttpRoute, Forwarder forwarder, AdminRoutes admin, CacheHeaders headers)
    {
        var pollinations = new PollinationsDialect(options.Pollinations);
        _routes = options.Routes.Count > 0
            ? [.. options.Routes.Select(r => r.Dialect == DialectName.Http ? new Route(r.Path, null, r.Seeds, createHttpRoute()) : new Route(r.Path, pollinations, r.Seeds))]
            : [new Route("/prompt/**", pollinations, SeedRule.Strict), new Route("/image/**", pollinations, SeedRule.Strict)];
        (_images, _forwarder, _admin, _headers) = (images, forwarder, admin, headers);
    }

    public async Task HandleAsync(HttpContext context)
    {
        try
        {
            await RouteAsync(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client hung up; nobody is left to answer.
        }
        catch (IOException) when (context.RequestAborted.IsCancellationRequested || context.Response.HasStarted)
        {
            context.Abort();
        }
    }

    private async Task RouteAsync(HttpContext context)
    {
        string raw = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (RequestTarget.From(raw) is not { } target)
        {
            await ErrorAnswers.WriteAsync(context, StatusCodes.Status400BadRequest, "bad-target", "The request target must be a path (or an absolute URL) in visible ASCII characters; CONNECT and OPTIONS * are not served.");
            return;
        }

        if (IsAdmin(target.Path))
        {
            await _admin.HandleAsync(context, target.Path[AdminPrefix.Length..].ToString());
            return;
        }

        string method = context.Request.Method;
        if (Find(target) is { } route)
        {
            if (route.Http is { } http)
            {
                // Without the tenant that is required nothing may be shared, so nothing is kept.
                await (_images.ScopeOf(context.Request) is { } scope ? http.HandleAsync(context, scope) : _forwarder.ForwardAsync(context, target));
                return;
            }

            if ((HttpMethods.IsGet(method) || HttpMethods.IsHead(method)) && await _images.TryHandleAsync(context, target, route.Dialect!, route.Seeds))
            {
                return;
            }

            if (HttpMethods.IsOptions(method) && context.Request.Headers.AccessControlRequestMethod.Count > 0)
            {
                Preflight(context);
                return;
            }
        }

        await _forwarder.ForwardAsync(context, target);
    }

    private void Preflight(HttpContext context)
    {
        _headers.Cors(context.Response.Headers);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        context.Response.Headers.AccessControlAllowMethods = "GET, HEAD, OPTIONS";
        context.Response.Headers.AccessControlAllowHeaders = context.Request.Headers.AccessControlRequestHeaders;
        context.Response.Headers.AccessControlMaxAge = "86400";
    }

    private static bool IsAdmin(ReadOnlySpan<char> path) =>
        path.StartsWith(AdminPrefix, StringComparison.Ordinal) && (path.Length == AdminPrefix.Length || path[AdminPrefix.Length] == '/');

    private Route? Find(RequestTarget target)
    {
        foreach (Route route in _routes)
        {
            if (route.Fits(target.Path))
            {
                return route;
            }
        }

        return null;
    }

    /// <summary>A path and who answers it: an image dialect, or the generic HTTP cache.</summary>
    private sealed record Route(string Path, IDialect? Dialect, SeedRule Seeds, HttpCacheRoute? Http = null)
    {
        private readonly string _prefix = Path.EndsWith("/**", StringComparison.Ordinal) ? Path[..^2] : "";

        public bool Fits(ReadOnlySpan<char> path) => _prefix.Length > 0 ? path.StartsWith(_prefix, StringComparison.Ordinal) : path.SequenceEqual(Path);
    }
}
