using System.Buffers.Binary;

namespace Afterimage.Entries;

/// <summary>
/// The fixed first 160 bytes of an entry, little-endian. It repeats what a scan of a whole store needs, so that reading a folder back parses no JSON.
/// <code>
///   0   8  magic 89 41 46 49 4D 0D 0A 1A ("\x89AFIM\r\n\x1A": not text, and damaged by text-mode copies)
///   8   2  version, 1
///  10   1  state: 'L' live, 'D' deleted (only in packs, which cannot unlink one record); counted as 'L' in the checksum
///  11   1  flags, zero
///  12   4  header length, bytes of JSON after the preamble
///  16   8  body length, bytes of image after the header; 0 where the body is elsewhere
///  24  32  exact key
///  56  16  id (ULID, big-endian)
///  72  16  batch (GUID, big-endian), zero for live traffic
///  88   8  created, Unix milliseconds
///  96   8  expires, Unix milliseconds; 0 for never
/// 104  32  SHA-256 of the image; zero where it was never read
/// 136  20  reserved, zero
/// 156   4  CRC-32C of bytes 0..155 and of the JSON header
/// </code>
/// </summary>
internal readonly record struct EntryPreamble
{
    public const int Size = 160;
    public const ushort Version = 1;
    public const byte Live = (byte)'L';
    public const byte Deleted = (byte)'D';
    public const int StateOffset = 10;

    /// <summary>Larger headers are refused: a prompt is kilobytes, so this is damage or an attack.</summary>
    public const int HeaderBytesMax = 4 << 20;

    private const int ChecksumOffset = Size - sizeof(uint);

    public static ReadOnlySpan<byte> Magic => [0x89, (byte)'A', (byte)'F', (byte)'I', (byte)'M', 0x0D, 0x0A, 0x1A];

    public byte State { get; init; }

    public int HeaderLength { get; init; }

    public long BodyLength { get; init; }

    public Hash256 Key { get; init; }

    public UInt128 Id { get; init; }

    public Guid Batch { get; init; }

    public long CreatedUnixMs { get; init; }

    /// <summary>0 for never.</summary>
    public long ExpiresUnixMs { get; init; }

    public Hash256 ContentHash { get; init; }

    private uint Checksum { get; init; }

    /// <summary>Where the body starts.</summary>
    public int BodyOffset => Size + HeaderLength;

    /// <summary>Bytes of the whole entry.</summary>
    public long TotalLength => BodyOffset + BodyLength;

    /// <summary>Writes preamble and checksum; <paramref name="json"/> is the header that follows.</summary>
    public void Write(Span<byte> destination, ReadOnlySpan<byte> json)
    {
        destination = destination[..Size];
        destination.Clear();
        Magic.CopyTo(destination);
        BinaryPrimitives.WriteUInt16LittleEndian(destination[8..], Version);
        destination[StateOffset] = Live;
        BinaryPrimitives.WriteInt32LittleEndian(destination[12..], HeaderLength);
        BinaryPrimitives.WriteInt64LittleEndian(destination[16..], BodyLength);
        Key.WriteTo(destination[24..]);
        BinaryPrimitives.WriteUInt128BigEndian(destination[56..], Id);
        Batch.TryWriteBytes(destination[72..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt64LittleEndian(destination[88..], CreatedUnixMs);
        BinaryPrimitives.WriteInt64LittleEndian(destination[96..], ExpiresUnixMs);
        ContentHash.WriteTo(destination[104..]);
        uint state = Crc32C.Append(Crc32C.Append(Crc32C.Seed, destination[..ChecksumOffset]), json);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[ChecksumOffset..], Crc32C.Finish(state));
    }

    /// <summary>Reads the fields without trusting them: lengths are bounded here, the checksum needs the JSON (<see cref="Matches"/>).</summary>
    public static EntryFault TryRead(ReadOnlySpan<byte> source, out EntryPreamble preamble)
    {
        preamble = default;
        if (source.Length < Size)
        {
            return EntryFault.Truncated;
        }

        if (!source[..8].SequenceEqual(Magic))
        {
            return EntryFault.Foreign;
        }

        if (BinaryPrimitives.ReadUInt16LittleEndian(source[8..]) != Version)
        {
            return EntryFault.UnknownVersion;
        }

        preamble = new EntryPreamble
        {
            State = source[StateOffset],
            HeaderLength = BinaryPrimitives.ReadInt32LittleEndian(source[12..]),
            BodyLength = BinaryPrimitives.ReadInt64LittleEndian(source[16..]),
            Key = Hash256.FromBytes(source.Slice(24, Hash256.Size)),
            Id = BinaryPrimitives.ReadUInt128BigEndian(source[56..]),
            Batch = new Guid(source.Slice(72, 16), bigEndian: true),
            CreatedUnixMs = BinaryPrimitives.ReadInt64LittleEndian(source[88..]),
            ExpiresUnixMs = BinaryPrimitives.ReadInt64LittleEndian(source[96..]),
            ContentHash = Hash256.FromBytes(source.Slice(104, Hash256.Size)),
            Checksum = BinaryPrimitives.ReadUInt32LittleEndian(source[ChecksumOffset..]),
        };
        bool bounded = preamble.HeaderLength is > 0 and <= HeaderBytesMax && preamble.BodyLength is >= 0 and <= int.MaxValue
            && preamble.State is Live or Deleted;
        return bounded ? EntryFault.None : EntryFault.Checksum;
    }

    /// <summary>Whether the checksum fits; <paramref name="source"/> holds preamble and JSON header.</summary>
    public bool Matches(ReadOnlySpan<byte> source)
    {
        Span<byte> preamble = stackalloc byte[ChecksumOffset];
        source[..ChecksumOffset].CopyTo(preamble);
        preamble[StateOffset] = Live;
        uint state = Crc32C.Append(Crc32C.Append(Crc32C.Seed, preamble), source.Slice(Size, HeaderLength));
        return Crc32C.Finish(state) == Checksum;
    }
}
