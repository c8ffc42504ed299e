using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Afterimage.Vectors.Storage;

/// <summary>
/// One file of the log: a header, then records. Written through its handle, read through a mapping, so that exact vectors cost no private memory. Only
/// what was written is ever read through the mapping: a page that the disk cannot provide there ends the process.
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
internal sealed unsafe partial class LogSegment : IDisposable
{
    public const int HeaderLength = 256;
    public const int Version = 1;
    public const int SpaceIdLengthMax = 200;
    public const string Extension = ".log";
    private const int DoNotNeed = 4;

    private static ReadOnlySpan<byte> Magic => "AfterIdx"u8;

    private readonly SafeFileHandle _handle;
    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;
    private long _tornEnd;

    private LogSegment(string path, ulong number, long capacityMin)
    {
        Path = path;
        Number = number;
        _handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete);
        try
        {
            Length = RandomAccess.GetLength(_handle);
            Capacity = Math.Max(Length, capacityMin);
            _map = MemoryMappedFile.CreateFromFile(_handle, null, Capacity, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: true);
            _view = _map.CreateViewAccessor(0, Capacity, MemoryMappedFileAccess.Read);
        }
        catch
        {
            _map?.Dispose();
            _handle.Dispose();
            throw;
        }

        byte* pointer = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
        _start = pointer + _view.PointerOffset;
    }

    public string Path { get; }

    public ulong Number { get; }

    /// <summary>Bytes mapped; the file is this long while it is written and cut to <see cref="Length"/> when it is sealed or closed.</summary>
    public long Capacity { get; }

    /// <summary>Bytes written, header included; of a segment that was not replayed yet, all that the file has.</summary>
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
        return new LogSegment(path, number, capacity);
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

        return new LogSegment(path, BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(16)), capacityMin);
    }

    /// <summary>Where something that was written stands in the mapping.</summary>
    public byte* At(long offset) => _start + offset;

    /// <summary>Fills the buffer from the file, with zeros where nothing was written, up to the capacity. Returns how much there is up to that.</summary>
    public int Read(long offset, Span<byte> buffer)
    {
        buffer = buffer[..(int)Math.Min(buffer.Length, Capacity - offset)];
        int filled = 0, count = 1;
        while (filled < buffer.Length && count > 0)
        {
            count = RandomAccess.Read(_handle, buffer[filled..], offset + filled);
            filled += count;
        }

        buffer[filled..].Clear();
        return buffer.Length;
    }

    /// <summary>
    /// Appends; the bytes are visible through the mapping at once and survive the process, but not the machine, until flushed. Where the disk refuses,
    /// nothing was appended: what it took of the bytes is cut off again.
    /// </summary>
    public void Append(ReadOnlySpan<byte> records)
    {
        if (_tornEnd > Length)
        {
            Cut(Length, _tornEnd);
        }

        _tornEnd = Length + records.Length;
        try
        {
            RandomAccess.Write(_handle, records, Length);
        }
        catch
        {
            // Whole records of a refused batch would come alive at the next opening, in front of or behind what is appended later. Where cutting fails as
            // well, the next append begins with it.
            Cut(Length, _tornEnd);
            throw;
        }

        Length = _tornEnd;
        Dirty = true;
    }

    public void Flush() => RandomAccess.FlushToDisk(_handle);

    /// <summary>Forgets what was written behind <paramref name="length"/>, up to <paramref name="end"/> at most. Needs no space on the disk.</summary>
    public void Cut(long length, long end)
    {
        if (OperatingSystem.IsWindows())
        {
            // A mapped file cannot become shorter there.
            RandomAccess.Write(_handle, new byte[end - length], length);
        }
        else
        {
            RandomAccess.SetLength(_handle, length);
            RandomAccess.SetLength(_handle, Capacity);
        }

        Length = length;
        _tornEnd = length;
        Dirty = true;
    }

    /// <summary>
    /// Lets go of the pages that were read through the mapping, which the system else counts as the process's own until it is short of memory; what is read
    /// again comes from the system's cache. May run beside readers.
    /// </summary>
    public void Release()
    {
        if (OperatingSystem.IsLinux())
        {
            _ = Advise(_start, (nuint)Capacity, DoNotNeed);
        }
    }

    /// <summary>Closes the file, cut to what was written.</summary>
    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _map.Dispose();
        try
        {
            RandomAccess.SetLength(_handle, Length);
        }
        catch (IOException)
        {
            // Then zeros follow the last record, as after a crash.
        }

        _handle.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(byte* start, nuint length, int advice);
}
