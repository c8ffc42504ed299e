using System.Buffers.Binary;

namespace Afterimage.Images;

/// <summary>PNG: header, order and checksums of the chunks, to IEND.</summary>
internal static class PngFile
{
    private const int HeaderLength = 13;

    public static ImageReport Inspect(ReadOnlySpan<byte> bytes)
    {
        var chunks = new PngChunks(bytes);
        ImageDefect defect = chunks.Next();
        if (defect != ImageDefect.None)
        {
            return new ImageReport(ImageFormat.Png, 0, 0, defect);
        }

        if (!chunks.Is("IHDR"u8) || chunks.Data.Length != HeaderLength)
        {
            return new ImageReport(ImageFormat.Png, 0, 0, ImageDefect.Malformed);
        }

        ReadOnlySpan<byte> header = chunks.Data;
        int width = Side(header);
        int height = Side(header[4..]);
        if (width == 0 || height == 0)
        {
            return new ImageReport(ImageFormat.Png, width, height, ImageDefect.BadDimensions);
        }

        byte colour = header[9];
        bool sound = IsDepthOf(colour, header[8]) && header[10] == 0 && header[11] == 0 && header[12] <= 1;
        defect = sound ? WalkToEnd(ref chunks, needsPalette: colour == 3) : ImageDefect.Malformed;
        return new ImageReport(ImageFormat.Png, width, height, defect);
    }

    // More than 2^31 - 1 is against the format; it is kept as an absurd side for the caller's bound to refuse.
    private static int Side(ReadOnlySpan<byte> field) => (int)Math.Min(BinaryPrimitives.ReadUInt32BigEndian(field), int.MaxValue);

    private static bool IsDepthOf(byte colour, byte depth) => colour switch
    {
        0 => depth is 1 or 2 or 4 or 8 or 16,
        3 => depth is 1 or 2 or 4 or 8,
        2 or 4 or 6 => depth is 8 or 16,
        _ => false,
    };

    private static ImageDefect WalkToEnd(ref PngChunks chunks, bool needsPalette)
    {
        bool palette = false;
        long pixelBytes = 0;
        bool dataEnded = false;
        while (true)
        {
            ImageDefect defect = chunks.Next();
            if (defect != ImageDefect.None)
            {
                return defect;
            }

            if (chunks.Is("IDAT"u8))
            {
                if (dataEnded || (needsPalette && !palette) || (pixelBytes == 0 && !StartsZlib(chunks.Data)))
                {
                    return ImageDefect.Malformed;
                }

                pixelBytes += chunks.Data.Length;
                continue;
            }

            dataEnded = pixelBytes > 0;
            if (chunks.Is("IEND"u8))
            {
                return pixelBytes > 0 && chunks.Data.IsEmpty ? ImageDefect.None : ImageDefect.Malformed;
            }

            if (chunks.Is("IHDR"u8))
            {
                return ImageDefect.Malformed;
            }

            palette |= chunks.Is("PLTE"u8);
        }
    }

    // RFC 1950: deflate, window up to 32 KB, and the header's own check. One byte alone (a tiny first chunk) cannot be checked.
    private static bool StartsZlib(ReadOnlySpan<byte> data) =>
        data.Length < 2 || ((data[0] & 0x0F) == 8 && data[0] >> 4 <= 7 && ((data[0] << 8) | data[1]) % 31 == 0);
}
