using Afterimage.Text.Unicode;

namespace Afterimage.Matching.Comparing;

/// <summary>Judges from letters alone whether one word is a slip of the other.</summary>
internal static class Spelling
{
    private const int CollapseMax = 64;
    private const int ShortMax = 5;

    // Rows of the keyboard that most prompts are written on, each shifted to the right of the one above by about half a key.
    private static readonly string[] Rows = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];

    /// <summary>How safely two different words are one and the same misspelt, 0 to 1.</summary>
    /// <param name="misspelt">The one that is likelier to be misspelt.</param>
    /// <param name="meant">The other one.</param>
    /// <param name="oneIsAWord">One of the two is a word in use and the other is not; otherwise it takes more letters to be sure.</param>
    /// <param name="english">Both prompts are mostly English, so that a changed letter is no ending of another language.</param>
    public static float TypoStrength(string misspelt, string meant, bool oneIsAWord, bool english)
    {
        int shorter = Math.Min(misspelt.Length, meant.Length);
        if (shorter < (oneIsAWord ? 3 : 4) || misspelt.AsSpan().ContainsAnyInRange('0', '9') || meant.AsSpan().ContainsAnyInRange('0', '9'))
        {
            return 0;
        }

        if (Prefixes.AreContrary(misspelt, meant))
        {
            return 0;
        }

        if (IsOtherWord(misspelt, meant) || IsOtherWord(meant, misspelt))
        {
            return 0;
        }

        if (WithoutAccents(misspelt) == WithoutAccents(meant))
        {
            return 1;
        }

        if (Collapse(misspelt) == Collapse(meant))
        {
            return 1;
        }

        int bound = shorter >= 8 && oneIsAWord ? 2 : 1;
        int distance = EditDistance.Of(misspelt, meant, bound);
        if (distance > bound || (misspelt[0] != meant[0] && (shorter < 5 || distance > 1)))
        {
            return 0;
        }

        if (oneIsAWord && distance == 1 && shorter <= ShortMax && !IsLikelySlip(misspelt, meant))
        {
            return 0;
        }

        if (!oneIsAWord)
        {
            // One letter for another makes another name (barioth, barroth) more often than one too many.
            return IsSwap(misspelt, meant) ? 1 : english && shorter >= (misspelt.Length == meant.Length ? 8 : 6) ? 0.9f : 0;
        }

        return (distance == 1 ? 1f : 0.9f) - (shorter < 4 ? 0.1f : 0);
    }

    // A first letter is seldom mistyped (batmobile, catmobile), and an "s" at the end makes several of it (pokemons) or is that of another word (macarons, macaroni).
    private static bool IsOtherWord(string a, string b) =>
        (a.Length == b.Length && a[0] != b[0] && a.AsSpan(1).SequenceEqual(b.AsSpan(1)))
        || (a.Length > 3 && a[^1] == 's' && ((a.Length == b.Length + 1 && a.AsSpan(0, b.Length).SequenceEqual(b)) || (a.Length == b.Length && a.AsSpan(0, a.Length - 1).SequenceEqual(b.AsSpan(0, b.Length - 1)))));

    // A short word has many neighbours that no list has (fig, fid; lion, linn; table, tabla). A finger misses by one key, strikes one twice or not at all, or strikes two the wrong way round.
    private static bool IsLikelySlip(string misspelt, string meant)
    {
        if (IsSwap(misspelt, meant) || misspelt.Length < meant.Length)
        {
            return true;
        }

        int at = 0;
        while (at < meant.Length && misspelt[at] == meant[at])
        {
            at++;
        }

        return misspelt.Length > meant.Length
            ? meant.Length > 3 || (at > 0 && misspelt[at] == misspelt[at - 1])
            : AreNeighbours(misspelt[at], meant[at]);
    }

    private static bool AreNeighbours(char x, char y)
    {
        (int rowX, int rowY) = (Array.FindIndex(Rows, r => r.Contains(x)), Array.FindIndex(Rows, r => r.Contains(y)));
        if (rowX < 0 || rowY < 0 || Math.Abs(rowX - rowY) > 1)
        {
            return false;
        }

        int distance = Rows[rowX].IndexOf(x, StringComparison.Ordinal) - Rows[rowY].IndexOf(y, StringComparison.Ordinal);
        return rowX == rowY ? Math.Abs(distance) == 1 : rowX < rowY ? distance is 0 or 1 : distance is 0 or -1;
    }

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
