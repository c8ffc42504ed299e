using System.Buffers.Binary;

namespace Afterimage.Images;

/// <summary>The <c>meta</c> box of an AVIF: where its parts are, found in one pass.</summary>
internal readonly ref struct AvifMeta
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly Range _locations;
    private readonly Range _properties;
    private readonly Range _associations;
    private readonly Range _primary;

    public AvifMeta(ReadOnlySpan<byte> bytes, IsoBoxes meta)
    {
        _bytes = bytes;
        _locations = _properties = _associations = _primary = ItemInfo = ItemData = 0..0;
        IsoBoxes parts = meta.Children(skip: 4);
        while (!parts.AtEnd && parts.Next() == ImageDefect.None)
        {
            Range body = parts.Body..parts.End;
            if (parts.Is("iloc"u8))
            {
                _locations = body;
            }
            else if (parts.Is("pitm"u8))
            {
                _primary = body;
            }
            else if (parts.Is("iinf"u8))
            {
                ItemInfo = body;
            }
            else if (parts.Is("idat"u8))
            {
                ItemData = body;
            }
            else if (parts.Is("iprp"u8))
            {
                IsoBoxes inner = parts.Children();
                while (!inner.AtEnd && inner.Next() == ImageDefect.None)
                {
                    if (inner.Is("ipco"u8))
                    {
                        _properties = inner.Body..inner.End;
                    }
                    else if (inner.Is("ipma"u8))
                    {
                        _associations = inner.Body..inner.End;
                    }
                }
            }
        }
    }

    /// <summary>Body of the <c>iinf</c> box; empty where there is none.</summary>
    public Range ItemInfo { get; }

    /// <summary>Body of the <c>idat</c> box; empty where there is none.</summary>
    public Range ItemData { get; }

    /// <summary>Body of the <c>ipco</c> box; empty where there is none.</summary>
    public Range Properties => _properties;

    public AvifLocations Locations() => new(_bytes[_locations]);

    /// <summary>Where in the file an extent is; null where it reaches outside of what it counts from, or counts from another item.</summary>
    public (int Start, int End)? Place(in AvifLocations extent)
    {
        (int from, int room) = extent.Method == AvifLocations.FromItemData ? ItemData.GetOffsetAndLength(_bytes.Length) : (0, _bytes.Length);
        if (extent.Method > AvifLocations.FromItemData || extent.Offset > room || extent.Offset + extent.Length > room)
        {
            return null;
        }

        long length = extent.Length == 0 ? room - extent.Offset : extent.Length;
        return ((int)(from + extent.Offset), (int)(from + extent.Offset + length));
    }

    /// <summary>Where the furthest extent ends.</summary>
    public int EndOfExtents()
    {
        int end = 0;
        AvifLocations extents = Locations();
        while (extents.Next())
        {
            end = Math.Max(end, Place(extents)?.End ?? 0);
        }

        return end;
    }

    public ImageDefect CheckExtents()
    {
        AvifLocations extents = Locations();
        bool any = false;
        while (extents.Next())
        {
            any = true;
            if (extents.Method <= AvifLocations.FromItemData && Place(extents) is null)
            {
                return extents.Method == AvifLocations.FromFile ? ImageDefect.Truncated : ImageDefect.Malformed;
            }
        }

        return extents.IsMalformed || !any ? ImageDefect.Malformed : ImageDefect.None;
    }

    /// <summary>The <c>ispe</c> property of the primary item; zeros where there is none.</summary>
    public (int Width, int Height) PrimarySize()
    {
        ReadOnlySpan<byte> primary = _bytes[_primary];
        if (primary.Length < 6 || (primary[0] != 0 && primary.Length < 8))
        {
            return (0, 0);
        }

        uint item = primary[0] == 0 ? BinaryPrimitives.ReadUInt16BigEndian(primary[4..]) : BinaryPrimitives.ReadUInt32BigEndian(primary[4..]);

        // Property numbers have 15 bits; one bit each keeps the search linear whatever is associated.
        Span<ulong> associated = stackalloc ulong[32768 / 64];
        associated.Clear();
        MarkAssociated(item, associated);

        var properties = new IsoBoxes(_bytes, _properties.Start.Value, _properties.End.Value);
        for (int number = 1; number < 32768 && !properties.AtEnd && properties.Next() == ImageDefect.None; number++)
        {
            if (properties.Is("ispe"u8) && properties.Data.Length >= 12 && (associated[number / 64] & (1UL << (number % 64))) != 0)
            {
                return (Side(properties.Data[4..]), Side(properties.Data[8..]));
            }
        }

        return (0, 0);
    }

    private static int Side(ReadOnlySpan<byte> field) => (int)Math.Min(BinaryPrimitives.ReadUInt32BigEndian(field), int.MaxValue);

    private void MarkAssociated(uint item, Span<ulong> associated)
    {
        ReadOnlySpan<byte> box = _bytes[_associations];
        if (box.Length < 8)
        {
            return;
        }

        int idSize = box[0] == 0 ? 2 : 4;
        int numberSize = (box[3] & 1) != 0 ? 2 : 1;
        uint entries = BinaryPrimitives.ReadUInt32BigEndian(box[4..]);
        int at = 8;
        for (uint entry = 0; entry < entries && at + idSize + 1 <= box.Length; entry++)
        {
            uint id = idSize == 2 ? BinaryPrimitives.ReadUInt16BigEndian(box[at..]) : BinaryPrimitives.ReadUInt32BigEndian(box[at..]);
            int count = box[at + idSize];
            at += idSize + 1;
            if (at + (count * numberSize) > box.Length)
            {
                return;
            }

            for (int i = 0; id == item && i < count; i++)
            {
                int number = numberSize == 1 ? box[at + i] & 0x7F : BinaryPrimitives.ReadUInt16BigEndian(box[(at + (2 * i))..]) & 0x7FFF;
                associated[number / 64] |= 1UL << (number % 64);
            }

            at += count * numberSize;
        }
    }
}
