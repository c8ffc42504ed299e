namespace Afterimage.Text.BuiltIn;

/// <summary>
/// Finds the known word that an unknown one is probably a misspelling of: one letter missing, added, changed, or two neighbours swapped
/// (symmetric deletion: two words one edit apart share a form with one letter taken out). Built once, then read by any number of threads.
/// </summary>
internal sealed class Misspelling
{
    /// <summary>Shorter words have too many neighbours that mean something else.</summary>
    private const int LengthMin = 5;

    private readonly WordVectors _words;
    private readonly ulong[] _forms;

    /// <param name="words">The table; only words with vectors of their own are offered.</param>
    public Misspelling(WordVectors words)
    {
        _words = words;
        var forms = new List<ulong>(words.Rows * 8);
        for (int word = 0; word < words.Rows; word++)
        {
            ReadOnlySpan<char> spelling = words.Spelling(word);
            if (spelling.Length < LengthMin || !IsLetters(spelling))
            {
                continue;
            }

            forms.Add(Form(WordHash.Of(spelling), word));
            for (int i = 0; i < spelling.Length; i++)
            {
                forms.Add(Form(HashWithout(spelling, i), word));
            }
        }

        forms.Sort();
        _forms = [.. forms];
    }

    /// <summary>The word's number, or -1 where no known word is one edit away. Of several, the commonest that begins with the same letter.</summary>
    public int Correct(ReadOnlySpan<char> unknown)
    {
        int best = -1, bestCost = int.MaxValue;
        if (unknown.Length < LengthMin || !IsLetters(unknown))
        {
            return best;
        }

        Offer(WordHash.Of(unknown), unknown, ref best, ref bestCost);
        for (int i = 0; i < unknown.Length; i++)
        {
            if (i == 0 || unknown[i] != unknown[i - 1])
            {
                Offer(HashWithout(unknown, i), unknown, ref best, ref bestCost);
            }
        }

        return best;
    }

    /// <summary>Whether one insertion, deletion, substitution or swap of neighbours makes one word of the other.</summary>
    public static bool IsOneEdit(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        int start = a.CommonPrefixLength(b);
        a = a[start..];
        b = b[start..];
        while (a.Length > 0 && b.Length > 0 && a[^1] == b[^1])
        {
            a = a[..^1];
            b = b[..^1];
        }

        return a.Length + b.Length == 1
            || (a.Length == 1 && b.Length == 1)
            || (a.Length == 2 && b.Length == 2 && a[0] == b[1] && a[1] == b[0]);
    }

    private void Offer(ulong hash, ReadOnlySpan<char> unknown, ref int best, ref int bestCost)
    {
        int at = Array.BinarySearch(_forms, Form(hash, 0));
        for (at = at < 0 ? ~at : at; at < _forms.Length && (_forms[at] ^ Form(hash, 0)) <= ushort.MaxValue; at++)
        {
            int word = (int)(_forms[at] & ushort.MaxValue);
            ReadOnlySpan<char> spelling = _words.Spelling(word);

            // Common words weigh little.
            int cost = _words.WeightOf(word) + (spelling[0] == unknown[0] ? 0 : 1 << 16);
            if ((cost < bestCost || (cost == bestCost && word < best)) && IsOneEdit(spelling, unknown))
            {
                (best, bestCost) = (word, cost);
            }
        }
    }

    // 48 bits of the hash, then the word's number: rows are fewer than 65,536.
    private static ulong Form(ulong hash, int word) => (hash & ~(ulong)ushort.MaxValue) | (uint)word;

    private static ulong HashWithout(ReadOnlySpan<char> word, int left)
    {
        Span<char> rest = stackalloc char[word.Length - 1];
        word[..left].CopyTo(rest);
        word[(left + 1)..].CopyTo(rest[left..]);
        return WordHash.Of(rest);
    }

    private static bool IsLetters(ReadOnlySpan<char> word)
    {
        foreach (char c in word)
        {
            if (!char.IsLetter(c))
            {
                return false;
            }
        }

        return true;
    }
}
