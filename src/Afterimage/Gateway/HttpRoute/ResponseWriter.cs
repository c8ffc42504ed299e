using System.Globalization;
using Afterimage.Caching;
using Afterimage.Caching.Http;
using Afterimage.Gateway.Sockets;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Afterimage.Gateway.HttpRoute;

/// <summary>
/// Writes answers out of the store: whole, 304, 206, 416 and HEAD. The fields of a stored response are prepared once and shared by all its uses. Writes take no
/// cancellation: the server ends them when the client leaves, and asking for its token would cost every hit an allocation.
/// </summary>
internal sealed class ResponseWriter(HttpRouteOptions options, RouteAccount account, TimeProvider time)
{
    private static readonly StringValues Hit = "HIT";
    private static readonly StringValues Exact = "exact";

    /// <summary>Fields of a 304 (RFC 9110 section 15.4.5): what guides caches, and nothing about content that is not sent.</summary>
    private static readonly HashSet<string> NotIn304 = new(StringComparer.OrdinalIgnoreCase)
    {
        "Content-Type", "Content-Length", "Content-Encoding", "Content-Language", "Content-Range", "Content-MD5", "Content-Digest", "Accept-Ranges",
    };

    /// <summary>Serves a stored response as the request asks for it.</summary>
    /// <param name="request">Its preconditions and range are evaluated here.</param>
    /// <param name="stored">A complete response.</param>
    /// <param name="forwarded">The <c>fwd</c> parameters of <c>Cache-Status</c> where the origin was asked first; null for a plain hit.</param>
    public Task WriteAsync(RouteRequest request, StoredResponse stored, string? forwarded)
    {
        DateTimeOffset now = time.GetUtcNow();
        HttpResponse response = request.Context.Response;
        if (stored.Status is 200 or 206 && Preconditions.IsNotModified(stored, request.Fields))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            SetFields(response.Headers, Prepare(stored).NotModified, stored, now, forwarded);
            account.Add(Tier.Exact, StatusCodes.Status304NotModified, 0);
            return Task.CompletedTask;
        }

        if (request.HasRange && !request.IsHead && stored.Status == 200 && Preconditions.RangeApplies(stored, request.Fields)
            && RangeSpec.Parse(request.Fields.Get("Range")) is { } ranges)
        {
            if (ranges is [var range])
            {
                return WriteRangeAsync(request, stored, RangeSelection.Of(stored, range), forwarded);
            }

            if (MultipartRanges.Select(stored, ranges) is { } selected)
            {
                return selected.Count > 1
                    ? WriteRangesAsync(request, stored, selected, forwarded)
                    : WriteRangeAsync(request, stored, selected.Count == 1 ? selected[0] : RangeSelection.Of(stored, ranges[0]), forwarded);
            }
        }

        SetStatus(request.Context, stored);
        SetFields(response.Headers, Prepare(stored).All, stored, now, forwarded);
        account.Add(Tier.Exact, stored.Status, request.IsHead ? 0 : stored.Body.Length);
        if (!StatusRules.HasContent(stored.Status))
        {
            return Task.CompletedTask;
        }

