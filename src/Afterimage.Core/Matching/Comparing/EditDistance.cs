namespace Afterimage.Matching.Comparing;

/// <summary>Optimal string alignment distance (Damerau-Levenshtein without repeated edits of a substring), cut off early.</summary>
internal static class EditDistance
{
    private const int LengthMax = 40;

    /// <summary>The number of insertions, deletions, replacements and swaps of neighbours; <paramref name="bound"/> + 1 where it is larger than the bound.</summary>
    public static int Of(ReadOnlySpan<char> a, ReadOnlySpan<char> b, int bound)
    {
        if (Math.Abs(a.Length - b.Length) > bound || a.Length > LengthMax || b.Length > LengthMax)
        {
            return bound + 1;
        }

        Span<int> older = stackalloc int[LengthMax + 1];
        Span<int> last = stackalloc int[LengthMax + 1];
        Span<int> row = stackalloc int[LengthMax + 1];
        for (int j = 0; j <= b.Length; j++)
        {
            last[j] = j;
        }

        for (int i = 1; i <= a.Length; i++)
        {
            row[0] = i;
            int least = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int best = Math.Min(Math.Min(last[j], row[j - 1]) + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    best = Math.Min(best, older[j - 2] + 1);
                }

                row[j] = best;
                least = Math.Min(least, best);
            }

            if (least > bound)
            {
                return bound + 1;
            }

            Span<int> spare = older;
            older = last;
            last = row;
            row = spare;
        }

        return Math.Min(last[b.Length], bound + 1);
    }
}
