using System.Buffers.Binary;

namespace Afterimage.Images;

/// <summary>Walks the marker segments of a JPEG (ITU-T T.81, annex B). A scan's entropy-coded data belongs to its SOS segment.</summary>
internal ref struct JpegSegments(ReadOnlySpan<byte> bytes)
{
    public const byte StartOfImage = 0xD8;
    public const byte EndOfImage = 0xD9;
    public const byte StartOfScan = 0xDA;
    public const byte NumberOfLines = 0xDC;
    public const byte App0 = 0xE0;
    public const byte App1 = 0xE1;
    public const byte App2 = 0xE2;
    public const byte App14 = 0xEE;
    public const byte App15 = 0xEF;
    public const byte Comment = 0xFE;

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _dataStart;
    private int _dataEnd;

    public byte Marker { get; private set; }

    /// <summary>Where the current segment begins: its marker, or the fill bytes before it.</summary>
    public int Start { get; private set; }

    /// <summary>Where the current segment ends, after its entropy-coded data for a scan.</summary>
    public int End { get; private set; } = 2;

    /// <summary>The segment's parameters, without marker and length.</summary>
    public readonly ReadOnlySpan<byte> Data => _bytes[_dataStart.._dataEnd];

    public readonly Range DataRange => _dataStart.._dataEnd;

    /// <summary>Entropy-coded bytes of the current scan.</summary>
    public readonly int ScanLength => Marker == StartOfScan ? End - _dataEnd : 0;

    public readonly bool IsFrameHeader => Marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC);

    /// <summary>Goes to the next segment, EOI included; anything but <see cref="ImageDefect.None"/> means there is none that can be read.</summary>
    public ImageDefect Next()
    {
        Start = End;
        int at = Start;
        if (at >= _bytes.Length)
        {
            return ImageDefect.Truncated;
        }

        if (_bytes[at] != 0xFF)
        {
            return ImageDefect.Malformed;
        }

        int past = _bytes[at..].IndexOfAnyExcept((byte)0xFF);
        if (past < 0)
        {
            return ImageDefect.Truncated;
        }

        at += past + 1;
        Marker = _bytes[at - 1];
        _dataStart = _dataEnd = End = at;
        if (Marker is 0 or StartOfImage)
        {
            return ImageDefect.Malformed;
        }

        // Markers without parameters: TEM, stray restarts, EOI.
        if (Marker is 0x01 or EndOfImage or (>= 0xD0 and <= 0xD7))
        {
            return ImageDefect.None;
        }

        if (at + 2 > _bytes.Length)
        {
            return ImageDefect.Truncated;
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian(_bytes[at..]);
        if (length < 2)
        {
            return ImageDefect.Malformed;
        }

        if (at + length > _bytes.Length)
        {
            return ImageDefect.Truncated;
        }

        _dataStart = at + 2;
        _dataEnd = End = at + length;
        return Marker == StartOfScan ? SkipEntropyCoded() : ImageDefect.None;
    }

    private ImageDefect SkipEntropyCoded()
    {
        int at = End;
        while (true)
        {
            int found = _bytes[at..].IndexOf((byte)0xFF);
            if (found < 0 || at + found + 1 >= _bytes.Length)
            {
                End = _bytes.Length;
                return ImageDefect.Truncated;
            }

            at += found;
            byte next = _bytes[at + 1];
            if (next is 0 or (>= 0xD0 and <= 0xD7))
            {
                at += 2;
            }
            else if (next == 0xFF)
            {
                at++;
            }
            else
            {
                End = at;
                return ImageDefect.None;
            }
        }
    }
}
