using Afterimage.Entries;
using Afterimage.Gateway.Sockets;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Afterimage.Gateway;

/// <summary>Writes a stored picture's bytes: conditional requests, one range, HEAD. The caller has set the headers of the outcome.</summary>
internal static class EntryAnswers
{
    /// <summary>Bytes that are in memory. Returns how many went out.</summary>
    public static async ValueTask<long> WriteAsync(HttpContext context, ReadOnlyMemory<byte> body, string contentType, Hash256 contentHash)
    {
        if (!Begin(context, body.Length, contentType, contentHash, out long from, out long count))
        {
            return 0;
        }

        ReadOnlyMemory<byte> part = body.Slice((int)from, (int)count);
        await ContentSender.SendAsync(context, part);
        return part.Length;
    }

    /// <summary>Bytes that are read as they go, straight into the connection's own memory.</summary>
    public static async ValueTask<long> WriteAsync(HttpContext context, OpenEntry entry)
    {
        EntryHeader header = entry.Header;
        return Begin(context, header.Length, header.ContentType, header.ContentHash, out long from, out long count)
            ? await ContentSender.SendAsync(context, entry, from, count)
            : 0;
    }

    /// <summary>Sets status and body headers; false where no body follows (304, 416, HEAD).</summary>
    private static bool Begin(HttpContext context, long length, string contentType, Hash256 contentHash, out long from, out long count)
    {
        (from, count) = (0, length);
        HttpRequest request = context.Request;
        IHeaderDictionary headers = context.Response.Headers;
        string etag = $"\"{contentHash.ToHex()}\"";
        headers.ETag = etag;
        if (request.Headers.IfNoneMatch is { Count: > 0 } wanted && Matches(wanted, etag))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return false;
        }

        headers.AcceptRanges = "bytes";
        headers.ContentType = contentType;
        if (request.Headers.Range is { Count: 1 } range && HttpMethods.IsGet(request.Method)
            && (request.Headers.IfRange.Count == 0 || request.Headers.IfRange == etag) && Narrow(range!, length, ref from, ref count) is { } satisfiable)
        {
            if (!satisfiable)
            {
                context.Response.StatusCode = StatusCodes.Status416RangeNotSatisfiable;
                headers.ContentRange = $"bytes */{length}";
                context.Response.ContentLength = 0;
                return false;
            }

            context.Response.StatusCode = StatusCodes.Status206PartialContent;
            headers.ContentRange = $"bytes {from}-{from + count - 1}/{length}";
        }

        context.Response.ContentLength = count;
        return !HttpMethods.IsHead(request.Method);
    }

    /// <summary>Null where the header is to be ignored: not bytes, malformed, or several ranges.</summary>
    private static bool? Narrow(string range, long length, ref long from, ref long count)
    {
        if (!RangeHeaderValue.TryParse(range, out RangeHeaderValue? parsed) || parsed.Unit != "bytes" || parsed.Ranges.Count != 1)
        {
            return null;
        }

        RangeItemHeaderValue item = parsed.Ranges.First();
        (from, count) = item.From is { } start ? (start, Math.Min(item.To ?? long.MaxValue - 1, length - 1) - start + 1)
            : (Math.Max(0, length - item.To!.Value), Math.Min(item.To.Value, length));
        return from < length && count > 0;
    }

    /// <summary>Whether <c>If-None-Match</c> names this entity tag; weak comparison (RFC 9110 8.8.3.2).</summary>
    public static bool Matches(StringValues wanted, string etag)
    {
        foreach (string? line in wanted)
        {
            if (line == etag)
            {
                return true;
            }

            foreach (string part in (line ?? "").Split(',', StringSplitOptions.TrimEntries))
            {
                if (part == "*" || part == etag || part.StartsWith("W/", StringComparison.Ordinal) && part.AsSpan(2).SequenceEqual(etag))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
