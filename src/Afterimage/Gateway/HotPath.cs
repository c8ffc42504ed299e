using System.Diagnostics.CodeAnalysis;
using Afterimage.Configuration;
using Afterimage.Diagnostics;
using Afterimage.Entries;
using Afterimage.Gateway.Sockets;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Afterimage.Gateway;

/// <summary>
/// The shortest way to a hit: a request target that was an exact hit before, asked without conditions
/// other than an entity tag. Everything else takes the long way, which decides the
/// same; this one only remembers which key a target has.
/// </summary>
internal sealed class HotPath(IEntryStore store, CacheHeaders headers, RequestLog log, GatewayOptions options, TimeProvider time)
{
    // What ends a connection, changes how it goes on, brings a body, or is secret and stays nowhere longer than its request.
    private static readonly string[] NotRepeated =
    [
        .. RequestScope.KeyHeaders, "Cookie", "Proxy-Authorization", "Content-Length", "Expect", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "X-Content-Length",
    ];

    // Of what is kept for each known line.
    private const int KeptHeadBytesMax = 2_048;

    private const int CountMax = 50_000;
    private const int TargetLengthMax = 1024;

    private readonly bool _enabled = !options.Scope.Separates && !options.Headers.StripExact;
    private readonly RecentCache<string, Hash256> _keys = new(CountMax, StringComparer.Ordinal);
    private readonly KnownRequests _known = new();

    private long _recognised;

    /// <summary>Requests that were answered without being parsed.</summary>
    public long Recognised => Interlocked.Read(ref _recognised);

    /// <summary>Whether every answer ends its connection, which only Kestrel can do.</summary>
    public bool IsClosing { get; set; }

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

        Learn(context, target, key);
        if (!store.TryGetHot(key, out HotEntry? entry) || entry.Body is not { } body)
        {
            return FromStoreAsync(context, target, key, otherwise);
        }

        bool sends = Begin(context, entry);
        Account(entry.Header, context.Response.StatusCode, sends ? body.Length : 0);
        return sends ? ContentSender.SendAsync(context, body).AsTask() : Task.CompletedTask;
    }

    /// <summary>Recognises a request by its bytes, before anybody has parsed it.</summary>
    public bool TryFind(ReadOnlySpan<byte> bytes, out KnownRequest request)
    {
        request = default;
        return !IsClosing && _known.TryFind(bytes, out request);
    }

    /// <summary>See <see cref="KnownRequests.ToLearn"/>.</summary>
    public byte[]? ToLearn(ReadOnlySpan<byte> bytes) => _enabled ? _known.ToLearn(bytes) : null;

    /// <summary>The picture of a recognised request, where it is in memory.</summary>
    public bool TryGetHot(in KnownRequest request, [NotNullWhen(true)] out HotEntry? entry) => store.TryGetHot(request.Line.Key, out entry);

    /// <summary>The same, wherever it is; null where it has gone.</summary>
    public ValueTask<OpenEntry?> OpenAsync(in KnownRequest request, CancellationToken cancellationToken) => store.OpenAsync(request.Line.Key, cancellationToken);

    /// <summary>What the answer to a recognised request begins with; null where Kestrel is to answer. A body follows where the status is 200 and the method is GET.</summary>
    public HitHead? HeadOf(in KnownRequest request, OpenEntry entry)
    {
        HitHeaders prepared = PreparedOf(entry);
        StringValues wanted = request.Fields.IfNoneMatch;
        int status = wanted.Count > 0 && EntryAnswers.Matches(wanted, prepared.ETag.ToString()) ? StatusCodes.Status304NotModified : StatusCodes.Status200OK;
        DateTimeOffset now = time.GetUtcNow();
        HitHead? head = request.Line.Head;
        if (head is null || head.Second != now.ToUnixTimeSeconds() || head.Status != status || head.Headers != prepared)
        {
            head = HitHead.Of(headers, prepared, entry.Header, status, now);
            request.Line.Head = head?.Bytes.Length <= KeptHeadBytesMax ? head : null;
        }

        return head;
    }

    /// <summary>Counts and logs the answer to a recognised request.</summary>
    public void AccountRecognised(EntryHeader entry, int status, long bytes)
    {
        Interlocked.Increment(ref _recognised);
        Account(entry, status, bytes);
    }

    private void Account(EntryHeader entry, int status, long bytes)
    {
        RequestMeters.Saved(entry);
        RequestMeters.Answered(Tier.Exact, bytes);
        log.Write(entry.Id, Tier.Exact, status, bytes);
    }

    /// <summary>The next request like this one need not be parsed.</summary>
    private void Learn(HttpContext context, string target, Hash256 key)
    {
        if (target[0] == '/' && RepeatReader.Of(context) is { } reader && IsRepeatable(context))
        {
            _known.Add(target, HttpMethods.IsHead(context.Request.Method), key, reader.Answered(), context.Request.Headers.IfNoneMatch);
        }
    }

    private static bool IsRepeatable(HttpContext context)
    {
        IHeaderDictionary fields = context.Request.Headers;
        return context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false }
            && (fields.Connection.Count == 0 || (fields.Connection.Count == 1 && string.Equals(fields.Connection[0], "keep-alive", StringComparison.OrdinalIgnoreCase)))
            && !Array.Exists(NotRepeated, fields.ContainsKey);
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

    private HitHeaders PreparedOf(OpenEntry entry)
    {
        var prepared = entry.Prepared as HitHeaders;
        if (prepared is null)
        {
            entry.Prepared = prepared = headers.Prepare(entry.Header);
        }

        return prepared;
    }

    /// <summary>Whether nothing in the headers asks for anything but the picture, or to hear that it is the same still.</summary>
    private static bool IsPlain(IHeaderDictionary headers) =>
        headers.CacheControl.Count == 0 && headers.Range.Count == 0 && headers.Pragma.Count == 0 && !headers.ContainsKey("no-cache");
}
