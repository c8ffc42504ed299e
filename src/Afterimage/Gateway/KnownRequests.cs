using System.Text;
using Afterimage.Caching.Http;
using Afterimage.Gateway.Sockets;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Afterimage.Gateway;

/// <summary>The first line of a request that was answered out of memory or from disk before, and what its answer began with.</summary>
/// <param name="bytes">With its line end.</param>
/// <param name="isHead">Whether the method is HEAD; else it is GET.</param>
/// <param name="target">What it names.</param>
internal sealed class KnownLine(byte[] bytes, bool isHead, IKnownTarget target) : IKnownBytes
{
    private HitHead? _head;

    public byte[] Bytes => bytes;

    public bool IsHead => isHead;

    public IKnownTarget Target => target;

    /// <summary>The latest answer's head; good for its second.</summary>
    public HitHead? Head
    {
        get => Volatile.Read(ref _head);
        set => Volatile.Write(ref _head, value);
    }
}

/// <summary>The fields of a request, as targets read them.</summary>
internal sealed class KnownFields : IKnownBytes
{
    /// <param name="bytes">Up to and with the empty line.</param>
    /// <param name="headers">As Kestrel read them.</param>
    public KnownFields(byte[] bytes, IHeaderDictionary headers)
    {
        Bytes = bytes;
        IfNoneMatch = headers.IfNoneMatch;
        IsPlain = HotPath.IsPlain(headers);
        All = new HttpFields(headers.SelectMany(field => field.Value, (field, value) => KeyValuePair.Create(field.Key, value ?? "")));
        Directives = RequestDirectives.Parse(All.Get("Cache-Control"));
        AsksForMore = headers.Range.Count > 0 || headers.IfMatch.Count > 0 || headers.IfUnmodifiedSince.Count > 0;
        HasConditions = headers.IfNoneMatch.Count > 0 || headers.IfModifiedSince.Count > 0;
    }

    public byte[] Bytes { get; }

    public StringValues IfNoneMatch { get; }

    /// <summary>See <see cref="HotPath.IsPlain"/>.</summary>
    public bool IsPlain { get; }

    public HttpFields All { get; }

    public RequestDirectives Directives { get; }

    /// <summary>Whether they ask for a range, or under a condition that only the origin can evaluate.</summary>
    public bool AsksForMore { get; }

    /// <summary>Whether they ask if something has changed: there are as many of those as there are versions of what they ask for.</summary>
    public bool HasConditions { get; }
}

/// <summary>A request whose both parts are known.</summary>
/// <param name="Length">Of its head, in bytes; it has no body.</param>
internal readonly record struct KnownRequest(KnownLine Line, KnownFields Fields, int Length);

/// <summary>
/// Recognises requests by their bytes. Who asks again sends the same bytes again: a first line that a stored picture or response answered before, and fields that Kestrel has parsed
/// before. Nothing is parsed here; what differs in a single byte is not known. Bounded. Thread-safe.
/// </summary>
/// <param name="enabled">False where the fields say whose a request is: then nothing is ever known.</param>
internal sealed class KnownRequests(bool enabled)
{
    // What ends a connection, changes how it goes on, brings a body, or is secret and stays nowhere longer than its request.
    private static readonly string[] NotRepeated =
    [
        .. RequestScope.KeyHeaders, "Cookie", "Proxy-Authorization", "Content-Length", "Expect", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "X-Content-Length",
    ];

    // Parts of the names under which other programs send theirs.
    private static readonly string[] Secret = ["auth", "token", "key", "secret", "session", "signature", "credential", "password"];

    private const int LineBytesMax = 1_100;
    private const int FieldsBytesMax = 2_048;

    private readonly KnownBytesTable<KnownLine> _lines = new(8_192);
    private readonly KnownBytesTable<KnownFields> _fields = new(512);

    // Of their own: there are as many entity tags as pictures and responses.
    private readonly KnownBytesTable<KnownFields> _conditional = new(128);

    private long _recognised;

    /// <summary>Requests that were answered without being parsed.</summary>
    public long Recognised => Interlocked.Read(ref _recognised);

