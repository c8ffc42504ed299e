using System.Buffers.Binary;

namespace Afterimage.Backfill.Jobs;

/// <summary>Entry ids of a batch: ULIDs of the job's start whose random part is the exact key's, so that redoing a chunk makes the same entries.</summary>
internal static class BatchIds
{
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    public static string Of(BackfillJob job, Hash256 key)
    {
        Span<byte> bytes = stackalloc byte[16];
        Span<byte> keyBytes = stackalloc byte[Hash256.Size];
        key.WriteTo(keyBytes);
        keyBytes[..10].CopyTo(bytes[6..]);
        BinaryPrimitives.WriteInt32BigEndian(bytes, (int)(job.Started.ToUnixTimeMilliseconds() >> 16));
        BinaryPrimitives.WriteInt16BigEndian(bytes[4..], (short)job.Started.ToUnixTimeMilliseconds());
        return string.Create(26, BinaryPrimitives.ReadUInt128BigEndian(bytes), static (text, rest) =>
        {
            for (int i = text.Length - 1; i >= 0; i--)
            {
                text[i] = Alphabet[(int)(rest & 31)];
                rest >>= 5;
            }
        });
    }
}
