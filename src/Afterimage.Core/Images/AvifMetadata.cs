using System.Buffers.Binary;

namespace Afterimage.Images;

/// <summary>
/// EXIF and XMP items, user data and C2PA boxes in AVIF. They are blanked where they stand, because moving a byte would mean rewriting every offset of
/// the file. An item whose bytes another item uses too is left alone: pixels come first.
/// </summary>
internal static class AvifMetadata
{
    private static ReadOnlySpan<byte> EmptyXmp => "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"/>"u8;

    // Offset of the TIFF header (0), then a TIFF block whose directory has no entries.
    private static ReadOnlySpan<byte> EmptyExif => [0, 0, 0, 0, 0x49, 0x49, 42, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    // Far more than encoders write (a 16k x 16k grid has about a thousand); beyond them a file is hostile and keeps what it has.
    private const int PictureExtentsMax = 16_384;
    private const int TextExtentsMax = 64;

    private enum ItemKind
    {
        Picture,
        Exif,
        Xmp,
        Other,
    }

    public static ReadOnlyMemory<byte> Strip(ReadOnlyMemory<byte> image)
    {
        ReadOnlySpan<byte> bytes = image.Span;
        byte[]? edited = null;
        int end = 0, needed = 0;
        var boxes = new IsoBoxes(bytes, 0, bytes.Length);
        while (!boxes.AtEnd && boxes.Next() == ImageDefect.None)
        {
            end = boxes.End;
            if (boxes.Is("meta"u8))
            {
                var meta = new AvifMeta(bytes, boxes);
                needed = Math.Max(needed, meta.EndOfExtents());
                BlankItems(bytes, meta, ref edited);
            }
            else if (boxes.Is("moov"u8))
            {
                BlankChildren(bytes, boxes.Children(), ref edited);
            }
            else if (boxes.Is("uuid"u8) || boxes.Is("jumb"u8) || boxes.Is("udta"u8) || boxes.Is("free"u8) || boxes.Is("skip"u8))
            {
                BlankBox(bytes, boxes, ref edited);
            }
        }

        // Pixels may lie outside of any box that can be walked; they are never cut off.
        end = Math.Max(end, needed);
        if (edited is null)
        {
            return image[..end];
        }

        // Hostile extents can name the file's own structure as their text; such a file keeps what it has.
        return ImageInspector.Inspect(edited.AsSpan(0, end)).IsComplete ? edited.AsMemory(0, end) : image;
    }

    public static void Read(ReadOnlySpan<byte> bytes, TextCollector texts)
    {
        var boxes = new IsoBoxes(bytes, 0, bytes.Length);
        while (!boxes.AtEnd && boxes.Next() == ImageDefect.None)
        {
            if (!boxes.Is("meta"u8))
            {
                continue;
            }

            var meta = new AvifMeta(bytes, boxes);
            Dictionary<uint, ItemKind> kinds = KindsOf(bytes, meta);
            AvifLocations extents = meta.Locations();
            int left = TextExtentsMax;
            while (extents.Next())
            {
                ItemKind kind = kinds.GetValueOrDefault(extents.Item);
                if (kind is ItemKind.Picture or ItemKind.Other || meta.Place(extents) is not { } place)
                {
                    continue;
                }

                if (left-- == 0)
                {
                    texts.Incomplete = true;
                    return;
                }

                ReadOnlySpan<byte> data = bytes[place.Start..place.End];
                if (kind == ItemKind.Xmp)
                {
                    texts.Add(MetadataSource.Xmp, "", data.Length > texts.Room ? null : TextBytes.Utf8OrLatin1(data), data.Length);
                }
                else if (data.Length > 4 && BinaryPrimitives.ReadUInt32BigEndian(data) is uint skip && skip < data.Length - 4)
                {
                    new ExifBlock(data[(4 + (int)skip)..]).Read(texts);
                }
            }

            return;
        }
    }

    private static void BlankItems(ReadOnlySpan<byte> bytes, AvifMeta meta, ref byte[]? edited)
    {
        Dictionary<uint, ItemKind> kinds = KindsOf(bytes, meta);
        var pictures = new List<(int Start, int End)>();
        var texts = new List<(int Start, int End, ItemKind Kind)>();
        AvifLocations extents = meta.Locations();
        while (kinds.Count > 0 && pictures.Count < PictureExtentsMax && texts.Count < TextExtentsMax && extents.Next())
        {
            ItemKind kind = kinds.GetValueOrDefault(extents.Item);
            if (meta.Place(extents) is not { } place || place.End == place.Start)
            {
                continue;
            }

            if (kind == ItemKind.Picture)
            {
                pictures.Add(place);
            }
            else
            {
                texts.Add((place.Start, place.End, kind));
            }
        }

        pictures.Sort();
        long budget = bytes.Length;
        foreach ((int start, int end, ItemKind kind) in texts)
        {
            budget -= end - start;
            if (budget >= 0 && !Overlaps(pictures, start, end))
            {
                Blank(bytes, start, end, kind == ItemKind.Exif ? EmptyExif : kind == ItemKind.Xmp ? EmptyXmp : default, kind == ItemKind.Xmp, ref edited);
            }
        }

        (int first, int length) = meta.Properties.GetOffsetAndLength(bytes.Length);
        BlankChildren(bytes, new IsoBoxes(bytes, first, first + length), ref edited);
    }

    private static bool Overlaps(List<(int Start, int End)> pictures, int start, int end)
    {
        foreach ((int pictureStart, int pictureEnd) in pictures)
        {
            if (pictureStart >= end)
            {
                return false;
            }

            if (pictureEnd > start)
            {
                return true;
            }
        }

        return false;
    }

    // Properties and movie boxes that hold texts: user description, user data, extensions.
    private static void BlankChildren(ReadOnlySpan<byte> bytes, IsoBoxes boxes, ref byte[]? edited)
    {
        while (!boxes.AtEnd && boxes.Next() == ImageDefect.None)
        {
            if (boxes.Is("udes"u8) || boxes.Is("udta"u8) || boxes.Is("uuid"u8))
            {
                BlankBox(bytes, boxes, ref edited);
            }
        }
    }

    private static void BlankBox(ReadOnlySpan<byte> bytes, in IsoBoxes box, ref byte[]? edited)
    {
        if (!box.Is("free"u8))
        {
            edited ??= bytes.ToArray();
            "free"u8.CopyTo(edited.AsSpan(box.Start + 4));
        }

        Blank(bytes, box.Body, box.End, default, spaces: false, ref edited);
    }

    private static void Blank(ReadOnlySpan<byte> bytes, int start, int end, ReadOnlySpan<byte> content, bool spaces, ref byte[]? edited)
    {
        content = content.Length <= end - start ? content : default;
        byte filler = spaces ? (byte)' ' : (byte)0;
        ReadOnlySpan<byte> now = bytes[start..end];
        if (now.StartsWith(content) && !now[content.Length..].ContainsAnyExcept(filler))
        {
            return;
        }

        edited ??= bytes.ToArray();
        content.CopyTo(edited.AsSpan(start));
        edited.AsSpan((start + content.Length)..end).Fill(filler);
    }

    private static Dictionary<uint, ItemKind> KindsOf(ReadOnlySpan<byte> bytes, AvifMeta meta)
    {
        var kinds = new Dictionary<uint, ItemKind>();
        ReadOnlySpan<byte> info = bytes[meta.ItemInfo];
        if (info.Length < 6)
        {
            return kinds;
        }

        (int start, int length) = meta.ItemInfo.GetOffsetAndLength(bytes.Length);
        var entries = new IsoBoxes(bytes, start + (info[0] == 0 ? 6 : 8), start + length);
        while (!entries.AtEnd && entries.Next() == ImageDefect.None)
        {
            ReadOnlySpan<byte> entry = entries.Data;
            int idSize = entry.Length > 0 && entry[0] >= 3 ? 4 : 2;
            if (!entries.Is("infe"u8) || entry.Length < 4 + idSize + 6 || entry[0] < 2)
            {
                continue;
            }

            uint id = idSize == 2 ? BinaryPrimitives.ReadUInt16BigEndian(entry[4..]) : BinaryPrimitives.ReadUInt32BigEndian(entry[4..]);
            ReadOnlySpan<byte> type = entry.Slice(4 + idSize + 2, 4);
            ItemKind kind = type.SequenceEqual("Exif"u8) ? ItemKind.Exif
                : type.SequenceEqual("mime"u8) ? (entry.IndexOf("rdf+xml"u8) >= 0 ? ItemKind.Xmp : ItemKind.Other)
                : type.SequenceEqual("uri "u8) || type.SequenceEqual("jumb"u8) ? ItemKind.Other
                : ItemKind.Picture;
            if (kind != ItemKind.Picture)
            {
                kinds[id] = kind;
            }
        }

        return kinds;
    }
}
