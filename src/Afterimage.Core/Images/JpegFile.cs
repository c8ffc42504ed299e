using System.Buffers.Binary;

namespace Afterimage.Images;

/// <summary>JPEG, sequential and progressive: frame header, every scan, to EOI.</summary>
internal static class JpegFile
{
    public static ImageReport Inspect(ReadOnlySpan<byte> bytes)
    {
        var segments = new JpegSegments(bytes);
        int width = 0, height = 0;
        bool frame = false, scan = false;
        while (true)
        {
            ImageDefect defect = segments.Next();
            if (defect != ImageDefect.None)
            {
                return Report(defect);
            }

            if (segments.IsFrameHeader)
            {
                ReadOnlySpan<byte> header = segments.Data;
                if (frame || header.Length < 6 || header[5] == 0 || header.Length != 6 + (3 * header[5]))
                {
                    return Report(ImageDefect.Malformed);
                }

                frame = true;
                height = BinaryPrimitives.ReadUInt16BigEndian(header[1..]);
                width = BinaryPrimitives.ReadUInt16BigEndian(header[3..]);
            }
            else if (segments.Marker == JpegSegments.StartOfScan)
            {
                if (!frame || !IsScanHeader(segments.Data))
                {
                    return Report(ImageDefect.Malformed);
                }

                scan |= segments.ScanLength > 0;
            }
            else if (segments.Marker == JpegSegments.NumberOfLines && height == 0 && segments.Data.Length == 2)
            {
                // The height may be left at 0 in the frame header and told after the first scan.
                height = BinaryPrimitives.ReadUInt16BigEndian(segments.Data);
            }
            else if (segments.Marker == JpegSegments.EndOfImage)
            {
                return Report(!frame ? ImageDefect.Malformed
                    : !scan ? ImageDefect.Truncated
                    : width == 0 || height == 0 ? ImageDefect.BadDimensions
                    : ImageDefect.None);
            }
        }

        ImageReport Report(ImageDefect defect) => new(ImageFormat.Jpeg, width, height, defect);
    }

    private static bool IsScanHeader(ReadOnlySpan<byte> data) =>
        data.Length >= 6 && data[0] is >= 1 and <= 4 && data.Length == 4 + (2 * data[0]);
}
