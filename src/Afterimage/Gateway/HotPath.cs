using Afterimage.Configuration;
using Afterimage.Diagnostics;
using Afterimage.Entries;
using Afterimage.Gateway.Sockets;

namespace Afterimage.Gateway;

/// <summary>
/// The shortest way to a hit: a request target that was an exact hit before, asked without conditions
/// other than an entity tag. Everything else takes the long way, which decides the
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
        if (!_enabled || !(HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method)) || !_keys.TryGet(target, out Hash256 key) || !IsPlain(context.Request.Headers))
        {
            return null;
        }

        if (!store.TryGetHot(key, out HotEntry? entry))
        {
            return FromStoreAsync(context, target, key, otherwise);
        }

        ReadOnlyMemory<byte> body = entry.Bytes;
        bool sends = Begin(context, entry);
        Account(context, entry.Header, sends ? body.Length : 0);
        return sends ? PictureBody.SendAsync(context, body).AsTask() : Task.CompletedTask;
    }

    private async Task FromStoreAsync(HttpContext context, string target, Hash256 key, Func<HttpContext, string, Task> otherwise)
    {
        if (!await TryAnswerAsync(context, key))
        {
            await otherwise(context, target);
        }
    }

    /// <summary>False where the entry is gone, or cannot be read and the client has heard nothing yet.</summary>
    private async ValueTask<bool> TryAnswerAsync(HttpContext context, Hash256 key)
    {
        try
        {
            using OpenEntry? entry = await store.OpenAsync(key, context.RequestAborted);
            if (entry is null)
            {
                return false;
            }

            long sent = Begin(context, entry) ? await PictureBody.SendAsync(context, entry, 0, entry.Header.Length) : 0;
            Account(context, entry.Header, sent);
            return true;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            if (!context.RequestAborted.IsCancellationRequested && !context.Response.HasStarted)
            {
                context.Response.Clear();
                return false;
            }

            // Too late for another answer, or nobody is left to hear one.
            context.Abort();
            return true;
        }
    }

    /// <summary>Writes the headers; false where no body follows (304, HEAD).</summary>
    private bool Begin(HttpContext context, OpenEntry entry)
    {
        var prepared = entry.Prepared as HitHeaders;
        if (prepared is null)
        {
            entry.Prepared = prepared = headers.Prepare(entry.Header);
        }

        headers.Exact(context.Response.Headers, prepared);
        if (context.Request.Headers.IfNoneMatch is { Count: > 0 } wanted && EntryAnswers.Matches(wanted, prepared.ETag.ToString()))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return false;
        }

        context.Response.ContentLength = entry.Header.Length;
        return HttpMethods.IsGet(context.Request.Method);
    }

    private void Account(HttpContext context, EntryHeader entry, long bytes)
    {
        RequestMeters.Saved(entry);
        RequestMeters.Answered(Tier.Exact, bytes);
        log.Write(entry.Id, Tier.Exact, context.Response.StatusCode, bytes);
    }

    /// <summary>Whether nothing in the headers asks for anything but the picture, or to hear that it is the same still.</summary>
    private static bool IsPlain(IHeaderDictionary headers) =>
        headers.CacheControl.Count == 0 && headers.Range.Count == 0 && headers.Pragma.Count == 0 && !headers.ContainsKey("no-cache");
}
