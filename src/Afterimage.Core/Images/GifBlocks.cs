using System.Buffers.Binary;

namespace Afterimage.Images;

/// <summary>Walks the blocks of a GIF (GIF89a specification): extensions, images, trailer.</summary>
internal ref struct GifBlocks
{
    public const byte Extension = 0x21;
    public const byte Image = 0x2C;
    public const byte Trailer = 0x3B;
    public const byte CommentLabel = 0xFE;
    public const byte ApplicationLabel = 0xFF;

    private readonly ReadOnlySpan<byte> _bytes;

    public GifBlocks(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        if (bytes.Length < 13)
        {
            End = int.MaxValue;
            return;
        }

        Width = BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]);
        Height = BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]);
        End = 13 + ColourTable(bytes[10]);
    }

    public int Width { get; }

    public int Height { get; }

    /// <summary>The current block's first byte: <see cref="Extension"/>, <see cref="Image"/> or <see cref="Trailer"/>.</summary>
    public byte Kind { get; private set; }

    /// <summary>The current extension's label.</summary>
    public byte Label { get; private set; }

    public int Start { get; private set; }

    public int End { get; private set; }

    /// <summary>Where the current block's data sub-blocks begin.</summary>
    public int SubBlocks { get; private set; }

    /// <summary>Goes to the next block; anything but <see cref="ImageDefect.None"/> means there is none that can be read.</summary>
    public ImageDefect Next()
    {
        if (End >= _bytes.Length)
        {
            return ImageDefect.Truncated;
        }

        Start = End;
        Kind = _bytes[Start];
        switch (Kind)
        {
            case Trailer:
                End = Start + 1;
                return ImageDefect.None;
            case Extension:
                if (Start + 2 > _bytes.Length - 1)
                {
                    return ImageDefect.Truncated;
                }

                Label = _bytes[Start + 1];
                return Skip(Start + 2);
            case Image:
                if (Start + 10 > _bytes.Length - 1)
                {
                    return ImageDefect.Truncated;
                }

                // Descriptor, local colour table, minimum code size, then the compressed pixels.
                return Skip(Start + 10 + ColourTable(_bytes[Start + 9]) + 1);
            default:
                return ImageDefect.Malformed;
        }
    }

    private ImageDefect Skip(int at)
    {
        SubBlocks = at;
        while (at < _bytes.Length)
        {
            int length = _bytes[at];
            at += 1 + length;
            if (length == 0)
            {
                End = at;
                return ImageDefect.None;
            }
        }

        End = _bytes.Length;
        return ImageDefect.Truncated;
    }

    private static int ColourTable(byte packed) => (packed & 0x80) == 0 ? 0 : 3 << ((packed & 7) + 1);
}
