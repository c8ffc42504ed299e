namespace Afterimage.Text.BuiltIn;

/// <summary>Takes regular English endings off, to find the form of an unknown word that the table knows.</summary>
internal static class Inflection
{
    private static readonly (string Ending, string Instead)[] Endings =
    [
        ("ies", "y"), ("es", ""), ("s", ""), ("ied", "y"), ("ed", ""), ("ed", "e"), ("ing", ""), ("ing", "e"), ("ily", "y"), ("ly", ""),
    ];

    private const int StemLengthMin = 3;

    /// <summary>The number of the known base form, or -1.</summary>
    public static int FindBase(ReadOnlySpan<char> word, WordVectors words)
    {
        Span<char> stem = stackalloc char[WordScanner.WordLengthMax + 2];
        foreach ((string ending, string instead) in Endings)
        {
            int length = word.Length - ending.Length;
            if (length >= StemLengthMin && word.EndsWith(ending, StringComparison.Ordinal))
            {
                word[..length].CopyTo(stem);
                instead.CopyTo(stem[length..]);
                int found = words.Find(stem[..(length + instead.Length)]);
                if (found >= 0)
                {
                    return found;
                }
            }
        }

        return -1;
    }
}
