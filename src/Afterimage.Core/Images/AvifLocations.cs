using System.Buffers.Binary;

namespace Afterimage.Images;

/// <summary>Reads the extents of an <c>iloc</c> box (ISO/IEC 14496-12, section 8.11.3), one after the other.</summary>
internal ref struct AvifLocations
{
    /// <summary>Construction methods: offsets count from the file, from the <c>idat</c> box, or from another item.</summary>
    public const int FromFile = 0;
    public const int FromItemData = 1;

    private readonly ReadOnlySpan<byte> _box;
    private readonly int _version;
    private readonly int _offsetSize;
    private readonly int _lengthSize;
    private readonly int _baseSize;
    private readonly int _indexSize;
    private long _itemsLeft;
    private int _extentsLeft;
    private long _base;
    private int _at;

    public AvifLocations(ReadOnlySpan<byte> box)
    {
        _box = box;
        _version = box.Length >= 8 ? box[0] : 255;
        if (_version > 2)
        {
            IsMalformed = true;
            return;
        }

        _offsetSize = box[4] >> 4;
        _lengthSize = box[4] & 15;
        _baseSize = box[5] >> 4;
        _indexSize = _version == 0 ? 0 : box[5] & 15;
        _at = 6;
        IsMalformed = !IsSize(_offsetSize) || !IsSize(_lengthSize) || !IsSize(_baseSize) || !IsSize(_indexSize);
        _itemsLeft = Read(_version < 2 ? 2 : 4);
    }

    public bool IsMalformed { get; private set; }

    public uint Item { get; private set; }

    public int Method { get; private set; }

    /// <summary>Bytes from where the construction method counts.</summary>
    public long Offset { get; private set; }

    /// <summary>Bytes; 0 means to the end.</summary>
    public long Length { get; private set; }

    /// <summary>Goes to the next extent; false at the end or where the box contradicts itself.</summary>
    public bool Next()
    {
        while (_extentsLeft == 0)
        {
            if (IsMalformed || _itemsLeft == 0)
            {
                return false;
            }

            ReadItem();
        }

        _extentsLeft--;
        Read(_indexSize);
        Offset = _base + Read(_offsetSize);
        Length = Read(_lengthSize);
        return !IsMalformed;
    }

    private void ReadItem()
    {
        _itemsLeft--;
        Item = (uint)Read(_version < 2 ? 2 : 4);
        Method = _version == 0 ? FromFile : (int)(Read(2) & 15);
        Read(2);
        _base = Read(_baseSize);
        _extentsLeft = (int)Read(2);
        if (_offsetSize + _lengthSize + _indexSize == 0)
        {
            // Extents that take no bytes are all the same one; counting 65,535 of them for every item would not be linear.
            _extentsLeft = Math.Min(_extentsLeft, 1);
        }
    }

    private long Read(int size)
    {
        if (IsMalformed || _at + size > _box.Length)
        {
            IsMalformed = true;
            return 0;
        }

        ReadOnlySpan<byte> field = _box[_at..];
        _at += size;
        ulong value = size switch
        {
            0 => 0,
            2 => BinaryPrimitives.ReadUInt16BigEndian(field),
            4 => BinaryPrimitives.ReadUInt32BigEndian(field),
            _ => BinaryPrimitives.ReadUInt64BigEndian(field),
        };

        // So that sums of three of them cannot overflow; no file is that long.
        return (long)Math.Min(value, long.MaxValue / 4);
    }

    private static bool IsSize(int size) => size is 0 or 4 or 8;
}
