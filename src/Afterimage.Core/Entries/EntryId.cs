using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Afterimage.Entries;

/// <summary>
/// The 16 bytes behind an entry's id, for catalogues that cannot afford a string each. A ULID (26 characters of Crockford's base 32) is its own
/// 128 bits; any other text is hashed, so that an id of a foreign form can still be looked up.
/// </summary>
internal static class EntryId
{
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    public static UInt128 ToBits(string id)
    {
        if (id.Length == 26 && id[0] is >= '0' and <= '7')
        {
            UInt128 bits = 0;
            int i = 0;
            for (; i < id.Length; i++)
            {
                int digit = Alphabet.IndexOf(char.ToUpperInvariant(id[i]));
                if (digit < 0)
                {
                    break;
                }

                bits = (bits << 5) | (uint)digit;
            }

            if (i == id.Length)
            {
                return bits;
            }
        }

        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(id), digest);
        return BinaryPrimitives.ReadUInt128BigEndian(digest);
    }
}
