using System.Buffers.Binary;
using System.Text;

namespace Afterimage.Images;

/// <summary>Text, EXIF and times in PNG.</summary>
internal static class PngMetadata
{
    private const string XmpKeyword = "XML:com.adobe.xmp";

    // Ancillary chunks that change how the picture looks or moves; everything else ancillary goes.
    private static readonly HashSet<string> Shown = ["tRNS", "cHRM", "gAMA", "iCCP", "sBIT", "sRGB", "bKGD", "hIST", "pHYs", "sPLT",
        "cICP", "mDCV", "mDCv", "cLLI", "cLLi", "acTL", "fcTL", "fdAT"];

    public static ReadOnlyMemory<byte> Strip(ReadOnlyMemory<byte> image)
    {
        ReadOnlySpan<byte> bytes = image.Span;
        var edits = new ByteEdits();
        edits.Keep(0, PngChunks.Signature.Length);
        var chunks = new PngChunks(bytes);
        while (chunks.Next(verify: false) == ImageDefect.None)
        {
            bool critical = char.IsAsciiLetterUpper((char)chunks.Type[0]);
            if (critical || Shown.Contains(Encoding.ASCII.GetString(chunks.Type)))
            {
                edits.Keep(chunks.Start, chunks.End);
            }
            else if (chunks.Is("eXIf"u8) && new ExifBlock(chunks.Data).Orientation() is > 1 and int orientation)
            {
                byte[] minimal = ExifBlock.WithOrientation(orientation);
                if (chunks.Data.SequenceEqual(minimal))
                {
                    edits.Keep(chunks.Start, chunks.End);
                }
                else
                {
                    edits.Insert(Chunk("eXIf"u8, minimal));
                }
            }

            if (chunks.Is("IEND"u8))
            {
                break;
            }
        }

        return edits.Apply(image);
    }

    public static void Read(ReadOnlySpan<byte> bytes, TextCollector texts)
    {
        var chunks = new PngChunks(bytes);
        while (chunks.Next(verify: false) == ImageDefect.None && !chunks.Is("IEND"u8))
        {
            if (chunks.Is("tEXt"u8) || chunks.Is("zTXt"u8) || chunks.Is("iTXt"u8))
            {
                ReadText(chunks.Type, chunks.Data, texts);
            }
            else if (chunks.Is("eXIf"u8))
            {
                new ExifBlock(chunks.Data).Read(texts);
            }
        }
    }

    /// <summary>A whole chunk with length and checksum.</summary>
    public static byte[] Chunk(ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        var chunk = new byte[data.Length + 12];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        type.CopyTo(chunk.AsSpan(4));
        data.CopyTo(chunk.AsSpan(8));
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(data.Length + 8), Crc32.Of(chunk.AsSpan(4, data.Length + 4)));
        return chunk;
    }

    private static void ReadText(ReadOnlySpan<byte> type, ReadOnlySpan<byte> data, TextCollector texts)
    {
        int zero = data.IndexOf((byte)0);
        if (zero is < 1 or > 79)
        {
            texts.Incomplete = true;
            return;
        }

        string keyword = Encoding.Latin1.GetString(data[..zero]);
        ReadOnlySpan<byte> text = data[(zero + 1)..];
        bool compressed = type[0] == 'z';
        if (compressed)
        {
            text = text.IsEmpty ? text : text[1..];
        }
        else if (type[0] == 'i')
        {
            // Compression flag and method, then language tag and translated keyword, each ended by a zero.
            compressed = text.Length > 0 && text[0] == 1;
            text = text.Length < 2 ? default : text[2..];
            for (int skip = 0; skip < 2; skip++)
            {
                int end = text.IndexOf((byte)0);
                text = end < 0 ? default : text[(end + 1)..];
            }
        }

        int room = texts.Room;
        byte[]? inflated = compressed ? Inflater.TryInflate(text, room) : null;
        if ((compressed && inflated is null) || (!compressed && text.Length > room))
        {
            texts.Refuse(compressed ? room : 0);
            return;
        }

        // tEXt is Latin-1 by the format and UTF-8 in the files that people have; valid UTF-8 with bytes above 127 is never Latin-1 by chance.
        ReadOnlySpan<byte> plain = compressed ? inflated : text;
        texts.Add(keyword == XmpKeyword ? MetadataSource.Xmp : MetadataSource.PngText, keyword, TextBytes.Utf8OrLatin1(plain), plain.Length);
    }
}
