using System.Globalization;
using System.Text;
using Afterimage.Text.Unicode;

namespace Afterimage.Text.Tokenizers;

/// <summary>
/// The text normaliser of BERT: clean, set ideographs apart, lower-case, decompose and strip accents, in that order, one code point at a time.
/// What becomes of a character of the basic plane is kept in pages of 256, made when first needed. Thread-safe.
/// </summary>
internal sealed class BertNormalizer(WordPieceOptions options)
{
    /// <summary>UTF-16 units that one unit of input can become: a character decomposes into at most 4, an ideograph gets two spaces.</summary>
    public const int ExpansionMax = 4;

    private const int Drop = -1, Space = -2, Sigma = -3, Complex = -4;

    private readonly int[]?[] _pages = new int[]?[256];

    /// <summary>
    /// Normalises <paramref name="text"/> from <paramref name="from"/> to <paramref name="to"/>, seeing the rest only as context, into
    /// <paramref name="output"/>, which must hold <see cref="ExpansionMax"/> times as much. Returns the length.
    /// </summary>
    public int Normalize(ReadOnlySpan<char> text, int from, int to, Span<char> output)
    {
        int written = 0;
        bool reorder = false;
        for (int i = from; i < to; i++)
        {
            char c = text[i];
            int[] page = _pages[c >> 8] ?? MakePage(c >> 8);
            int action = page[c & 0xFF];
            if (action >= 0)
            {
                output[written++] = (char)action;
                continue;
            }

            switch (action)
            {
                case Drop:
                    break;
                case Space:
                    output[written++] = ' ';
                    break;
                case Sigma:
                    output[written++] = FinalSigma.Lower(text, i);
                    break;
                default:
                    int code = c;
                    if (char.IsHighSurrogate(c) && i + 1 < to && char.IsLowSurrogate(text[i + 1]))
                    {
                        code = char.ConvertToUtf32(c, text[++i]);
                    }

                    written += Rewrite(code, output[written..], ref reorder);
                    break;
            }
        }

        return reorder ? Reorder(output, written) : written;
    }

    /// <summary>The normal form of a whole text; for tests and for added tokens.</summary>
    public string Normalize(string text)
    {
        char[] buffer = new char[text.Length * ExpansionMax];
        return new string(buffer, 0, Normalize(text, 0, text.Length, buffer));
    }

    private int[] MakePage(int number)
    {
        int[] page = new int[256];
        for (int i = 0; i < 256; i++)
        {
            page[i] = ActionOf((char)((number << 8) | i));
        }

        return _pages[number] = page;
    }

    private int ActionOf(char c)
    {
        if (char.IsSurrogate(c))
        {
            return Complex;
        }

        if (options.CleanText && IsDropped(c, CharUnicodeInfo.GetUnicodeCategory(c)))
        {
            return Drop;
        }

        if (options.CleanText && char.IsWhiteSpace(c))
        {
            return Space;
        }

        if (options.Lowercase && c == '\u03A3')
        {
            return Sigma;
        }

        bool unused = false;
        Span<char> output = stackalloc char[16];
        int length = Rewrite(c, output, ref unused);
        return unused ? Complex : length switch { 0 => Drop, 1 => output[0], _ => Complex };
    }

    /// <summary>Rewrites one code point that is not white space; returns the UTF-16 units written.</summary>
    private int Rewrite(int code, Span<char> output, ref bool reorder)
    {
        if (options.CleanText && IsDropped(code, CharUnicodeInfo.GetUnicodeCategory(code)))
        {
            return 0;
        }

        int written = 0;
        bool ideograph = options.SplitIdeographs && IsIdeograph(code);
        if (ideograph)
        {
            output[written++] = ' ';
        }

        bool dottedCapitalI = options.Lowercase && code == 0x130;
        int lower = dottedCapitalI ? 'i' : options.Lowercase && Rune.IsValid(code) ? Rune.ToLowerInvariant(new Rune(code)).Value : code;
        written += options.StripAccents ? Decompose(lower, output[written..], ref reorder) : Append(lower, output[written..]);
        if (dottedCapitalI && !options.StripAccents)
        {
            output[written++] = '\u0307';
        }

        if (ideograph)
        {
            output[written++] = ' ';
        }

        return written;
    }

    private static int Decompose(int code, Span<char> output, ref bool reorder)
    {
        Span<int> parts = stackalloc int[8];
        int count = UnicodeForms.DecomposeCanonically(code, parts);
        if (count == 0)
        {
            parts[0] = code;
            count = 1;
        }

        int written = 0;
        foreach (int part in parts[..count])
        {
            if (CharUnicodeInfo.GetUnicodeCategory(part) != UnicodeCategory.NonSpacingMark)
            {
                reorder |= UnicodeForms.CombiningClass(part) != 0;
                written += Append(part, output[written..]);
            }
        }

        return written;
    }

    /// <summary>Puts the few marks that are not stripped yet have a combining class into canonical order.</summary>
    private static int Reorder(Span<char> output, int length)
    {
        string ordered = UnicodeForms.Nfd(new string(output[..length]));
        ordered.CopyTo(output);
        return ordered.Length;
    }

    private static int Append(int code, Span<char> output)
    {
        if (code < 0x10000)
        {
            output[0] = (char)code;
            return 1;
        }

        return new Rune(code).EncodeToUtf16(output);
    }

    // Unassigned code points stay (and become unknown words): what they are must not depend on how new the machine's tables are.
    private static bool IsDropped(int code, UnicodeCategory category) => category switch
    {
        UnicodeCategory.Control => code is not ('\t' or '\n' or '\r'),
        UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate => true,
        _ => code == 0xFFFD,
    };

    // The ranges of Hugging Face's Rust normaliser; 2B920 is theirs.
    private static bool IsIdeograph(int code) => code is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF)
        or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF)
        or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
}
