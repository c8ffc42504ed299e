using System.Globalization;

namespace Afterimage.Text.Tokenizers;

/// <summary>
/// The one rule of lower-casing that looks at the neighbours (Unicode SpecialCasing.txt, Final_Sigma): a capital sigma that ends a word becomes ς.
/// Hugging Face's JavaScript and Python tokenizers apply it, the Rust one does not.
/// </summary>
internal static class FinalSigma
{
    /// <summary>The lower case of the U+03A3 at <paramref name="index"/>.</summary>
    public static char Lower(ReadOnlySpan<char> text, int index) =>
        SeesCasedLetter(text, index, -1) && !SeesCasedLetter(text, index, +1) ? 'ς' : 'σ';

    /// <summary>Whether the next character in a direction that is not ignorable is a letter with case.</summary>
    private static bool SeesCasedLetter(ReadOnlySpan<char> text, int index, int direction)
    {
        for (int i = index + direction; (uint)i < (uint)text.Length; i += direction)
        {
            int code = text[i];
            int other = i + direction;
            if (char.IsSurrogate(text[i]) && (uint)other < (uint)text.Length)
            {
                (char high, char low) = direction > 0 ? (text[i], text[other]) : (text[other], text[i]);
                if (char.IsSurrogatePair(high, low))
                {
                    code = char.ConvertToUtf32(high, low);
                    i = other;
                }
            }

            UnicodeCategory category = CharUnicodeInfo.GetUnicodeCategory(code);
            if (!IsIgnorable(code, category))
            {
                return IsCased(code, category);
            }
        }

        return false;
    }

    // Case_Ignorable (DerivedCoreProperties.txt), and what cleaning the text has removed before: controls, private use, surrogates, U+FFFD.
    private static bool IsIgnorable(int code, UnicodeCategory category) => category switch
    {
        UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format or UnicodeCategory.ModifierLetter
            or UnicodeCategory.ModifierSymbol or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate => true,
        UnicodeCategory.Control => code is not ('\t' or '\n' or '\r'),
        _ => code is '\'' or '.' or ':' or 0xB7 or 0x387 or 0x55F or 0x5F4 or 0x2018 or 0x2019 or 0x2024 or 0x2027
            or 0xFE13 or 0xFE52 or 0xFE55 or 0xFF07 or 0xFF0E or 0xFF1A or 0xFFFD,
    };

    private static bool IsCased(int code, UnicodeCategory category) =>
        category is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
        || code is 0xAA or 0xBA or (>= 0x2160 and <= 0x217F) or (>= 0x24B6 and <= 0x24E9)
            or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189);
}
