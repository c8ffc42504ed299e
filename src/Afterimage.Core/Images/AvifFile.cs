using System.Buffers.Binary;

namespace Afterimage.Images;

/// <summary>AVIF (AV1 Image File Format 1.1 over ISO/IEC 23008-12): boxes, the primary item's size, and that every item's bytes are in the file.</summary>
internal static class AvifFile
{
    /// <summary>Whether a file type box at the start names AVIF.</summary>
    public static bool IsAvif(ReadOnlySpan<byte> bytes)
    {
        const int BrandsMax = 4096;
        if (bytes.Length < 16 || !bytes[4..8].SequenceEqual("ftyp"u8))
        {
            return false;
        }

        int end = (int)Math.Min(Math.Min(BinaryPrimitives.ReadUInt32BigEndian(bytes), BrandsMax), bytes.Length);
        for (int at = 8; at + 4 <= end; at += at == 8 ? 8 : 4)
        {
            if (bytes.Slice(at, 4).SequenceEqual("avif"u8) || bytes.Slice(at, 4).SequenceEqual("avis"u8))
            {
                return true;
            }
        }

        return false;
    }

    public static ImageReport Inspect(ReadOnlySpan<byte> bytes)
    {
        int width = 0, height = 0;
        bool picture = false;
        var boxes = new IsoBoxes(bytes, 0, bytes.Length);
        while (!boxes.AtEnd)
        {
            ImageDefect defect = boxes.Next();
            if (defect != ImageDefect.None)
            {
                // A box of a known name that does not fit is a cut file; anything else after the picture is appended bytes.
                bool known = boxes.Body > boxes.Start && IsTopLevel(boxes.Type);
                return Report(!picture || (known && defect == ImageDefect.Truncated) ? ImageDefect.Truncated : ImageDefect.None);
            }

            if (boxes.Is("meta"u8) && !picture)
            {
                var meta = new AvifMeta(bytes, boxes);
                (width, height) = meta.PrimarySize();
                defect = meta.CheckExtents();
                picture = width > 0 && height > 0;
                if (defect != ImageDefect.None || !picture)
                {
                    return Report(defect != ImageDefect.None ? defect : ImageDefect.Malformed);
                }
            }
            else if (boxes.Is("moov"u8) && !picture)
            {
                (width, height) = TrackSize(boxes);
                picture = width > 0 && height > 0;
            }
        }

        return Report(picture ? ImageDefect.None : ImageDefect.Truncated);

        ImageReport Report(ImageDefect defect) => new(ImageFormat.Avif, width, height, defect);
    }

    private static bool IsTopLevel(ReadOnlySpan<byte> type) =>
        type.SequenceEqual("mdat"u8) || type.SequenceEqual("meta"u8) || type.SequenceEqual("moov"u8) || type.SequenceEqual("moof"u8);

    // An image sequence may come without a primary item; its tracks tell the size as 16.16 fixed point at the end of their header.
    private static (int Width, int Height) TrackSize(IsoBoxes movie)
    {
        IsoBoxes tracks = movie.Children();
        while (!tracks.AtEnd && tracks.Next() == ImageDefect.None)
        {
            if (!tracks.Is("trak"u8))
            {
                continue;
            }

            IsoBoxes inner = tracks.Children();
            while (!inner.AtEnd && inner.Next() == ImageDefect.None)
            {
                if (inner.Is("tkhd"u8) && inner.Data.Length >= 84)
                {
                    int width = BinaryPrimitives.ReadUInt16BigEndian(inner.Data[^8..]);
                    int height = BinaryPrimitives.ReadUInt16BigEndian(inner.Data[^4..]);
                    if (width > 0 && height > 0)
                    {
                        return (width, height);
                    }
                }
            }
        }

        return (0, 0);
    }
}
