using System.Text.Encodings.Web;
using System.Text.Json;
using Afterimage.Caching;

namespace Afterimage.Gateway;

/// <summary>Errors as problem+json (RFC 9457); the only place where outcomes become status codes.</summary>
internal static class ErrorAnswers
{
    // Read by people and by clients of JSON, never put into a page.
    private static readonly JsonSerializerOptions Form = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes an error, unless the answer has begun already: then the connection is cut, so that nobody takes a part for the whole.</summary>
    public static async Task WriteAsync(HttpContext context, int status, string type, string detail, TimeSpan? retryAfter = null)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }

        byte[] body = JsonSerializer.SerializeToUtf8Bytes(new { type = "urn:afterimage:" + type, title = Title(status), status, detail }, Form);
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

    public static Task WriteAsync(HttpContext context, OriginAnswer fault)
    {
        (int status, string type) = Of(fault.Fault);
        return WriteAsync(context, status, type, fault.FaultDetail, fault.RetryAfter);
    }

    /// <summary>Status and problem type of an origin that gave no answer.</summary>
    public static (int Status, string Type) Of(OriginFault? fault) => fault switch
    {
        OriginFault.TimedOut => (StatusCodes.Status504GatewayTimeout, "origin-timed-out"),
        OriginFault.Overloaded => (StatusCodes.Status503ServiceUnavailable, "overloaded"),
        OriginFault.BreakerOpen => (StatusCodes.Status503ServiceUnavailable, "origin-breaker-open"),
        OriginFault.Unreachable => (StatusCodes.Status502BadGateway, "origin-unreachable"),
        OriginFault.Invalid => (StatusCodes.Status502BadGateway, "origin-invalid"),
        _ => (StatusCodes.Status502BadGateway, "origin-broke-off"),
    };

    private static string Title(int status) => status switch
    {
        400 => "Bad request",
        401 => "Not authorised",
        404 => "Not found",
        405 => "Method not allowed",
        409 => "Not now",
        413 => "Too large",
        501 => "Not implemented",
        502 => "The image service failed",
        503 => "The image service is busy or out of order",
        504 => "No picture in time",
        _ => "Error",
    };
}
