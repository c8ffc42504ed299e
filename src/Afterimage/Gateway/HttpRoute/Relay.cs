using Afterimage.Caching;
using Afterimage.Caching.Http;
using Afterimage.Entries;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Afterimage.Gateway.HttpRoute;

/// <summary>Brings an origin's answer to the client, and into the store where it may go there.</summary>
internal sealed class Relay(HttpRouteOptions options, HttpAdmission admission, FlightTable flights, RouteAccount account)
{
    /// <summary>Streams an answer that is not kept. A client that leaves ends it.</summary>
    public async Task PassAsync(HttpContext context, OriginHead head, string cacheStatus, string label)
    {
        using (head)
        {
            WriteHead(context, head, cacheStatus, label);
            account.Add(label == "BYPASS" ? Tier.Forward : Tier.Miss, head.Status, head.ContentLength ?? 0);
            if (HttpMethods.IsHead(context.Request.Method) || !StatusRules.HasContent(head.Status))
            {
                return;
            }

            try
            {
                await using Stream content = await head.OpenContentAsync(context.RequestAborted);
                await content.CopyToAsync(context.Response.Body, context.RequestAborted);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
            {
                // The header section is out, so a broken connection is the only way to say that the content is not complete.
                context.Abort();
            }
        }
    }

    /// <summary>
    /// Streams an answer that is being kept. Reading it does not depend on the client: who joined still gets it, and so does the store.
    /// </summary>
    /// <param name="context">The client's request.</param>
    /// <param name="ask">What storing needs; outlives the request.</param>
    /// <param name="head">The answer.</param>
    /// <param name="stored">It as it will be stored.</param>
    /// <param name="flight">Who waits; null for nobody.</param>
    /// <param name="cacheStatus">Parameters of <c>Cache-Status</c>.</param>
    public async Task KeepAsync(HttpContext context, Ask ask, OriginHead head, StoredResponse stored, Flight? flight, string cacheStatus)
    {
        var buffer = new ContentBuffer(head.ContentLength, options.ObjectBytesMax, options.Buffers);
        using ContentBuffer.Reader? reader = buffer.Attach();
        flight?.Stream(stored, buffer);
        Task fill = FillAsync(ask, head, stored, buffer, flight);
        WriteHead(context, head, cacheStatus + "; stored", "MISS");
        account.Add(Tier.Miss, head.Status, head.ContentLength ?? 0);
        if (!StatusRules.HasContent(head.Status))
        {
            await fill;
            return;
        }

        await CopyAsync(context, reader!);
    }

    /// <summary>Copies content that is arriving to one client.</summary>
    public static async Task CopyAsync(HttpContext context, ContentBuffer.Reader reader)
    {
        try
        {
            while (true)
            {
                ReadOnlyMemory<byte> bytes = await reader.ReadAsync(context.RequestAborted);
                if (bytes.IsEmpty)
                {
                    return;
                }

                await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            context.Abort();
        }
    }

    /// <summary>Reads an answer for the store alone.</summary>
    public async Task FillAsync(Ask ask, OriginHead head, StoredResponse stored, ContentBuffer buffer, Flight? flight)
    {
        using (head)
        {
            try
            {
                await using Stream content = await head.OpenContentAsync(CancellationToken.None);
                await buffer.FillAsync(content, () => Finish(ask, stored, buffer), options.ReadTimeout, CancellationToken.None);
            }
            catch (TimeoutException)
            {
                head.GaveUp();
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
            {
                // The readers know; an incomplete answer is not stored.
                buffer.Fail();
            }
            finally
            {
                buffer.Dispose();
                if (flight is not null)
                {
                    flights.Remove(ask.Key, flight);
                }
            }
        }
    }

    /// <summary>Reads an answer whole, without storing it; null where it breaks off or is too large to keep.</summary>
    public async Task<StoredResponse?> ReadAsync(OriginHead head, StoredResponse admitted)
    {
        using var buffer = new ContentBuffer(head.ContentLength, options.ObjectBytesMax, options.Buffers);
        using (head)
        {
            try
            {
                await using Stream content = await head.OpenContentAsync(CancellationToken.None);
                await buffer.FillAsync(content, static () => { }, options.ReadTimeout, CancellationToken.None);
                return buffer.Overflowed ? null : admitted.WithBody(new MemoryContent(buffer.Content));
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException or TimeoutException)
            {
                return null;
            }
        }
    }

    private void WriteHead(HttpContext context, OriginHead head, string cacheStatus, string label)
    {
        HttpResponse response = context.Response;
        response.StatusCode = head.Status;
        if (head.Status != StatusCodes.Status200OK && context.Features.Get<IHttpResponseFeature>() is { } feature)
        {
            feature.ReasonPhrase = head.Reason;
        }

        WriteFields(response, head.EndToEnd, head.Status);
        response.Headers["X-Cache"] = label;
        response.Headers.Append("Cache-Status", $"{options.CacheName}; {cacheStatus}; fwd-status={head.Status}");
    }

    private static void WriteFields(HttpResponse response, HttpFields fields, int status)
    {
        foreach (KeyValuePair<string, string> line in fields.Lines)
        {
            bool length = line.Key.Equals("Content-Length", StringComparison.OrdinalIgnoreCase);
            if (length && status is StatusCodes.Status204NoContent or StatusCodes.Status304NotModified)
            {
                continue;
            }

            response.Headers[line.Key] = length ? line.Value : StringValues.Concat(response.Headers[line.Key], line.Value);
        }
    }

    private void Finish(Ask ask, StoredResponse stored, ContentBuffer buffer)
    {
        if (!buffer.Overflowed)
        {
            admission.Store(ask, stored.WithBody(new MemoryContent(buffer.Content)));
        }
    }
}
