using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Afterimage.Diagnostics;

/// <summary>
/// Makes ULIDs (github.com/ulid/spec): 48 bits of milliseconds and 80 random bits, as 26 characters of Crockford's base 32. They sort by time and
/// tell nothing of the client.
/// </summary>
public static class Ulid
{
    public const int Length = 26;

    private const int RandomBytes = 10;

    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    private static readonly SearchValues<char> Digits = SearchValues.Create(Alphabet);

    /// <summary>A new id for the given moment.</summary>
    public static string New(DateTimeOffset now)
    {
        Span<byte> random = stackalloc byte[RandomBytes];
        RandomNumberGenerator.Fill(random);
        return Of(now, random);
    }

    /// <summary>The id of a moment and of the first ten bytes of what stands for the random part.</summary>
    public static string Of(DateTimeOffset moment, ReadOnlySpan<byte> random)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes, moment.ToUnixTimeMilliseconds() << 16);
        random[..RandomBytes].CopyTo(bytes[6..]);
        var value = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        return string.Create(Length, value, static (text, rest) =>
        {
            for (int i = Length - 1; i >= 0; i--)
            {
                text[i] = Alphabet[(int)(rest & 31)];
                rest >>= 5;
            }
        });
    }

    /// <summary>Whether text has the form of an id.</summary>
    public static bool IsValid(ReadOnlySpan<char> text) =>
        text.Length == Length && text[0] <= '7' && !text.ContainsAnyExcept(Digits);
}
