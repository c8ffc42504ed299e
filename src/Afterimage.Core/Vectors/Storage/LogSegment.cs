using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Afterimage.Vectors.Storage;

/// <summary>
/// One file of the log: a header, then records. Written through its handle, read through a mapping of the whole file, so that exact vectors cost
/// no private memory.
/// <code>
///   0  8    "AfterIdx"
///   8  u32  version, 1
///  12  u32  dimensions
///  16  u64  number of the segment; replay follows the numbers
///  24  u32  length of the space id in bytes
///  28  200  the space id in UTF-8, zero padding
/// 252  u32  CRC-32C of the 252 bytes before
/// 256  ...  records
/// </code>
/// </summary>
internal sealed unsafe class LogSegment : IDisposable
{
    public const int HeaderLength = 256;
    public const int Version = 1;
    public const int SpaceIdLengthMax = 200;
    public const string Extension = ".log";

    private static ReadOnlySpan<byte> Magic => "AfterIdx"u8;

    private readonly SafeFileHandle _handle;
    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;

    private LogSegment(string path, ulong number, long capacity)
    {
        Path = path;
        Number = number;
        Capacity = capacity;
        _handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete);
        _map = MemoryMappedFile.CreateFromFile(_handle, null, capacity, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: true);
        _view = _map.CreateViewAccessor(0, capacity, MemoryMappedFileAccess.Read);
        byte* pointer = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
        _start = pointer + _view.PointerOffset;
    }

    public string Path { get; }

    public ulong Number { get; }

    /// <summary>Bytes mapped; the file is this long while it is written and cut to <see cref="Length"/> when it is sealed or closed.</summary>
    public long Capacity { get; }

    /// <summary>Bytes written, header included.</summary>
    public long Length { get; set; }

    /// <summary>Bytes of add records whose vector is still the entry's.</summary>
    public long LiveBytes { get; set; }

    /// <summary>No more records follow.</summary>
    public bool Sealed { get; set; }

    /// <summary>Compacted; waits until no search reads it.</summary>
    public bool Retired { get; set; }

    /// <summary>Written since the last flush.</summary>
    public bool Dirty { get; set; }

    public static string FileName(ulong number) => $"segment-{number:D12}{Extension}";

    /// <summary>Makes an empty segment file, whole or not at all, and opens it.</summary>
    public static LogSegment Create(string folder, ulong number, string spaceId, int dimensions, long capacity)
    {
        byte[] bytes = new byte[HeaderLength];
        Span<byte> header = bytes;
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], dimensions);
        BinaryPrimitives.WriteUInt64LittleEndian(header[16..], number);
        BinaryPrimitives.WriteInt32LittleEndian(header[24..], Encoding.UTF8.GetByteCount(spaceId));
        Encoding.UTF8.GetBytes(spaceId, header.Slice(28, SpaceIdLengthMax));
        BinaryPrimitives.WriteUInt32LittleEndian(header[252..], Crc32C.Of(header[..252]));

        string path = System.IO.Path.Combine(folder, FileName(number));
        AtomicFile.Write(path, file => file.Write(bytes));
        return new LogSegment(path, number, capacity) { Length = HeaderLength };
    }

    /// <summary>Opens a segment for replay; null where the header is damaged. Refuses other versions, spaces and dimensions.</summary>
    public static LogSegment? Open(string path, string spaceId, int dimensions, long capacityMin)
    {
        byte[] header = new byte[HeaderLength];
        using (SafeFileHandle handle = File.OpenHandle(path))
        {
            if (RandomAccess.Read(handle, header, 0) < HeaderLength || !header.AsSpan(0, 8).SequenceEqual(Magic))
            {
                return null;
            }
        }

        uint version = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(8));
        if (version != Version)
        {
            throw new InvalidDataException($"{path} has format version {version}; this program reads version {Version}. "
                + "Use the program that wrote it, or delete the index folder: it is rebuilt from the entries.");
        }

        if (Crc32C.Of(header.AsSpan(0, 252)) != BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(252)))
        {
            return null;
        }

        string space = Encoding.UTF8.GetString(header, 28, Math.Clamp(BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(24)), 0, SpaceIdLengthMax));
        int stored = BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(12));
        if (space != spaceId || stored != dimensions)
        {
            throw new InvalidDataException($"{path} holds vectors of space '{space}' with {stored} dimensions, not of '{spaceId}' with {dimensions}.");
        }

        long length = new FileInfo(path).Length;
        return new LogSegment(path, BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(16)), Math.Max(length, capacityMin));
    }

    /// <summary>The bytes from <paramref name="offset"/> to the end of the mapping.</summary>
    public ReadOnlySpan<byte> From(long offset) => new(_start + offset, checked((int)(Capacity - offset)));

    public byte* At(long offset) => _start + offset;

    /// <summary>Appends; the bytes are visible through the mapping at once and survive the process, but not the machine, until flushed.</summary>
    public void Append(ReadOnlySpan<byte> records)
    {
        RandomAccess.Write(_handle, records, Length);
        Length += records.Length;
        Dirty = true;
    }

    public void Flush() => RandomAccess.FlushToDisk(_handle);

    /// <summary>Clears everything behind <paramref name="length"/>: what a crash left there must not come alive behind later records.</summary>
    public void Cut(long length)
    {
        Span<byte> zeros = stackalloc byte[4096];
        zeros.Clear();
        bool changed = false;
        for (long at = length; at < Capacity;)
        {
            // Only what is not zero already is overwritten, so that a sparse file stays sparse.
            int count = (int)Math.Min(zeros.Length, Capacity - at);
            if (From(at)[..count].ContainsAnyExcept((byte)0))
            {
                RandomAccess.Write(_handle, zeros[..count], at);
                changed = true;
            }

            at += count;
        }

        Length = length;
        if (changed)
        {
            // A flush may take seconds on a busy disk, and after an orderly end there is nothing to cut.
            Flush();
        }
    }

    /// <summary>Closes the file, cut to what was written.</summary>
    public void Dispose()
    {
        Unmap();
        if (Length is > 0 && Length < Capacity)
        {
            RandomAccess.SetLength(_handle, Length);
        }

        _handle.Dispose();
    }

    /// <summary>Closes and deletes the file.</summary>
    public void Delete()
    {
        Unmap();
        _handle.Dispose();
        File.Delete(Path);
    }

    private void Unmap()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _map.Dispose();
    }
}
