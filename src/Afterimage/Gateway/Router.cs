using Afterimage.Admin;
using Afterimage.Configuration;
using Afterimage.Dialects;
using Afterimage.Gateway.HttpRoute;
using Afterimage.Origin;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Afterimage.Gateway;

/// <summary>The first decision about a request: admin, image route, or forwarded. Works on the raw target, since decoding belongs to the dialects.</summary>
internal sealed class Router
{
    private const string AdminPrefix = "/_afterimage";

    // Where Kestrel puts a Content-Length that stands beside Transfer-Encoding.
    private const string SecondLength = "X-Content-Length";

    private readonly RouteTable _routes;
    private readonly KnownRequests _known;
    private readonly HotPath _hot;
    private readonly Func<HttpContext, string, Task> _guarded;
    private readonly ImageRoute _images;
    private readonly Forwarder _forwarder;
    private readonly AdminRoutes _admin;
    private readonly CacheHeaders _headers;
    private readonly HttpCacheRoute? _http;
    private readonly ScopeOptions _scope;

    public Router(RouteTable routes, ScopeOptions scope, KnownRequests known, HotPath hot, ImageRoute images, HttpCacheRoute? http, Forwarder forwarder, AdminRoutes admin, CacheHeaders headers)
    {
        _guarded = GuardedAsync;
        (_routes, _scope, _known, _hot, _images, _http, _forwarder, _admin, _headers) = (routes, scope, known, hot, images, http, forwarder, admin, headers);
    }

    /// <summary>Requests that are answered before they are parsed. While it is closing every answer ends its connection here too.</summary>
    public KnownRequests Known => _known;

    public Task HandleAsync(HttpContext context)
    {
        if (_known.IsClosing)
        {
            context.Response.Headers.Connection = "close";
        }

        if (context.Request.Headers.TransferEncoding.Count > 0 && context.Request.Headers.ContainsKey(SecondLength))
        {
            return RefuseTwoLengthsAsync(context);
        }

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
        catch (BadHttpRequestException bad)
        {
            await ErrorAnswers.WriteAsync(context, bad.StatusCode, "bad-body", "The request's body is malformed, too large or too slow.");
        }
        catch (Exception e) when (e is ConnectionResetException or ConnectionAbortedException)
        {
            // Found out while its body was read.
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

    // A parser in front of us that goes by the length sees another end of the request (RFC 9112 section 6.1).
    private static Task RefuseTwoLengthsAsync(HttpContext context)
    {
        context.Response.Headers.Connection = "close";
        return ErrorAnswers.WriteAsync(context, StatusCodes.Status400BadRequest, "two-lengths", "Content-Length and Transfer-Encoding exclude one another.");
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
