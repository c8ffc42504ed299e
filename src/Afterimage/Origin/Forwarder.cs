using System.Net;
using Afterimage.Dialects;
using Afterimage.Gateway;
using Microsoft.AspNetCore.Http.Features;

namespace Afterimage.Origin;

/// <summary>
/// Carries a request that is not ours to the origin and its answer back, untouched but for the headers of the connection: method, target, body and
/// streaming both ways.
/// </summary>
internal sealed class Forwarder(OriginPool pool)
{
    public async Task ForwardAsync(HttpContext context, RequestTarget target)
    {
        if (context.Features.Get<IHttpUpgradeFeature>()?.IsUpgradableRequest == true || context.Features.Get<IHttpExtendedConnectFeature>()?.IsExtendedConnect == true)
        {
            await ErrorAnswers.WriteAsync(context, StatusCodes.Status501NotImplemented, "upgrade-not-supported", "Upgrades (WebSocket and the like) do not pass this gateway; connect to the image service directly.");
            return;
        }

        using OriginReply reply = await pool.SendAsync(Copy(context.Request), target, null, context.RequestAborted);
        await (reply.Response is not null ? CopyBackAsync(context, reply) : ErrorAnswers.WriteAsync(context, reply.Failure!));
    }

    private static HttpRequestMessage Copy(HttpRequest source)
    {
        var request = new HttpRequestMessage(new HttpMethod(source.Method), (Uri?)null) { Version = HttpVersion.Version11 };
        bool hasBody = source.ContentLength > 0 || source.Headers.TransferEncoding.Count > 0 || source.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true;
        if (hasBody)
        {
            request.Content = new ClientContent(source);
        }

        foreach ((string name, string value) in ForwardedHeaders.Of(source))
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content?.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return request;
    }

    private static async Task CopyBackAsync(HttpContext context, OriginReply reply)
    {
        HttpResponseMessage response = reply.Response!;
        context.Response.StatusCode = (int)response.StatusCode;
        foreach ((string name, string value) in OriginClient.EndToEnd(response))
        {
            context.Response.Headers.Append(name, value);
        }

        try
        {
            await using Stream body = await reply.OpenContentAsync(context.RequestAborted);
            await context.Response.StartAsync(context.RequestAborted);
            var buffer = new byte[64 * 1024];
            for (int read; (read = await body.ReadAsync(buffer, context.RequestAborted)) > 0;)
            {
                // Every piece goes on at once: an event stream must not wait for the next one.
                await context.Response.Body.WriteAsync(buffer.AsMemory(0, read), context.RequestAborted);
            }
        }
        catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException)
        {
            // The status line is out: a cut connection is the only honest way to say that the rest is missing.
            context.Abort();
        }
    }
}
