using System.Buffers.Binary;

namespace Afterimage.Images;

/// <summary>Walks the chunks of a PNG (PNG specification, third edition, section 5) and checks each checksum.</summary>
internal ref struct PngChunks(ReadOnlySpan<byte> bytes)
{
    public static ReadOnlySpan<byte> Signature => [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Where the current chunk begins (its length field).</summary>
    public int Start { get; private set; }

    /// <summary>Where the current chunk ends (after its checksum); the next one begins here.</summary>
    public int End { get; private set; } = 8;

    public readonly ReadOnlySpan<byte> Type => _bytes.Slice(Start + 4, 4);

    public readonly ReadOnlySpan<byte> Data => _bytes[(Start + 8)..(End - 4)];

    public readonly Range DataRange => (Start + 8)..(End - 4);

    public readonly bool Is(ReadOnlySpan<byte> type) => Type.SequenceEqual(type);

    /// <summary>Goes to the next chunk; anything but <see cref="ImageDefect.None"/> means there is none that can be read.</summary>
    public ImageDefect Next(bool verify = true)
    {
        if (End + 12L > _bytes.Length)
        {
            return ImageDefect.Truncated;
        }

        uint length = BinaryPrimitives.ReadUInt32BigEndian(_bytes[End..]);
        if (length > int.MaxValue)
        {
            return ImageDefect.Malformed;
        }

        foreach (byte letter in _bytes.Slice(End + 4, 4))
        {
            if (!char.IsAsciiLetter((char)letter))
            {
                return ImageDefect.Malformed;
            }
        }

        if (End + 12L + length > _bytes.Length)
        {
            return ImageDefect.Truncated;
        }

        Start = End;
        End = Start + 12 + (int)length;
        uint told = BinaryPrimitives.ReadUInt32BigEndian(_bytes[(End - 4)..]);
        return verify && told != Crc32.Of(_bytes[(Start + 4)..(End - 4)]) ? ImageDefect.Malformed : ImageDefect.None;
    }
}
