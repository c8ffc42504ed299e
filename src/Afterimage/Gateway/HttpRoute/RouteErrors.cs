using System.Text.Json;

namespace Afterimage.Gateway.HttpRoute;

/// <summary>Answers of the route itself where there is none of the origin or the store: problem+json (RFC 9457), never stored by anyone.</summary>
internal static class RouteErrors
{
    public static Task WriteAsync(HttpContext context, string cacheName, OriginFailure failure) => failure switch
    {
        OriginFailure.TimedOut => WriteAsync(context, cacheName, StatusCodes.Status504GatewayTimeout, "The origin did not answer in time", "fwd=uri-miss; detail=origin-timeout"),
        OriginFailure.Invalid => WriteAsync(context, cacheName, StatusCodes.Status502BadGateway, "The origin's answer is not valid HTTP", "fwd=uri-miss; detail=origin-invalid"),
        _ => WriteAsync(context, cacheName, StatusCodes.Status502BadGateway, "The origin cannot be reached", "fwd=uri-miss; detail=origin-unreachable"),
    };

    /// <summary>RFC 9111 section 5.2.1.7.</summary>
    public static Task NotCachedAsync(HttpContext context, string cacheName) =>
        WriteAsync(context, cacheName, StatusCodes.Status504GatewayTimeout, "Not in the cache, and the request says only-if-cached", "fwd=miss; detail=only-if-cached");

    public static Task BadTargetAsync(HttpContext context, string cacheName) =>
        WriteAsync(context, cacheName, StatusCodes.Status400BadRequest, "The request target cannot be forwarded", "fwd=bypass; detail=bad-target");

    private static Task WriteAsync(HttpContext context, string cacheName, int status, string title, string cacheStatus)
    {
        HttpResponse response = context.Response;
        if (response.HasStarted)
        {
            context.Abort();
            return Task.CompletedTask;
        }

        response.Clear();
        response.StatusCode = status;
        response.Headers.CacheControl = "no-store";
        response.Headers["Cache-Status"] = $"{cacheName}; {cacheStatus}";
        response.Headers["X-Cache"] = "MISS";
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(new { type = "about:blank", title, status });
        response.ContentType = "application/problem+json";
        response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }
}
