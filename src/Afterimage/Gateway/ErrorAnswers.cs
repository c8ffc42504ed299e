using System.Text.Json;
using Afterimage.Caching;

namespace Afterimage.Gateway;

/// <summary>Errors as problem+json (RFC 9457); the only place where outcomes become status codes.</summary>
internal static class ErrorAnswers
{
    /// <summary>Writes an error, unless the answer has begun already: then the connection is cut, so that nobody takes a part for the whole.</summary>
    public static async Task WriteAsync(HttpContext context, int status, string type, string detail, TimeSpan? retryAfter = null)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }

        byte[] body = JsonSerializer.SerializeToUtf8Bytes(new { type = "urn:afterimage:" + type, title = Title(status), status, detail });
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/problem+json";
        context.Response.ContentLength = body.Length;
        context.Response.Headers.CacheControl = "no-store";
        if (retryAfter is { } wait)
        {
            context.Response.Headers.RetryAfter = ((int)Math.Ceiling(wait.TotalSeconds)).ToString();
        }

        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(body);
        }
    }

    public static Task WriteAsync(HttpContext context, OriginAnswer fault) => fault.Fault switch
    {
        OriginFault.TimedOut => WriteAsync(context, StatusCodes.Status504GatewayTimeout, "origin-timed-out", fault.FaultDetail),
        OriginFault.Overloaded => WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "overloaded", fault.FaultDetail, fault.RetryAfter),
        OriginFault.BreakerOpen => WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "origin-breaker-open", fault.FaultDetail, fault.RetryAfter),
        OriginFault.Unreachable => WriteAsync(context, StatusCodes.Status502BadGateway, "origin-unreachable", fault.FaultDetail),
        _ => WriteAsync(context, StatusCodes.Status502BadGateway, "origin-broke-off", fault.FaultDetail),
    };

    private static string Title(int status) => status switch
    {
        400 => "Bad request",
        401 => "Not authorised",
        404 => "Not found",
        405 => "Method not allowed",
        501 => "Not implemented",
        502 => "The image service failed",
        503 => "Busy",
        504 => "Gateway timeout",
        _ => "Error",
    };
}
