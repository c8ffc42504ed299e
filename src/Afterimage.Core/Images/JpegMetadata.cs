namespace Afterimage.Images;

/// <summary>EXIF, XMP and comments in JPEG.</summary>
internal static class JpegMetadata
{
    private static ReadOnlySpan<byte> ExifName => "Exif\0\0"u8;

    private static ReadOnlySpan<byte> XmpName => "http://ns.adobe.com/xap/1.0/\0"u8;

    private static ReadOnlySpan<byte> ProfileName => "ICC_PROFILE\0"u8;

    public static ReadOnlyMemory<byte> Strip(ReadOnlyMemory<byte> image)
    {
        ReadOnlySpan<byte> bytes = image.Span;
        var edits = new ByteEdits();
        edits.Keep(0, 2);
        bool oriented = false;
        var segments = new JpegSegments(bytes);
        while (segments.Next() == ImageDefect.None)
        {
            if (IsShown(segments.Marker, segments.Data))
            {
                edits.Keep(segments.Start, segments.End);
            }
            else if (!oriented && IsExif(segments) && new ExifBlock(segments.Data).Orientation() is > 1 and int orientation)
            {
                oriented = true;
                byte[] minimal = Segment(ExifBlock.WithOrientation(orientation));
                if (bytes[segments.Start..segments.End].SequenceEqual(minimal))
                {
                    edits.Keep(segments.Start, segments.End);
                }
                else
                {
                    edits.Insert(minimal);
                }
            }

            if (segments.Marker == JpegSegments.EndOfImage)
            {
                break;
            }
        }

        return edits.Apply(image);
    }

    public static void Read(ReadOnlySpan<byte> bytes, TextCollector texts)
    {
        var segments = new JpegSegments(bytes);
        while (segments.Next() == ImageDefect.None && segments.Marker != JpegSegments.EndOfImage)
        {
            ReadOnlySpan<byte> data = segments.Data;
            if (segments.Marker == JpegSegments.Comment)
            {
                texts.Add(MetadataSource.Comment, "", TextBytes.Utf8OrLatin1(data), data.Length);
            }
            else if (IsExif(segments))
            {
                new ExifBlock(data).Read(texts);
            }
            else if (segments.Marker == JpegSegments.App1 && data.StartsWith(XmpName))
            {
                ReadOnlySpan<byte> packet = data[XmpName.Length..];
                texts.Add(MetadataSource.Xmp, "", TextBytes.Utf8OrLatin1(packet), packet.Length);
            }
        }
    }

    private static bool IsExif(in JpegSegments segments) => segments.Marker == JpegSegments.App1 && segments.Data.StartsWith(ExifName);

    // APP0 without its thumbnail form tells the resolution, APP14 the colour transform, APP2 may hold the colour profile.
    private static bool IsShown(byte marker, ReadOnlySpan<byte> data) => marker switch
    {
        JpegSegments.App0 => data.StartsWith("JFIF\0"u8),
        JpegSegments.App2 => data.StartsWith(ProfileName),
        JpegSegments.App14 => data.StartsWith("Adobe"u8),
        >= JpegSegments.App0 and <= JpegSegments.App15 or JpegSegments.Comment => false,
        _ => true,
    };

    private static byte[] Segment(byte[] tiff)
    {
        int length = 2 + ExifName.Length + tiff.Length;
        return [0xFF, JpegSegments.App1, (byte)(length >> 8), (byte)length, .. ExifName, .. tiff];
    }
}
