namespace Afterimage.Images;

/// <summary>Comments and application data in GIF.</summary>
internal static class GifMetadata
{
    public static ReadOnlyMemory<byte> Strip(ReadOnlyMemory<byte> image)
    {
        ReadOnlySpan<byte> bytes = image.Span;
        var blocks = new GifBlocks(bytes);
        var edits = new ByteEdits();
        edits.Keep(0, blocks.End);
        while (blocks.Next() == ImageDefect.None)
        {
            bool drop = blocks.Kind == GifBlocks.Extension
                && (blocks.Label == GifBlocks.CommentLabel || (blocks.Label == GifBlocks.ApplicationLabel && !IsShown(bytes[blocks.SubBlocks..])));
            if (!drop)
            {
                edits.Keep(blocks.Start, blocks.End);
            }

            if (blocks.Kind == GifBlocks.Trailer)
            {
                break;
            }
        }

        return edits.Apply(image);
    }

    public static void Read(ReadOnlySpan<byte> bytes, TextCollector texts)
    {
        var blocks = new GifBlocks(bytes);
        while (blocks.Next() == ImageDefect.None && blocks.Kind != GifBlocks.Trailer)
        {
            if (blocks is { Kind: GifBlocks.Extension, Label: GifBlocks.CommentLabel })
            {
                ReadComment(bytes[blocks.SubBlocks..blocks.End], texts);
            }
        }
    }

    private static void ReadComment(ReadOnlySpan<byte> subBlocks, TextCollector texts)
    {
        if (subBlocks.Length > texts.Room)
        {
            texts.Incomplete = true;
            return;
        }

        var text = new byte[subBlocks.Length];
        int length = 0;
        while (subBlocks[0] != 0)
        {
            subBlocks.Slice(1, subBlocks[0]).CopyTo(text.AsSpan(length));
            length += subBlocks[0];
            subBlocks = subBlocks[(1 + subBlocks[0])..];
        }

        texts.Add(MetadataSource.Comment, "", TextBytes.Utf8OrLatin1(text.AsSpan(0, length)), length);
    }

    // Looping and the colour profile.
    private static bool IsShown(ReadOnlySpan<byte> subBlocks) =>
        subBlocks[0] == 11 && subBlocks.Length > 12
        && (subBlocks[1..12].SequenceEqual("NETSCAPE2.0"u8) || subBlocks[1..12].SequenceEqual("ANIMEXTS1.0"u8) || subBlocks[1..12].SequenceEqual("ICCRGBG1012"u8));
}