        response.ContentLength = stored.Body.Length;
        return request.IsHead ? Task.CompletedTask : SendAsync(request, stored, 0, stored.Body.Length);
    }

    /// <summary>Serves one range of a stored response, whole or part, or says that it has none.</summary>
    public Task WriteRangeAsync(RouteRequest request, StoredResponse stored, RangeSelection selection, string? forwarded)
    {
        HttpResponse response = request.Context.Response;
        SetFields(response.Headers, Prepare(stored).All, stored, time.GetUtcNow(), forwarded);
        if (selection.Outcome == RangeOutcome.Unsatisfiable)
        {
            account.Add(Tier.Exact, StatusCodes.Status416RangeNotSatisfiable, 0);
            response.StatusCode = StatusCodes.Status416RangeNotSatisfiable;
            response.Headers.ContentRange = $"bytes */{stored.Body.Length}";
            response.Headers.Remove("Content-Type");
            response.ContentLength = 0;
            return Task.CompletedTask;
        }

        response.StatusCode = StatusCodes.Status206PartialContent;
        response.Headers.ContentRange = selection.Range.ToString();
        response.ContentLength = selection.Range.Length;
        account.Add(Tier.Exact, StatusCodes.Status206PartialContent, selection.Range.Length);
        return SendAsync(request, stored, selection.Offset, selection.Range.Length);
    }

    private async Task WriteRangesAsync(RouteRequest request, StoredResponse stored, List<RangeSelection> selected, string? forwarded)
    {
        HttpResponse response = request.Context.Response;
        MultipartRanges multipart = await MultipartRanges.ReadAsync(stored, request.ContentOf(stored), selected);
        SetFields(response.Headers, Prepare(stored).All, stored, time.GetUtcNow(), forwarded);
        response.StatusCode = StatusCodes.Status206PartialContent;
        response.ContentType = multipart.ContentType;
        response.ContentLength = multipart.Body.Length;
        account.Add(Tier.Exact, StatusCodes.Status206PartialContent, multipart.Body.Length);
        await ContentSender.SendAsync(request.Context, multipart.Body);
    }

    /// <summary>Serves a response whose content is still arriving for another request.</summary>
    public Task WriteJoinedAsync(RouteRequest request, StoredResponse head, ContentBuffer.Reader content)
    {
        DateTimeOffset now = time.GetUtcNow();
        HttpResponse response = request.Context.Response;
        bool notModified = head.Status == 200 && Preconditions.IsNotModified(head, request.Fields);
        SetFields(response.Headers, notModified ? Prepare(head).NotModified : Prepare(head).All, head, now, "fwd=uri-miss; collapsed");
        if (notModified)
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            account.Add(Tier.Joined, StatusCodes.Status304NotModified, 0);
            return Task.CompletedTask;
        }

        SetStatus(request.Context, head);
        account.Add(Tier.Joined, head.Status, 0);
        if (!StatusRules.HasContent(head.Status))
        {
            return Task.CompletedTask;
        }

        if (head.Fields.First("Content-Length") is { } length)
        {
            response.Headers.ContentLength = long.Parse(length, CultureInfo.InvariantCulture);
        }

        return Relay.CopyAsync(request.Context, content);
    }

    /// <summary>What the fields of a response's answers are made from; one for each response, without its content.</summary>
    public static object SourceOf(StoredResponse stored) => Prepare(stored);

    /// <summary>The fields of a plain hit.</summary>
    /// <param name="headers">Gets them.</param>
    /// <param name="stored">The response.</param>
    /// <param name="status">304, or that of the response.</param>
    /// <param name="now">The time.</param>
    public void SetHit(IHeaderDictionary headers, StoredResponse stored, int status, DateTimeOffset now) =>
        SetFields(headers, status == StatusCodes.Status304NotModified ? Prepare(stored).NotModified : Prepare(stored).All, stored, now, null);

    private static Task SendAsync(in RouteRequest request, StoredResponse stored, long from, long count)
    {
        ValueTask<long> sending = ContentSender.SendAsync(request.Context, request.ContentOf(stored), from, count);
        return sending.IsCompletedSuccessfully ? Task.CompletedTask : sending.AsTask();
    }

    private static void SetStatus(HttpContext context, StoredResponse stored)
    {
        context.Response.StatusCode = stored.Status;
        if (stored.Status != StatusCodes.Status200OK && context.Features.Get<IHttpResponseFeature>() is { } feature)
        {
            feature.ReasonPhrase = stored.Reason;
        }
    }

    private void SetFields(IHeaderDictionary headers, KeyValuePair<string, StringValues>[] fields, StoredResponse stored, DateTimeOffset now, string? forwarded)
    {
        foreach (KeyValuePair<string, StringValues> field in fields)
        {
            headers[field.Key] = field.Value;
        }

        TimeSpan age = stored.AgeAt(now);
        long ttl = (long)Math.Floor((stored.Freshness.Lifetime - age).TotalSeconds);
        headers.Age = ((long)age.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        headers["X-Cache"] = Hit;
        headers["X-Cache-Type"] = Exact;
        string status = forwarded is null
            ? string.Create(CultureInfo.InvariantCulture, $"{options.CacheName}; hit; ttl={ttl}; detail=exact")
            : string.Create(CultureInfo.InvariantCulture, $"{options.CacheName}; {forwarded}; ttl={ttl}");
        headers["Cache-Status"] = stored.Fields.Contains("Cache-Status") ? StringValues.Concat(headers["Cache-Status"], status) : status;
    }

    private static PreparedFields Prepare(StoredResponse stored)
    {
        if (stored.Prepared is PreparedFields prepared)
        {
            return prepared;
        }

        KeyValuePair<string, StringValues>[] all = [.. stored.Fields.Lines
            .Where(line => !line.Key.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
            .GroupBy(line => line.Key, StringComparer.OrdinalIgnoreCase)
            .Select(group => KeyValuePair.Create(group.Key, new StringValues([.. group.Select(line => line.Value)])))];
        bool tagged = stored.ETag is not null;
        KeyValuePair<string, StringValues>[] notModified = [.. all.Where(field =>
            !NotIn304.Contains(field.Key) && !(tagged && field.Key.Equals("Last-Modified", StringComparison.OrdinalIgnoreCase)))];
        var made = new PreparedFields(all, notModified);
        stored.Prepared = made;
        return made;
    }

    private sealed record PreparedFields(KeyValuePair<string, StringValues>[] All, KeyValuePair<string, StringValues>[] NotModified);
}
