namespace Afterimage.Text.BuiltIn;

/// <summary>The hash of words and of their pieces: FNV-1a over UTF-16 units, then the finaliser of SplitMix64. The same on every machine.</summary>
internal static class WordHash
{
    public const ulong Start = 14695981039346656037;

    public static ulong Of(ReadOnlySpan<char> text, ulong start = Start)
    {
        ulong hash = start;
        foreach (char c in text)
        {
            hash = (hash ^ c) * 1099511628211;
        }

        return Mix(hash);
    }

    /// <summary>Spreads every input bit over all output bits.</summary>
    public static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
