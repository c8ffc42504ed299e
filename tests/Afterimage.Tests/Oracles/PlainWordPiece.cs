using System.Globalization;
using System.Text;
using Afterimage.Text.Tokenizers;
using Afterimage.Text.Unicode;

namespace Afterimage.Tests.Oracles;

/// <summary>BERT's tokenizer written for reading: whole strings, one step after another. The fast one must give the same ids.</summary>
internal sealed class PlainWordPiece(IReadOnlyDictionary<string, int> vocabulary)
{
    private static readonly string[] AddedTokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

    public int[] Encode(string text)
    {
        var tokens = new List<string> { "[CLS]" };
        while (text.Length > 0)
        {
            (int at, string? added) = AddedTokens.Select(t => (At: text.IndexOf(t, StringComparison.Ordinal), Token: (string?)t))
                .Where(f => f.At >= 0).DefaultIfEmpty((text.Length, null)).Min();
            tokens.AddRange(Words(Normalize(text[..at])).SelectMany(Pieces));
            if (added is not null)
            {
                tokens.Add(added);
            }

            text = text[(at + (added?.Length ?? 0))..];
        }

        return [.. tokens.Append("[SEP]").Select(t => vocabulary[t])];
    }

    private static string Normalize(string text)
    {
        var clean = new StringBuilder();
        foreach (Rune rune in text.EnumerateRunes())
        {
            // EnumerateRunes gives U+FFFD for a lone surrogate; both are dropped.
            UnicodeCategory category = Rune.GetUnicodeCategory(rune);
            bool control = category is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse && rune.Value is not (9 or 10 or 13);
            if (rune.Value != 0xFFFD && !control)
            {
                clean.Append(Rune.IsWhiteSpace(rune) ? " " : IsIdeograph(rune.Value) ? $" {rune} " : rune.ToString());
            }
        }

        string cleaned = clean.ToString();
        var lower = new StringBuilder();
        for (int i = 0; i < cleaned.Length; i++)
        {
            lower.Append(cleaned[i] switch
            {
                '\u03A3' => FinalSigma.Lower(cleaned, i),
                '\u0130' => 'i',
                _ => cleaned[i],
            });
        }

        string lowered = string.Concat(lower.ToString().EnumerateRunes().Select(r => Rune.ToLowerInvariant(r).ToString()));
        return UnicodeForms.WithoutNonspacingMarks(UnicodeForms.Nfd(lowered));
    }

    private static IEnumerable<string> Words(string text)
    {
        var word = new StringBuilder();
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool punctuation = rune.IsAscii ? char.IsAsciiLetterOrDigit((char)rune.Value) is false && rune.Value is > 32 and < 127 : Rune.IsPunctuation(rune);
            if (!punctuation && !Rune.IsWhiteSpace(rune))
            {
                word.Append(rune);
                continue;
            }

            if (word.Length > 0)
            {
                yield return word.ToString();
                word.Clear();
            }

            if (punctuation)
            {
                yield return rune.ToString();
            }
        }

        if (word.Length > 0)
        {
            yield return word.ToString();
        }
    }

    private IEnumerable<string> Pieces(string word)
    {
        Rune[] runes = [.. word.EnumerateRunes()];
        if (runes.Length > 100)
        {
            return ["[UNK]"];
        }

        var pieces = new List<string>();
        for (int start = 0; start < runes.Length;)
        {
            int end = runes.Length;
            while (end > start && !vocabulary.ContainsKey(Piece(start, end)))
            {
                end--;
            }

            if (end == start)
            {
                return ["[UNK]"];
            }

            pieces.Add(Piece(start, end));
            start = end;
        }

        return pieces;

        string Piece(int start, int end) => (start > 0 ? "##" : "") + string.Concat(runes[start..end]);
    }

    private static bool IsIdeograph(int code) => code is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF)
        or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF)
        or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
}
