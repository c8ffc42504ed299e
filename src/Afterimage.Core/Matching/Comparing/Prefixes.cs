namespace Afterimage.Matching.Comparing;

/// <summary>Beginnings that turn a word into another, so that one letter more or less is no slip: minimalist and maximalist, lit and unlit.</summary>
internal static class Prefixes
{
    private static readonly string[] Turning = ["un", "in", "im", "ir", "il", "non", "dis", "de", "anti", "re", "pre", "post", "mis", "sub", "out", "over", "under", "a", "be"];

    private static readonly (string, string)[] Opposed =
    [
        ("mini", "maxi"), ("micro", "macro"), ("hyper", "hypo"), ("over", "under"), ("inter", "intra"), ("homo", "hetero"), ("mono", "poly"), ("pre", "post"), ("in", "ex"),
        ("im", "ex"), ("in", "out"), ("up", "down"), ("pro", "anti"), ("inner", "outer"), ("under", "upper"),
    ];

    /// <summary>Whether the words differ by a beginning that changes what is meant.</summary>
    public static bool AreContrary(string a, string b)
    {
        (string shorter, string longer) = a.Length <= b.Length ? (a, b) : (b, a);
        foreach (string prefix in Turning)
        {
            if (longer.Length == shorter.Length + prefix.Length && longer.StartsWith(prefix, StringComparison.Ordinal) && longer.EndsWith(shorter, StringComparison.Ordinal))
            {
                return true;
            }
        }

        foreach ((string x, string y) in Opposed)
        {
            if (Opposes(a, b, x, y) || Opposes(b, a, x, y))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Opposes(string a, string b, string x, string y) =>
        a.Length - x.Length == b.Length - y.Length && a.StartsWith(x, StringComparison.Ordinal) && b.StartsWith(y, StringComparison.Ordinal)
        && a.AsSpan(x.Length).SequenceEqual(b.AsSpan(y.Length));
}
