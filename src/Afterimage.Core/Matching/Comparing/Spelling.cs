using Afterimage.Text.Unicode;

namespace Afterimage.Matching.Comparing;

/// <summary>Judges from letters alone whether one word is a slip of the other.</summary>
internal static class Spelling
{
    private const int CollapseMax = 64;

    /// <summary>How safely two different words are one and the same misspelt, 0 to 1.</summary>
    /// <param name="oneIsAWord">One of the two is a word in use and the other is not; otherwise it takes more letters to be sure.</param>
    /// <param name="english">Both prompts are mostly English, so that a changed letter is no ending of another language.</param>
    public static float TypoStrength(string a, string b, bool oneIsAWord, bool english)
    {
        int shorter = Math.Min(a.Length, b.Length);
        if (shorter < (oneIsAWord ? 3 : 4) || a.AsSpan().ContainsAnyInRange('0', '9') || b.AsSpan().ContainsAnyInRange('0', '9'))
        {
            return 0;
        }

        if (Prefixes.AreContrary(a, b))
        {
            return 0;
        }

        if (IsOtherWord(a, b) || IsOtherWord(b, a))
        {
            return 0;
        }

        if (WithoutAccents(a) == WithoutAccents(b))
        {
            return 1;
        }

        if (Collapse(a) == Collapse(b))
        {
            return 1;
        }

        int bound = shorter >= 8 && oneIsAWord ? 2 : 1;
        int distance = EditDistance.Of(a, b, bound);
        if (distance > bound || (a[0] != b[0] && (shorter < 5 || distance > 1)))
        {
            return 0;
        }

        if (!oneIsAWord)
        {
            // One letter for another makes another name (barioth, barroth) more often than one too many.
            return IsSwap(a, b) ? 1 : english && shorter >= (a.Length == b.Length ? 8 : 6) ? 0.9f : 0;
        }

        return (distance == 1 ? 1f : 0.9f) - (shorter < 4 ? 0.1f : 0);
    }

    // A first letter is seldom mistyped (batmobile, catmobile), and an "s" at the end makes several of it (pokemons) or is that of another word (macarons, macaroni).
    private static bool IsOtherWord(string a, string b) =>
        (a.Length == b.Length && a[0] != b[0] && a.AsSpan(1).SequenceEqual(b.AsSpan(1)))
        || (a.Length > 3 && a[^1] == 's' && ((a.Length == b.Length + 1 && a.AsSpan(0, b.Length).SequenceEqual(b)) || (a.Length == b.Length && a.AsSpan(0, a.Length - 1).SequenceEqual(b.AsSpan(0, b.Length - 1)))));

    private static string WithoutAccents(string word) => UnicodeForms.WithoutNonspacingMarks(UnicodeForms.Nfd(word));

    private static bool IsSwap(string a, string b) =>
        a.Length == b.Length && a.Where((c, i) => c != b[i]).Count() == 2 && a.Order().SequenceEqual(b.Order());

    // "biiig" -> "big"
    private static string Collapse(string text)
    {
        if (text.Length > CollapseMax)
        {
            return text;
        }

        Span<char> kept = stackalloc char[CollapseMax];
        int count = 0;
        foreach (char c in text)
        {
            if (count == 0 || kept[count - 1] != c)
            {
                kept[count++] = c;
            }
        }

        return kept[..count].ToString();
    }
}