    /// <summary>Whether every answer ends its connection, which only Kestrel can do.</summary>
    public bool IsClosing { get; set; }

    /// <summary>Counts a request that was answered without being parsed.</summary>
    public void CountRecognised() => Interlocked.Increment(ref _recognised);

    /// <summary>Finds the request that the bytes begin with.</summary>
    public bool TryFind(ReadOnlySpan<byte> bytes, out KnownRequest request)
    {
        request = default;
        if (IsClosing || !TrySplit(bytes, out int line, out int length) || _lines.Find(bytes[..line]) is not { } knownLine
            || FindFields(bytes[line..length]) is not { } knownFields)
        {
            return false;
        }

        request = new KnownRequest(knownLine, knownFields, length);
        return true;
    }

    /// <summary>The head of the request that the bytes begin with, if its fields are not known and may be learned.</summary>
    public byte[]? ToLearn(ReadOnlySpan<byte> bytes) =>
        enabled && TrySplit(bytes, out int line, out int length) && FindFields(bytes[line..length]) is null && HasStrictLineEnds(bytes[..length]) ? bytes[..length].ToArray() : null;

    /// <summary>The next request like this one need not be parsed.</summary>
    /// <param name="context">A request that is being answered now and whose answer leaves the connection open.</param>
    /// <param name="target">Its target; begins with a slash where the request is to be known.</param>
    /// <param name="named">What the target names.</param>
    public void Learn(HttpContext context, string target, IKnownTarget named)
    {
        if (enabled && target[0] == '/' && RepeatReader.Of(context) is { } reader && IsRepeatable(context))
        {
            Add(target, HttpMethods.IsHead(context.Request.Method), named, reader.Answered(), context.Request.Headers);
        }
    }

    private static bool IsRepeatable(HttpContext context)
    {
        IHeaderDictionary fields = context.Request.Headers;
        return context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false }
            && (fields.Connection.Count == 0 || (fields.Connection.Count == 1 && string.Equals(fields.Connection[0], "keep-alive", StringComparison.OrdinalIgnoreCase)))
            && !Array.Exists(NotRepeated, fields.ContainsKey)
            && !fields.Any(field => Array.Exists(Secret, part => field.Key.Contains(part, StringComparison.OrdinalIgnoreCase)));
    }

    /// <param name="head">The whole of it, where its fields are to be learned too.</param>
    private void Add(string target, bool isHead, IKnownTarget named, byte[]? head, IHeaderDictionary headers)
    {
        byte[] line = Encoding.ASCII.GetBytes($"{(isHead ? "HEAD" : "GET")} {target} HTTP/1.1\r\n");
        if (!Ascii.IsValid(target) || line.Length > LineBytesMax)
        {
            return;
        }

        if (_lines.Find(line)?.Target.Equals(named) != true)
        {
            _lines.Set(new KnownLine(line, isHead, named));
        }

        if (head is not null && head.AsSpan().StartsWith(line))
        {
            var fields = new KnownFields(head[line.Length..], headers);
            (fields.HasConditions ? _conditional : _fields).Set(fields);
        }
    }

    private KnownFields? FindFields(ReadOnlySpan<byte> bytes) => _fields.Find(bytes) ?? _conditional.Find(bytes);

    // Kestrel takes a bare LF for the end of a line, and two for the end of a head: what looks like one head here would be two requests there.
    private static bool HasStrictLineEnds(ReadOnlySpan<byte> head) => head.Count((byte)'\n') == head.Count("\r\n"u8) && head.Count((byte)'\r') == head.Count("\r\n"u8);

    private static bool TrySplit(ReadOnlySpan<byte> bytes, out int line, out int length)
    {
        line = bytes[..Math.Min(bytes.Length, LineBytesMax)].IndexOf("\r\n"u8) + 2;
        length = 0;
        if (line < 2)
        {
            return false;
        }

        ReadOnlySpan<byte> rest = bytes[line..];
        length = rest[..Math.Min(rest.Length, FieldsBytesMax)].IndexOf("\r\n\r\n"u8) + 4 + line;
        return length >= line + 4;
    }
}
