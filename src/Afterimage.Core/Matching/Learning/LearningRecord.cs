using System.Buffers.Binary;
using System.Numerics;

namespace Afterimage.Matching.Learning;

/// <summary>What a record of the learning file says.</summary>
internal enum LearningRecordKind : byte
{
    /// <summary>Evidence: partition, bin, weights of right and wrong, weight of verdicts.</summary>
    Evidence = 1,

    /// <summary>Verdicts on an entry's picture: entry, how many right and wrong, sum of the log-odds expected.</summary>
    EntryVerdicts = 2,

    /// <summary>A pair that is never served again: its key.</summary>
    BlockedPair = 3,

    /// <summary>An entry that is never served for another prompt again: its key.</summary>
    BlockedEntry = 4,
}

/// <summary>One record of the learning file: 52 bytes, the last four a check sum. The layout is in <c>docs/formats.md</c>.</summary>
/// <param name="Kind">What it says.</param>
/// <param name="Key">Partition, entry or pair.</param>
/// <param name="Bin">Bin of the evidence.</param>
/// <param name="Right">Weight of right.</param>
/// <param name="Wrong">Weight of wrong.</param>
/// <param name="Number">Of evidence the weight of verdicts in it; of an entry's verdicts the sum of the log-odds expected.</param>
/// <param name="Day">Of evidence: when it was seen, in days since 2020-01-01.</param>
internal readonly record struct LearningRecord(LearningRecordKind Kind, Hash256 Key, byte Bin = 0, float Right = 0, float Wrong = 0, float Number = 0, ushort Day = 0)
{
    public const int Length = 52;

    public void WriteTo(Span<byte> target)
    {
        target[0] = (byte)Kind;
        target[1] = Bin;
        BinaryPrimitives.WriteUInt16LittleEndian(target[2..], Day);
        BinaryPrimitives.WriteSingleLittleEndian(target[4..], Right);
        BinaryPrimitives.WriteSingleLittleEndian(target[8..], Wrong);
        BinaryPrimitives.WriteSingleLittleEndian(target[12..], Number);
        Key.WriteTo(target[16..]);
        BinaryPrimitives.WriteUInt32LittleEndian(target[48..], CheckSum(target[..48]));
    }

    /// <summary>Reads a record; false where the check sum or the content is not one.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out LearningRecord record)
    {
        record = new LearningRecord(
            (LearningRecordKind)source[0],
            Hash256.FromBytes(source[16..48]),
            source[1],
            BinaryPrimitives.ReadSingleLittleEndian(source[4..]),
            BinaryPrimitives.ReadSingleLittleEndian(source[8..]),
            BinaryPrimitives.ReadSingleLittleEndian(source[12..]),
            BinaryPrimitives.ReadUInt16LittleEndian(source[2..]));
        return BinaryPrimitives.ReadUInt32LittleEndian(source[48..]) == CheckSum(source[..48])
            && record.Kind is >= LearningRecordKind.Evidence and <= LearningRecordKind.BlockedEntry
            && record.Bin < EvidenceBins.Count
            && float.IsFinite(record.Right) && float.IsFinite(record.Wrong) && float.IsFinite(record.Number);
    }

    // CRC-32C.
    private static uint CheckSum(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return ~crc;
    }
}
