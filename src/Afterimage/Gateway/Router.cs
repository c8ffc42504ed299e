using Afterimage.Admin;
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

    private readonly RouteTable _routes;
    private readonly HotPath _hot;
    private readonly Func<HttpContext, string, Task> _guarded;
    private readonly ImageRoute _images;
    private readonly Forwarder _forwarder;
    private readonly AdminRoutes _admin;
    private readonly CacheHeaders _headers;
    private readonly HttpCacheRoute? _http;
    private readonly ScopeOptions _scope;

    public Router(RouteTable routes, ScopeOptions scope, HotPath hot, ImageRoute images, HttpCacheRoute? http, Forwarder forwarder, AdminRoutes admin, CacheHeaders headers)
    {
        _guarded = GuardedAsync;
        (_routes, _scope, _hot, _images, _http, _forwarder, _admin, _headers) = (routes, scope, hot, images, http, forwarder, admin, headers);
    }

    public Task HandleAsync(HttpContext context)
    {
        string raw = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        return _hot.TryAnswer(context, raw, _guarded) ?? GuardedAsync(context, raw);
    }

    private async Task GuardedAsync(HttpContext context, string raw)
    {
        try
        {
            await RouteAsync(context, raw);
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

    private async Task RouteAsync(HttpContext context, string raw)
    {
        if (RequestTarget.From(raw) is not { } target)
        {
            await ErrorAnswers.WriteAsync(context, StatusCodes.Status400BadRequest, "bad-target", "The request target must be a path (or an absolute URL) in visible ASCII characters; CONNECT and OPTIONS * are not served.");
            return;
        }

        if (IsAdmin(target.Path))
        {
            // Lists, purges and reports take their time; the thread that waits for sockets is not theirs.
            await Task.Yield();
            await _admin.HandleAsync(context, target.Path[AdminPrefix.Length..].ToString());
            return;
        }

        string method = context.Request.Method;
        (string? scope, target) = RequestScope.Of(context.Request, target, _scope);
        if (_routes.Find(target) is { } route)
        {
            bool reads = HttpMethods.IsGet(method) || HttpMethods.IsHead(method);
            if (scope is null && reads)
            {
                // Nobody knows whose it is: nothing that is stored may answer it, and nothing of it may be stored.
                await _images.BypassAsync(context, target, "scope-missing");
                return;
            }

            if (route.Dialect is null && _http is not null && scope is not null)
            {
                await _http.HandleAsync(context, target, scope);
                return;
            }

            if (route.Dialect is not null && reads && await _images.TryHandleAsync(context, target, scope!, route.Dialect, route.Seeds))
            {
                return;
            }

            if (route.Dialect is not null && HttpMethods.IsOptions(method) && context.Request.Headers.AccessControlRequestMethod.Count > 0)
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
}
