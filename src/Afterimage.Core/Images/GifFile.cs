namespace Afterimage.Images;

/// <summary>GIF, still and animated: screen size, every block, to the trailer.</summary>
internal static class GifFile
{
    public static ImageReport Inspect(ReadOnlySpan<byte> bytes)
    {
        var blocks = new GifBlocks(bytes);
        bool picture = false;
        while (true)
        {
            ImageDefect defect = blocks.Next();
            if (defect == ImageDefect.None && blocks.Kind != GifBlocks.Trailer)
            {
                picture |= blocks.Kind == GifBlocks.Image;
                continue;
            }

            defect = defect == ImageDefect.None && !picture ? ImageDefect.Truncated : defect;
            return new ImageReport(ImageFormat.Gif, blocks.Width, blocks.Height, defect);
        }
    }
}
