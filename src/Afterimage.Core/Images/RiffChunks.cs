using System.Buffers.Binary;

namespace Afterimage.Images;

/// <summary>Walks the chunks of a RIFF body (or of an ANMF payload): four characters, 32-bit little-endian size, data, padding to even.</summary>
internal ref struct RiffChunks(ReadOnlySpan<byte> bytes, int start, int end)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _length;

    public int Start { get; private set; }

    /// <summary>After the padding byte; where the container's last chunk has none, the container's end.</summary>
    public int End { get; private set; } = start;

    public readonly ReadOnlySpan<byte> Type => _bytes.Slice(Start, 4);

    public readonly ReadOnlySpan<byte> Data => _bytes.Slice(Start + 8, _length);

    public readonly Range DataRange => (Start + 8)..(Start + 8 + _length);

    public readonly bool AtEnd => End >= end;

    public readonly bool Is(ReadOnlySpan<byte> type) => Type.SequenceEqual(type);

    /// <summary>Goes to the next chunk; false where it does not fit into the container.</summary>
    public bool Next()
    {
        if (end - End < 8)
        {
            return false;
        }

        uint length = BinaryPrimitives.ReadUInt32LittleEndian(_bytes[(End + 4)..]);
        if (length > end - End - 8)
        {
            return false;
        }

        Start = End;
        _length = (int)length;
        End = Math.Min(Start + 8 + _length + (_length & 1), end);
        return true;
    }
}
