using System.Text;
using Microsoft.Extensions.Primitives;

namespace Afterimage.Gateway;

/// <summary>The first line of a request that named a stored picture before, and what its answer began with.</summary>
/// <param name="bytes">With its line end.</param>
/// <param name="isHead">Whether the method is HEAD; else it is GET.</param>
/// <param name="key">The picture's exact key.</param>
internal sealed class KnownLine(byte[] bytes, bool isHead, Hash256 key) : IKnownBytes
{
    private HitHead? _head;

    public byte[] Bytes => bytes;

    public bool IsHead => isHead;

    public Hash256 Key => key;

    /// <summary>The latest answer's head; good for its second.</summary>
    public HitHead? Head
    {
        get => Volatile.Read(ref _head);
        set => Volatile.Write(ref _head, value);
    }
}

/// <summary>The fields of a request that asked for nothing but its picture, or to hear that it is the same still.</summary>
/// <param name="bytes">Up to and with the empty line.</param>
/// <param name="ifNoneMatch">As Kestrel read it.</param>
internal sealed class KnownFields(byte[] bytes, StringValues ifNoneMatch) : IKnownBytes
{
    public byte[] Bytes => bytes;

    public StringValues IfNoneMatch => ifNoneMatch;
}

/// <summary>A request whose both parts are known.</summary>
/// <param name="Length">Of its head, in bytes; it has no body.</param>
internal readonly record struct KnownRequest(KnownLine Line, KnownFields Fields, int Length);

/// <summary>
/// Recognises requests by their bytes. Who asks again sends the same bytes again: a first line that named a picture before, and fields that Kestrel has parsed before and that
/// <see cref="HotPath"/> found to ask for nothing else. Nothing is parsed here; what differs in a single byte is not known. Bounded. Thread-safe.
/// </summary>
internal sealed class KnownRequests
{
    private const int LineBytesMax = 1_100;
    private const int FieldsBytesMax = 2_048;

    private readonly KnownBytesTable<KnownLine> _lines = new(8_192);
    private readonly KnownBytesTable<KnownFields> _fields = new(512);

    // Of their own: there are as many entity tags as pictures.
    private readonly KnownBytesTable<KnownFields> _conditional = new(128);

    /// <summary>Finds the request that the bytes begin with.</summary>
    public bool TryFind(ReadOnlySpan<byte> bytes, out KnownRequest request)
    {
        request = default;
        if (!TrySplit(bytes, out int line, out int length) || _lines.Find(bytes[..line]) is not { } knownLine
            || FindFields(bytes[line..length]) is not { } knownFields)
        {
            return false;
        }

        request = new KnownRequest(knownLine, knownFields, length);
        return true;
    }

    /// <summary>The head of the request that the bytes begin with, if its fields are not known and may be learned.</summary>
    public byte[]? ToLearn(ReadOnlySpan<byte> bytes) =>
        TrySplit(bytes, out int line, out int length) && FindFields(bytes[line..length]) is null && HasStrictLineEnds(bytes[..length]) ? bytes[..length].ToArray() : null;

    /// <summary>Notes that a request was answered by the picture of this key. Its target begins with a slash.</summary>
    /// <param name="head">The whole of it, where its fields are to be learned too.</param>
    /// <param name="ifNoneMatch">Of its fields.</param>
    public void Add(string target, bool isHead, Hash256 key, byte[]? head, StringValues ifNoneMatch)
    {
        byte[] line = Encoding.ASCII.GetBytes($"{(isHead ? "HEAD" : "GET")} {target} HTTP/1.1\r\n");
        if (!Ascii.IsValid(target) || line.Length > LineBytesMax)
        {
            return;
        }

        if (_lines.Find(line)?.Key != key)
        {
            _lines.Set(new KnownLine(line, isHead, key));
        }

        if (head is not null && head.AsSpan().StartsWith(line))
        {
            (ifNoneMatch.Count > 0 ? _conditional : _fields).Set(new KnownFields(head[line.Length..], ifNoneMatch));
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
