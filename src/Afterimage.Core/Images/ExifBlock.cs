using System.Buffers.Binary;

namespace Afterimage.Images;

/// <summary>
/// Reads an EXIF block (a TIFF file without pixels): the texts and the orientation in IFD0 and the Exif IFD. Offsets that lead outside, loops and
/// absurd counts end the reading of that field, nothing else. Each directory is read at most once.
/// </summary>
internal readonly ref struct ExifBlock
{
    private const int OrientationTag = 0x0112;
    private const int UserCommentTag = 0x9286;
    private const int ExifDirectoryTag = 0x8769;
    private const int EntrySize = 12;

    private readonly ReadOnlySpan<byte> _tiff;
    private readonly bool _littleEndian;
    private readonly uint _first;

    /// <param name="bytes">From the byte order mark on; a leading <c>Exif\0\0</c> is skipped.</param>
    public ExifBlock(ReadOnlySpan<byte> bytes)
    {
        _tiff = bytes.StartsWith("Exif\0\0"u8) ? bytes[6..] : bytes;
        _littleEndian = _tiff.StartsWith("II"u8);
        IsSound = _tiff.Length >= 8 && (_littleEndian || _tiff.StartsWith("MM"u8)) && UInt16(2) == 42;
        _first = IsSound ? UInt32(4) : 0;
    }

    public bool IsSound { get; }

    /// <summary>1 to 8 as in EXIF; 1 where absent or nonsense.</summary>
    public int Orientation()
    {
        if (!IsSound)
        {
            return 1;
        }

        foreach (int entry in Directory(_first))
        {
            if (UInt16(entry) == OrientationTag)
            {
                int value = UInt16(entry + 2) == 3 ? UInt16(entry + 8) : 1;
                return value is >= 1 and <= 8 ? value : 1;
            }
        }

        return 1;
    }

    /// <summary>Adds every text field of both directories.</summary>
    public void Read(TextCollector texts)
    {
        if (!IsSound)
        {
            texts.Incomplete = true;
            return;
        }

        ReadDirectory(_first, texts);
        foreach (int entry in Directory(_first))
        {
            if (UInt16(entry) == ExifDirectoryTag)
            {
                if (UInt32(entry + 8) != _first)
                {
                    ReadDirectory(UInt32(entry + 8), texts);
                }

                return;
            }
        }
    }

    /// <summary>A block that says nothing but the orientation, from the byte order mark on.</summary>
    public static byte[] WithOrientation(int orientation) =>
    [
        (byte)'I', (byte)'I', 42, 0, 8, 0, 0, 0,
        1, 0,
        0x12, 0x01, 3, 0, 1, 0, 0, 0, (byte)orientation, 0, 0, 0,
        0, 0, 0, 0,
    ];

    private void ReadDirectory(uint offset, TextCollector texts)
    {
        // One bit a tag: a directory of 65,535 entries that all show the same megabyte must not be read 65,535 times.
        int seen = 0;
        foreach (int entry in Directory(offset))
        {
            (string Name, int Bit)? field = Describe(UInt16(entry));
            if (field is not { } known || (seen & known.Bit) != 0)
            {
                continue;
            }

            seen |= known.Bit;
            ReadOnlySpan<byte> value = Value(entry);
            if (value.IsEmpty)
            {
                texts.Incomplete |= UInt32(entry + 4) > 0;
                continue;
            }

            if (value.Length > texts.Room)
            {
                texts.Incomplete = true;
                continue;
            }

            string? text = UInt16(entry) switch
            {
                UserCommentTag => TextBytes.UserComment(value, _littleEndian),
                >= 0x9C9B and <= 0x9C9F => TextBytes.Utf16(value, littleEndian: true),
                _ => TextBytes.Utf8OrLatin1(value),
            };
            texts.Add(MetadataSource.Exif, known.Name, text, value.Length);
        }
    }

    private static (string Name, int Bit)? Describe(int tag) => tag switch
    {
        0x010E => ("ImageDescription", 1),
        0x010F => ("Make", 2),
        0x0110 => ("Model", 4),
        0x0131 => ("Software", 8),
        0x013B => ("Artist", 16),
        0x8298 => ("Copyright", 32),
        UserCommentTag => ("UserComment", 64),
        0x9C9B => ("XPTitle", 128),
        0x9C9C => ("XPComment", 256),
        0x9C9D => ("XPAuthor", 512),
        0x9C9E => ("XPKeywords", 1024),
        0x9C9F => ("XPSubject", 2048),
        0x9003 => ("DateTimeOriginal", 4096),
        0x0132 => ("DateTime", 8192),
        _ => null,
    };

    // Byte offsets of the directory's entries that are inside the block.
    private EntryOffsets Directory(uint offset)
    {
        if (offset > _tiff.Length - 2L)
        {
            return new EntryOffsets(0, 0);
        }

        int first = (int)offset + 2;
        int count = Math.Min(UInt16((int)offset), (_tiff.Length - first) / EntrySize);
        return new EntryOffsets(first, count);
    }

    private ReadOnlySpan<byte> Value(int entry)
    {
        int unit = UInt16(entry + 2) switch { 1 or 2 or 6 or 7 or 129 => 1, 3 or 8 => 2, _ => 0 };
        long length = (long)unit * UInt32(entry + 4);
        if (length == 0)
        {
            return default;
        }

        long at = length <= 4 ? entry + 8 : UInt32(entry + 8);
        return at + length > _tiff.Length ? default : _tiff.Slice((int)at, (int)length);
    }

    private ushort UInt16(int at) =>
        _littleEndian ? BinaryPrimitives.ReadUInt16LittleEndian(_tiff[at..]) : BinaryPrimitives.ReadUInt16BigEndian(_tiff[at..]);

    private uint UInt32(int at) =>
        _littleEndian ? BinaryPrimitives.ReadUInt32LittleEndian(_tiff[at..]) : BinaryPrimitives.ReadUInt32BigEndian(_tiff[at..]);

    private struct EntryOffsets(int first, int count)
    {
        private int _index = -1;

        public readonly int Current => first + (_index * EntrySize);

        public bool MoveNext() => ++_index < count;

        public readonly EntryOffsets GetEnumerator() => this;
    }
}
