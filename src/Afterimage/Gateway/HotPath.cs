using Afterimage.Configuration;
using Afterimage.Diagnostics;
using Afterimage.Entries;

namespace Afterimage.Gateway;

/// <summary>
/// The shortest way to a hit: a request target that was an exact hit before, asked without conditions. Everything else takes the long way, which decides the
/// same; this one only remembers which key a target has.
/// </summary>
internal sealed class HotPath(IEntryStore store, CacheHeaders headers, RequestLog log, GatewayOptions options)
{
    private const int CountMax = 50_000;
    private const int TargetLengthMax = 1024;

    private readonly bool _enabled = !options.Scope.Separates && !options.Headers.StripExact;
    private readonly RecentCache<string, Hash256> _keys = new(CountMax, StringComparer.Ordinal);

    /// <summary>Notes that a target was answered by an entry of this key.</summary>
    public void Remember(string target, Hash256 key)
    {
        if (_enabled && target.Length <= TargetLengthMax)
        {
            _keys.Set(target, key);
        }
    }

    /// <summary>Answers if it can; null where the long way must be taken.</summary>
    /// <param name="otherwise">The long way, should the entry turn out to be gone.</param>
    public Task? TryAnswer(HttpContext context, string target, Func<HttpContext, string, Task> otherwise)
    {
        if (!_enabled || !HttpMethods.IsGet(context.Request.Method) || !_keys.TryGet(target, out Hash256 key) || !IsPlain(context.Request.Headers))
        {
            return null;
        }

        if (!store.TryGetHot(key, out HotEntry? entry))
        {
            return FromStoreAsync(context, target, key, otherwise);
        }

        WriteHeaders(context, entry);
        ReadOnlyMemory<byte> body = entry.Bytes;
        Account(entry.Header, body.Length);
        return context.Response.BodyWriter.WriteAsync(body).AsTask();
    }

    private async Task FromStoreAsync(HttpContext context, string target, Hash256 key, Func<HttpContext, string, Task> otherwise)
    {
        using OpenEntry? entry = await store.OpenAsync(key, context.RequestAborted);
        if (entry is null)
        {
            await otherwise(context, target);
            return;
        }

        WriteHeaders(context, entry);
        await EntryAnswers.CopyAsync(context, entry, 0, entry.Header.Length);
        Account(entry.Header, entry.Header.Length);
    }

    private void WriteHeaders(HttpContext context, OpenEntry entry)
    {
        var prepared = entry.Prepared as HitHeaders;
        if (prepared is null)
        {
            entry.Prepared = prepared = headers.Prepare(entry.Header);
        }

        headers.Exact(context.Response.Headers, prepared);
        context.Response.ContentLength = entry.Header.Length;
    }

    private void Account(EntryHeader entry, long bytes)
    {
        RequestMeters.Saved(entry);
        RequestMeters.Answered(Tier.Exact, bytes);
        log.Write(entry.Id, Tier.Exact, StatusCodes.Status200OK, bytes);
    }

    /// <summary>Whether nothing in the headers asks for anything but the picture.</summary>
    private static bool IsPlain(IHeaderDictionary headers) =>
        headers.CacheControl.Count == 0 && headers.IfNoneMatch.Count == 0 && headers.Range.Count == 0 && headers.Pragma.Count == 0 && !headers.ContainsKey("no-cache");
}
