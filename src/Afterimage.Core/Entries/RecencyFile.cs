using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Afterimage.Entries;

/// <summary>
/// The order of use as saved now and then, so that eviction after a restart still takes what was used longest ago. Derived and approximate: a lost or
/// damaged file only makes the first evictions go by age. Little-endian:
/// <code>
/// 0   8  magic "AFRECNT1"
/// 8   8  saved, Unix milliseconds
/// 16  4  count
/// 20     count x 8 bytes: the first bytes of each key, least recently used first
///     4  CRC-32C of everything before
/// </code>
/// </summary>
internal sealed class RecencyFile
{
    private const int HeadSize = 20;
    private readonly Dictionary<ulong, int> _ranks;

    private RecencyFile(Dictionary<ulong, int> ranks, long savedUnixMs)
    {
        _ranks = ranks;
        SavedUnixMs = savedUnixMs;
    }

    public long SavedUnixMs { get; }

    internal static ReadOnlySpan<byte> Magic => "AFRECNT1"u8;

    public static byte[] Encode(IReadOnlyList<Hash256> leastRecentFirst, long savedUnixMs)
    {
        byte[] bytes = new byte[HeadSize + (leastRecentFirst.Count * sizeof(ulong)) + sizeof(uint)];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), savedUnixMs);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(16), leastRecentFirst.Count);
        for (int i = 0; i < leastRecentFirst.Count; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(HeadSize + (i * sizeof(ulong))), PrefixOf(leastRecentFirst[i]));
        }

        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(bytes.Length - sizeof(uint)), Crc32C.Of(bytes.AsSpan(0, bytes.Length - sizeof(uint))));
        return bytes;
    }

    public static bool TryDecode(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out RecencyFile? file)
    {
        file = null;
        if (bytes.Length < HeadSize + sizeof(uint) || !bytes[..8].SequenceEqual(Magic)
            || bytes.Length != HeadSize + sizeof(uint) + ((long)BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]) * sizeof(ulong))
            || Crc32C.Of(bytes[..^sizeof(uint)]) != BinaryPrimitives.ReadUInt32LittleEndian(bytes[^sizeof(uint)..]))
        {
            return false;
        }

        int count = BinaryPrimitives.ReadInt32LittleEndian(bytes[16..]);
        var ranks = new Dictionary<ulong, int>(count);
        for (int i = 0; i < count; i++)
        {
            ranks[BinaryPrimitives.ReadUInt64LittleEndian(bytes[(HeadSize + (i * sizeof(ulong)))..])] = i;
        }

        file = new RecencyFile(ranks, BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]));
        return true;
    }

    /// <summary>Where the key stood, 0 for the least recently used; -1 where it is not in the file.</summary>
    public int RankOf(Hash256 key) => _ranks.GetValueOrDefault(PrefixOf(key), -1);

    private static ulong PrefixOf(Hash256 key)
    {
        Span<byte> bytes = stackalloc byte[Hash256.Size];
        key.WriteTo(bytes);
        return BinaryPrimitives.ReadUInt64BigEndian(bytes);
    }
}
