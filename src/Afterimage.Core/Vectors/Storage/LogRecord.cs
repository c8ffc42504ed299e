using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Afterimage.Vectors.Kernels;

namespace Afterimage.Vectors.Storage;

/// <summary>What a record of the log does.</summary>
internal enum LogRecordKind : byte
{
    Add = 1,
    Remove = 2,

    /// <summary>Last record of a segment that was closed in order: whatever is unreadable before it is damage, not a torn tail.</summary>
    Seal = 3,
}

/// <summary>How reading a record ended.</summary>
internal enum LogRecordState
{
    Good,

    /// <summary>Nothing was written here.</summary>
    End,

    /// <summary>Torn or damaged.</summary>
    Bad,
}

/// <summary>
/// One record of the log, little-endian, a multiple of 64 bytes long:
/// <code>
///   0  u32  CRC-32C of everything behind it, padding included
///   4  u32  length of the record
///   8  u8   kind: 1 add, 2 remove, 3 seal
///   9  u8   flags: 1 = has a seed
///  10  6    zero
///  16  u64  sequence: numbers the vectors ever added to this index; stays with a vector that compaction moves
///  24  i64  seed, 0 where there is none
///  32  32   entry
///  64  32   partition          (add only, as all below)
///  96  16   batch, a GUID in RFC 9562 byte order
/// 112  16   zero
/// 128  2*n  the unit vector, n float16 components; zero padding
/// </code>
/// </summary>
internal static class LogRecord
{
    public const int Alignment = 64;
    public const int ShortLength = 64;
    public const int VectorOffset = 128;

    private const byte HasSeed = 1;

    /// <summary>Bytes of an add record.</summary>
    public static int AddLength(int dimensions) => Align(VectorOffset + (dimensions * 2));

    /// <summary>Writes an add record; <paramref name="unit"/> is a unit vector or zero.</summary>
    public static void WriteAdd(Span<byte> record, ulong sequence, in VectorPlace place, ReadOnlySpan<float> unit)
    {
        record.Clear();
        record[9] = place.Seed is null ? (byte)0 : HasSeed;
        BinaryPrimitives.WriteInt64LittleEndian(record[24..], place.Seed ?? 0);
        place.Entry.WriteTo(record[32..]);
        place.Partition.WriteTo(record[64..]);
        place.Batch.TryWriteBytes(record[96..], bigEndian: true, out _);
        HalfVectors.FromSingle(unit, MemoryMarshal.Cast<byte, Half>(record[VectorOffset..]));
        Finish(record, LogRecordKind.Add, sequence);
    }

    /// <summary>Writes a remove record.</summary>
    public static void WriteRemove(Span<byte> record, Hash256 entry)
    {
        record.Clear();
        entry.WriteTo(record[32..]);
        Finish(record, LogRecordKind.Remove, 0);
    }

    public static void WriteSeal(Span<byte> record)
    {
        record.Clear();
        Finish(record, LogRecordKind.Seal, 0);
    }

    /// <summary>Checks the record at the start of <paramref name="bytes"/>; its length, where it could be read.</summary>
    public static LogRecordState Check(ReadOnlySpan<byte> bytes, int dimensions, out int length)
    {
        length = 0;
        if (bytes.Length < ShortLength)
        {
            return LogRecordState.End;
        }

        uint stored = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        if (stored == 0 && BinaryPrimitives.ReadUInt32LittleEndian(bytes) == 0)
        {
            return LogRecordState.End;
        }

        int expected = Kind(bytes) == LogRecordKind.Add ? AddLength(dimensions) : ShortLength;
        if (stored != expected || stored > bytes.Length || Kind(bytes) is < LogRecordKind.Add or > LogRecordKind.Seal)
        {
            return LogRecordState.Bad;
        }

        length = expected;
        return Crc32C.Of(bytes[4..length]) == BinaryPrimitives.ReadUInt32LittleEndian(bytes) ? LogRecordState.Good : LogRecordState.Bad;
    }

    public static LogRecordKind Kind(ReadOnlySpan<byte> record) => (LogRecordKind)record[8];

    public static ulong Sequence(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadUInt64LittleEndian(record[16..]);

    public static Hash256 Entry(ReadOnlySpan<byte> record) => Hash256.FromBytes(record.Slice(32, Hash256.Size));

    public static VectorPlace Place(ReadOnlySpan<byte> record) => new(
        Entry(record),
        Hash256.FromBytes(record.Slice(64, Hash256.Size)),
        (record[9] & HasSeed) != 0 ? BinaryPrimitives.ReadInt64LittleEndian(record[24..]) : null,
        new Guid(record.Slice(96, 16), bigEndian: true));

    public static ReadOnlySpan<Half> Vector(ReadOnlySpan<byte> record, int dimensions) =>
        MemoryMarshal.Cast<byte, Half>(record.Slice(VectorOffset, dimensions * 2));

    private static void Finish(Span<byte> record, LogRecordKind kind, ulong sequence)
    {
        BinaryPrimitives.WriteInt32LittleEndian(record[4..], record.Length);
        record[8] = (byte)kind;
        BinaryPrimitives.WriteUInt64LittleEndian(record[16..], sequence);
        BinaryPrimitives.WriteUInt32LittleEndian(record, Crc32C.Of(record[4..]));
    }

    private static int Align(int length) => (length + Alignment - 1) / Alignment * Alignment;
}
