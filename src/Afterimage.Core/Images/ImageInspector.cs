namespace Afterimage.Images;

/// <summary>
/// Reads what image bytes say of themselves: format, size in pixels, and whether they are complete to their end marker. Pixels are never decoded.
/// Never throws, whatever the bytes; time is linear in their number and no memory is allocated.
/// </summary>
/// <remarks>
/// Bytes after the end marker are allowed: cameras append second pictures, tools append watermarks, and every decoder stops at the marker.
/// <see cref="ImageMetadata.Strip"/> removes them, because they can carry a prompt as well as a text chunk can.
/// The size is the coded one: an orientation (EXIF, AVIF <c>irot</c>) is not applied.
/// </remarks>
public static class ImageInspector
{
    /// <summary>Longest side that counts as an image, in pixels.</summary>
    public const int SideMax = 65_535;

    /// <summary>Most pixels that count as an image; a decoder would need 4 bytes for each.</summary>
    public const long PixelsMax = 1L << 29;

    /// <summary>Tells format, size and the first defect met. Width and height are 0 where the bytes end before saying them.</summary>
    public static ImageReport Inspect(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return new ImageReport(ImageFormat.Unknown, 0, 0, ImageDefect.Empty);
        }

        ImageReport report = FormatOf(bytes) switch
        {
            ImageFormat.Png => PngFile.Inspect(bytes),
            ImageFormat.Jpeg => JpegFile.Inspect(bytes),
            ImageFormat.WebP => WebPFile.Inspect(bytes),
            ImageFormat.Gif => GifFile.Inspect(bytes),
            ImageFormat.Avif => AvifFile.Inspect(bytes),
            _ => new ImageReport(ImageFormat.Unknown, 0, 0, ImageDefect.UnknownFormat),
        };
        bool sizeKnown = report.Defect is ImageDefect.None || report.Width != 0 || report.Height != 0;
        return sizeKnown && !Plausible(report.Width, report.Height) ? report with { Defect = ImageDefect.BadDimensions } : report;
    }

    /// <summary>The format by its first bytes alone; at most 4 KB are looked at.</summary>
    public static ImageFormat FormatOf(ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith(PngChunks.Signature))
        {
            return ImageFormat.Png;
        }

        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]))
        {
            return ImageFormat.Jpeg;
        }

        if (bytes.Length >= 12 && bytes.StartsWith("RIFF"u8) && bytes[8..12].SequenceEqual("WEBP"u8))
        {
            return ImageFormat.WebP;
        }

        if (bytes.StartsWith("GIF87a"u8) || bytes.StartsWith("GIF89a"u8))
        {
            return ImageFormat.Gif;
        }

        return AvifFile.IsAvif(bytes) ? ImageFormat.Avif : ImageFormat.Unknown;
    }

    private static bool Plausible(int width, int height) =>
        width is > 0 and <= SideMax && height is > 0 and <= SideMax && (long)width * height <= PixelsMax;
}
