using System.Text;

namespace Afterimage.Matching.Reading;

/// <summary>One form for characters that people and keyboards use for the same thing.</summary>
internal static class TextFold
{
    /// <summary>The compared form of a rune, or 0 where it leaves no trace (joiners, variation selectors, soft hyphens).</summary>
    public static int Fold(Rune rune)
    {
        int c = rune.Value;
        if (c is >= 0xFF01 and <= 0xFF5E)
        {
            c -= 0xFEE0;
        }

        return c switch
        {
            < 0x80 => c is >= 'A' and <= 'Z' ? c | 0x20 : c,
            0x2018 or 0x2019 or 0x201A or 0x201B or 0x2032 or 0x02BC or 0x00B4 => '\'',
            0x201C or 0x201D or 0x201E or 0x201F or 0x00AB or 0x00BB or 0x2033 or 0x300C or 0x300D or 0x300E or 0x300F => '"',
            0x2010 or 0x2011 or 0x2012 or 0x2013 or 0x2014 or 0x2015 or 0x2212 => '-',
            0x00A0 or 0x3000 or 0x202F or (>= 0x2000 and <= 0x200A) => ' ',
            0x2026 => '.',
            0x3002 or 0xFF61 => '.',
            0x3001 or 0x060C or 0xFF64 => ',',
            0x061B => ';',
            0x061F => '?',
            0x00D7 => 'x',
            0x00AD or (>= 0x200B and <= 0x200F) or (>= 0x202A and <= 0x202E) or (>= 0x2060 and <= 0x2064) or (>= 0x2066 and <= 0x2069) or 0xFEFF => 0,
            >= 0xFE00 and <= 0xFE0F => 0,
            _ => Rune.ToLowerInvariant(new Rune(c)).Value,
        };
    }

    /// <summary>Scripts written without spaces: Han, kana, Thai, Lao, Khmer, Myanmar, Tibetan, Yi.</summary>
    public static bool IsUnspaced(int c) =>
        c is (>= 0x0E00 and <= 0x0EFF) or (>= 0x0F00 and <= 0x0FFF) or (>= 0x1000 and <= 0x109F) or (>= 0x1780 and <= 0x17FF)
            or (>= 0x3040 and <= 0x30FF) or (>= 0x31F0 and <= 0x31FF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x4E00 and <= 0x9FFF)
            or (>= 0xA000 and <= 0xA4CF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x20000 and <= 0x3FFFF);
}
