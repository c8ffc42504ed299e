using System.Buffers.Binary;

namespace Afterimage.Images;

/// <summary>WebP (RFC 9649): RIFF sizes, the lossy and lossless frame headers, the extended form with animation.</summary>
internal static class WebPFile
{
    private const byte AnimationFlag = 0x02;

    public static ImageReport Inspect(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 20)
        {
            return Report(0, 0, ImageDefect.Truncated);
        }

        int end = EndOf(bytes);
        var chunks = new RiffChunks(bytes, 12, Math.Min(end, bytes.Length));
        bool truncated = end > bytes.Length;
        ImageDefect tooShort = truncated ? ImageDefect.Truncated : ImageDefect.Malformed;
        if (!chunks.Next())
        {
            (int w, int h) = SizeOfStart(bytes[12..]);
            return Report(w, h, tooShort);
        }

        (int width, int height) = SizeOf(chunks.Type, chunks.Data);
        if (width == 0)
        {
            return Report(0, 0, ImageDefect.Malformed);
        }

        ImageDefect defect = truncated ? ImageDefect.Truncated
            : chunks.Is("VP8X"u8) ? InspectExtended(bytes, ref chunks, width, height)
            : IsFrame(chunks.Type, chunks.Data) ? ImageDefect.None
            : ImageDefect.Malformed;
        return Report(width, height, defect);

        static ImageReport Report(int width, int height, ImageDefect defect) => new(ImageFormat.WebP, width, height, defect);
    }

    /// <summary>Where the RIFF container says it ends, which may be after the bytes' end.</summary>
    public static int EndOf(ReadOnlySpan<byte> bytes) =>
        (int)Math.Min(8L + BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]), int.MaxValue);

    private static ImageDefect InspectExtended(ReadOnlySpan<byte> bytes, ref RiffChunks chunks, int width, int height)
    {
        bool animated = (chunks.Data[0] & AnimationFlag) != 0;
        bool picture = false;
        while (!chunks.AtEnd)
        {
            if (!chunks.Next())
            {
                return ImageDefect.Malformed;
            }

            if (chunks.Is("VP8 "u8) || chunks.Is("VP8L"u8))
            {
                if (!IsFrame(chunks.Type, chunks.Data) || (!animated && SizeOf(chunks.Type, chunks.Data) != (width, height)))
                {
                    return ImageDefect.Malformed;
                }

                picture |= !animated;
            }
            else if (chunks.Is("ANMF"u8))
            {
                if (!IsAnimationFrame(bytes, chunks.DataRange))
                {
                    return ImageDefect.Malformed;
                }

                picture |= animated;
            }
        }

        return picture ? ImageDefect.None : ImageDefect.Truncated;
    }

    private static bool IsAnimationFrame(ReadOnlySpan<byte> bytes, Range range)
    {
        const int FrameHeader = 16;
        (int offset, int length) = range.GetOffsetAndLength(bytes.Length);
        if (length < FrameHeader)
        {
            return false;
        }

        var inner = new RiffChunks(bytes, offset + FrameHeader, offset + length);
        while (inner.Next())
        {
            if (inner.Is("VP8 "u8) || inner.Is("VP8L"u8))
            {
                return IsFrame(inner.Type, inner.Data);
            }
        }

        return false;
    }

    private static bool IsFrame(ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        if (type.SequenceEqual("VP8L"u8))
        {
            return SizeOf(type, data).Width > 0 && data.Length > 5;
        }

        // RFC 6386, 9.1: the first partition's size must leave room inside the chunk.
        return type.SequenceEqual("VP8 "u8) && SizeOf(type, data).Width > 0 && 10L + ((data[0] | (data[1] << 8) | (data[2] << 16)) >> 5) <= data.Length;
    }

    // The first chunk does not fit: its header may still tell the size.
    private static (int Width, int Height) SizeOfStart(ReadOnlySpan<byte> chunk) => chunk.Length < 18 ? (0, 0) : SizeOf(chunk[..4], chunk[8..]);

    /// <summary>The size in a VP8X, VP8 or VP8L chunk; zeros where it is none of them or malformed.</summary>
    private static (int Width, int Height) SizeOf(ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        if (type.SequenceEqual("VP8X"u8))
        {
            return data.Length < 10 ? (0, 0) : (1 + UInt24(data[4..]), 1 + UInt24(data[7..]));
        }

        if (type.SequenceEqual("VP8L"u8))
        {
            if (data.Length < 5 || data[0] != 0x2F)
            {
                return (0, 0);
            }

            uint bits = BinaryPrimitives.ReadUInt32LittleEndian(data[1..]);
            return bits >> 29 != 0 ? (0, 0) : (1 + (int)(bits & 0x3FFF), 1 + (int)((bits >> 14) & 0x3FFF));
        }

        bool key = type.SequenceEqual("VP8 "u8) && data.Length >= 10 && (data[0] & 1) == 0 && data[3] == 0x9D && data[4] == 0x01 && data[5] == 0x2A;
        return key
            ? (BinaryPrimitives.ReadUInt16LittleEndian(data[6..]) & 0x3FFF, BinaryPrimitives.ReadUInt16LittleEndian(data[8..]) & 0x3FFF)
            : (0, 0);
    }

    private static int UInt24(ReadOnlySpan<byte> field) => field[0] | (field[1] << 8) | (field[2] << 16);
}
