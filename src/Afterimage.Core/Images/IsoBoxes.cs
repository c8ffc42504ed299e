using System.Buffers.Binary;

namespace Afterimage.Images;

/// <summary>Walks the boxes of an ISO base media file (ISO/IEC 14496-12, section 4.2) between two offsets; one level, the caller descends.</summary>
internal ref struct IsoBoxes(ReadOnlySpan<byte> bytes, int start, int end)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public int Start { get; private set; }

    /// <summary>Where the box's content begins.</summary>
    public int Body { get; private set; }

    public int End { get; private set; } = start;

    public readonly ReadOnlySpan<byte> Type => _bytes.Slice(Start + 4, 4);

    public readonly ReadOnlySpan<byte> Data => _bytes[Body..End];

    public readonly bool AtEnd => End >= end;

    public readonly bool Is(ReadOnlySpan<byte> type) => Type.SequenceEqual(type);

    /// <summary>The boxes inside this one, after <paramref name="skip"/> bytes of its own fields.</summary>
    public readonly IsoBoxes Children(int skip = 0) => new(_bytes, Math.Min(Body + skip, End), End);

    /// <summary>Goes to the next box. After <see cref="ImageDefect.Truncated"/> the type may be looked at if <see cref="Body"/> is past <see cref="Start"/>.</summary>
    public ImageDefect Next()
    {
        Start = Body = End;
        if (end - Start < 8)
        {
            return ImageDefect.Truncated;
        }

        Body = Start + 8;
        long size = BinaryPrimitives.ReadUInt32BigEndian(_bytes[Start..]);
        if (size == 1)
        {
            if (end - Start < 16)
            {
                return ImageDefect.Truncated;
            }

            Body = Start + 16;
            size = (long)Math.Min(BinaryPrimitives.ReadUInt64BigEndian(_bytes[(Start + 8)..]), long.MaxValue);
        }
        else if (size == 0)
        {
            size = end - Start;
        }

        if (size < Body - Start)
        {
            return ImageDefect.Malformed;
        }

        if (size > end - Start)
        {
            return ImageDefect.Truncated;
        }

        End = Start + (int)size;
        return ImageDefect.None;
    }
}
