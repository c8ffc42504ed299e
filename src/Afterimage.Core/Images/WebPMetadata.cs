using System.Buffers.Binary;
using System.Text;

namespace Afterimage.Images;

/// <summary>EXIF and XMP in WebP.</summary>
internal static class WebPMetadata
{
    private const byte ExifFlag = 0x08;
    private const byte XmpFlag = 0x04;
    private const int FeatureBytes = 10;

    private static readonly HashSet<string> Shown = ["VP8X", "ICCP", "ANIM", "ANMF", "ALPH", "VP8 ", "VP8L"];

    public static ReadOnlyMemory<byte> Strip(ReadOnlyMemory<byte> image)
    {
        ReadOnlySpan<byte> bytes = image.Span;
        int end = WebPFile.EndOf(bytes);
        byte[]? orientation = null;
        int features = -1;
        var edits = new ByteEdits();
        edits.Keep(0, 12);
        var chunks = new RiffChunks(bytes, 12, end);
        bool kept = true;
        while (chunks.Next())
        {
            // Anywhere else it is none: it comes first, or there is none.
            if (chunks.Start == 12 && chunks.Is("VP8X"u8) && chunks.Data.Length >= FeatureBytes)
            {
                features = edits.Length + 8;
            }

            if (Shown.Contains(Encoding.ASCII.GetString(chunks.Type)))
            {
                edits.Keep(chunks.Start, chunks.End);
            }
            else if (features >= 0 && orientation is null && chunks.Is("EXIF"u8) && new ExifBlock(chunks.Data).Orientation() is > 1 and int value)
            {
                orientation = Chunk(ExifBlock.WithOrientation(value));
                if (bytes[chunks.Start..chunks.End].SequenceEqual(orientation))
                {
                    edits.Keep(chunks.Start, chunks.End);
                }
                else
                {
                    edits.Insert(orientation);
                    kept = false;
                }
            }
            else
            {
                kept = false;
            }
        }

        byte flags = features >= 0 ? (byte)((bytes[features] & ~(ExifFlag | XmpFlag)) | (orientation is null ? 0 : ExifFlag)) : (byte)0;
        if (kept && edits.Length == end && (features < 0 || bytes[features] == flags))
        {
            return image[..Math.Min(end, image.Length)];
        }

        byte[] edited = edits.Copy(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(edited.AsSpan(4), edited.Length - 8);
        if (features >= 0)
        {
            edited[features] = flags;
        }

        return edited;
    }

    public static void Read(ReadOnlySpan<byte> bytes, TextCollector texts)
    {
        if (bytes.Length < 12)
        {
            return;
        }

        var chunks = new RiffChunks(bytes, 12, Math.Min(WebPFile.EndOf(bytes), bytes.Length));
        while (chunks.Next())
        {
            if (chunks.Is("EXIF"u8))
            {
                new ExifBlock(chunks.Data).Read(texts);
            }
            else if (chunks.Is("XMP "u8))
            {
                texts.Add(MetadataSource.Xmp, "", TextBytes.Utf8OrLatin1(chunks.Data), chunks.Data.Length);
            }
        }
    }

    private static byte[] Chunk(byte[] tiff)
    {
        var chunk = new byte[8 + tiff.Length];
        "EXIF"u8.CopyTo(chunk);
        BinaryPrimitives.WriteInt32LittleEndian(chunk.AsSpan(4), tiff.Length);
        tiff.CopyTo(chunk, 8);
        return chunk;
    }
}
