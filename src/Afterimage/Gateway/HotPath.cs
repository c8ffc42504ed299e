using Afterimage.Configuration;
using Afterimage.Diagnostics;
using Afterimage.Entries;
using Afterimage.Gateway.Sockets;
using Microsoft.Extensions.Primitives;

namespace Afterimage.Gateway;

/// <summary>
/// The shortest way to a hit: a request target that was an exact hit before, asked without conditions
/// other than an entity tag. Everything else takes the long way, which decides the
/// same; this one only remembers which key a target has.
/// </summary>
internal sealed class HotPath(IEntryStore store, CacheHeaders headers, KnownRequests known, RequestLog log, GatewayOptions options, TimeProvider time)
{
    private const int CountMax = 50_000;
    private const int TargetLengthMax = 1024;

    private readonly IEntryStore _store = store;
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

        known.Learn(context, target, new KnownPicture(this, key));
        if (!_store.TryGetHot(key, out HotEntry? entry) || entry.Body is not { } body)
        {
            return FromStoreAsync(context, target, key, otherwise);
        }

        bool sends = Begin(context, entry);
        Account(entry.Header, context.Response.StatusCode, sends ? body.Length : 0);
        return sends ? ContentSender.SendAsync(context, body).AsTask() : Task.CompletedTask;
    }

    /// <summary>Whether nothing in a request's fields asks for anything but the picture, or to hear that it is the same still.</summary>
    public static bool IsPlain(IHeaderDictionary headers) =>
        headers.CacheControl.Count == 0 && headers.Range.Count == 0 && headers.Pragma.Count == 0 && !headers.ContainsKey("no-cache");

    private void Account(EntryHeader entry, int status, long bytes)
    {
        RequestMeters.Saved(entry);
        RequestMeters.Answered(Tier.Exact, bytes);
        log.Write(entry.Id, Tier.Exact, status, bytes);
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
            using OpenEntry? entry = await _store.OpenAsync(key, context.RequestAborted);
            if (entry is null)
            {
                return false;
            }

            long sent = Begin(context, entry) ? await ContentSender.SendAsync(context, entry, 0, entry.Header.Length) : 0;
            Account(entry.Header, context.Response.StatusCode, sent);
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
        HitHeaders prepared = PreparedOf(entry);
        headers.Exact(context.Response.Headers, prepared);
        if (context.Request.Headers.IfNoneMatch is { Count: > 0 } wanted && EntryAnswers.Matches(wanted, prepared.ETag.ToString()))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return false;
        }

        context.Response.ContentLength = entry.Header.Length;
        return HttpMethods.IsGet(context.Request.Method);
    }

    /// <summary>The answer to a recognised request by a picture; false where Kestrel is to give it.</summary>
    private bool TryAnswer(in KnownRequest request, OpenEntry entry, out KnownAnswer answer)
    {
        HitHeaders prepared = PreparedOf(entry);
        StringValues wanted = request.Fields.IfNoneMatch;
        int status = wanted.Count > 0 && EntryAnswers.Matches(wanted, prepared.ETag.ToString()) ? StatusCodes.Status304NotModified : StatusCodes.Status200OK;
        DateTimeOffset now = time.GetUtcNow();
        HitHead? head = HitHead.Latest(request.Line, prepared, status, now) ?? MakeHead(request.Line, prepared, entry.Header, status, now);
        bool sends = status == StatusCodes.Status200OK && !request.Line.IsHead;
        answer = head is null ? default : new KnownAnswer(head, sends ? entry : null, entry);
        return head is not null;
    }

    private HitHead? MakeHead(KnownLine line, HitHeaders prepared, EntryHeader entry, int status, DateTimeOffset now)
    {
        var fields = new HeaderDictionary();
        headers.Exact(fields, prepared);
        if (status == StatusCodes.Status200OK)
        {
            fields.ContentLength = entry.Length;
        }

        return HitHead.Of(line, prepared, status, fields, now);
    }

    private HitHeaders PreparedOf(OpenEntry entry)
    {
        var prepared = entry.Prepared as HitHeaders;
        if (prepared is null)
        {
            entry.Prepared = prepared = headers.Prepare(entry.Header);
        }

        return prepared;
    }

    /// <summary>The picture that a known line names.</summary>
    private sealed record KnownPicture(HotPath Path, Hash256 Key) : IKnownTarget
    {
        public bool TryAnswer(in KnownRequest request, out KnownAnswer answer)
        {
            answer = default;
            return request.Fields.IsPlain && Path._store.TryGetHot(Key, out HotEntry? entry) && Path.TryAnswer(request, entry, out answer);
        }

        public async ValueTask<KnownAnswer?> OpenAsync(KnownRequest request, CancellationToken cancellationToken)
        {
            OpenEntry? entry = request.Fields.IsPlain ? await Path._store.OpenAsync(Key, cancellationToken) : null;
            if (entry is not null && Path.TryAnswer(request, entry, out KnownAnswer answer))
            {
                return answer;
            }

            entry?.Dispose();
            return null;
        }

        public void Account(in KnownAnswer answer) => Path.Account(answer.Entry!.Header, answer.Head.Status, answer.Bytes);
    }
}
