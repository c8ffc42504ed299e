namespace Afterimage.Images;

/// <summary>
/// What images say besides their pixels. Generators write the prompt into the file (PNG <c>parameters</c>, EXIF <c>UserComment</c>): backfill reads it,
/// and a semantic hit must not hand it to somebody else.
/// </summary>
public static class ImageMetadata
{
    /// <summary>
    /// Removes everything that does not change how the picture is shown: EXIF, XMP, IPTC, text, comments, times, thumbnails, C2PA, unknown
    /// extensions and bytes after the end marker. Pixels, colour profile, resolution, transparency and animation stay byte for byte. An EXIF orientation
    /// other than 1 stays as an EXIF block that says only that.
    /// </summary>
    /// <returns>The same memory (or a slice of it) where nothing or only the tail had to go; otherwise a copy. Bytes that
    /// <see cref="ImageInspector.Inspect"/> does not call complete come back as they are: callers serve only complete images.</returns>
    public static ReadOnlyMemory<byte> Strip(ReadOnlyMemory<byte> image) => !ImageInspector.Inspect(image.Span).IsComplete
        ? image
        : ImageInspector.FormatOf(image.Span) switch
        {
            ImageFormat.Png => PngMetadata.Strip(image),
            ImageFormat.Jpeg => JpegMetadata.Strip(image),
            ImageFormat.WebP => WebPMetadata.Strip(image),
            ImageFormat.Gif => GifMetadata.Strip(image),
            ImageFormat.Avif => AvifMetadata.Strip(image),
            _ => image,
        };

    /// <summary>
    /// The texts in an image's metadata, as far as the bytes can be read: a cut file gives what came before the cut. Never throws; at most 64 texts, 4 MB
    /// each and 8 MB together, compressed text counted inflated.
    /// </summary>
    public static MetadataReading Read(ReadOnlySpan<byte> image)
    {
        var texts = new TextCollector();
        switch (ImageInspector.FormatOf(image))
        {
            case ImageFormat.Png:
                PngMetadata.Read(image, texts);
                break;
            case ImageFormat.Jpeg:
                JpegMetadata.Read(image, texts);
                break;
            case ImageFormat.WebP:
                WebPMetadata.Read(image, texts);
                break;
            case ImageFormat.Gif:
                GifMetadata.Read(image, texts);
                break;
            case ImageFormat.Avif:
                AvifMetadata.Read(image, texts);
                break;
        }

        return texts.Reading();
    }
}
