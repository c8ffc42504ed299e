using System.Buffers;
using System.Globalization;

namespace Afterimage.Backfill.Keys;

/// <summary>
/// The earlier cache's hash: the polynomial 31 over UTF-16 units in 32-bit arithmetic, absolute value, lower-case hexadecimal without leading zeros. Because
/// it is linear, replacing one character changes it by a product that depends only on the place: a candidate costs one addition a character changed.
/// </summary>
internal static class PathHash
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");

    public static uint Of(ReadOnlySpan<char> text)
    {
        uint hash = 0;
        foreach (char c in text)
        {
            hash = unchecked((hash * 31) + c);
        }

        return hash;
    }

    /// <summary>The text at a key's end.</summary>
    public static string Text(ReadOnlySpan<char> path) => ((uint)Math.Abs((long)(int)Of(path))).ToString("x", CultureInfo.InvariantCulture);

    /// <summary>Reads 1 to 8 hexadecimal digits as the scheme writes them (lower case, no leading zero).</summary>
    public static bool TryRead(ReadOnlySpan<char> text, out uint value)
    {
        value = 0;
        if (text.Length is 0 or > 8 || (text.Length > 1 && text[0] == '0') || text.ContainsAnyExcept(Digits))
        {
            return false;
        }

        value = uint.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        return value <= 0x80000000;
    }

    /// <summary>Powers of 31 for the places of a text, counted from its start.</summary>
    public static uint[] Powers(int length)
    {
        var powers = new uint[length];
        uint power = 1;
        for (int i = length - 1; i >= 0; i--)
        {
            powers[i] = power;
            power = unchecked(power * 31);
        }

        return powers;
    }
}
