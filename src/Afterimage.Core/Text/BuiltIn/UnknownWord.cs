namespace Afterimage.Text.BuiltIn;

/// <summary>
/// A vector for a word that no table knows: the word itself and its pieces of three and four characters, each hashed to a few signed places.
/// Misspellings keep most of their pieces, other words share few.
/// </summary>
internal static class UnknownWord
{
    /// <summary>Places that one piece touches.</summary>
    private const int PlacesPerPiece = 8;

    /// <summary>Adds the word's vector of length <paramref name="norm"/>, in the integer units of the sum.</summary>
    public static void AddTo(ReadOnlySpan<char> word, WordKind kind, double norm, Span<int> sum)
    {
        // One character of a script without spaces stands for less than a word; numbers are equal or not.
        if (kind != WordKind.Word || word.Length < 3 || char.IsAsciiDigit(word[0]))
        {
            AddPiece(WordHash.Of(word), Amplitude(kind == WordKind.Unspaced ? norm / 2 : norm, 1), sum);
            return;
        }

        Span<char> marked = stackalloc char[WordScanner.WordLengthMax + 2];
        marked[0] = '<';
        word.CopyTo(marked[1..]);
        marked[word.Length + 1] = '>';
        marked = marked[..(word.Length + 2)];
        int pieces = (marked.Length - 2) + (marked.Length - 3);

        // The whole word counts as four pieces (twice the amplitude), so that equal words stay closest.
        int amplitude = Amplitude(norm, pieces + 4);
        AddPiece(WordHash.Of(marked), 2 * amplitude, sum);
        for (int length = 3; length <= 4; length++)
        {
            for (int i = 0; i + length <= marked.Length; i++)
            {
                AddPiece(WordHash.Of(marked.Slice(i, length)), amplitude, sum);
            }
        }
    }

    private static int Amplitude(double norm, int pieces) => (int)(norm / Math.Sqrt(PlacesPerPiece * pieces));

    private static void AddPiece(ulong hash, int amplitude, Span<int> sum)
    {
        for (int i = 0; i < PlacesPerPiece; i++)
        {
            hash = WordHash.Mix(hash + 0x9E3779B97F4A7C15);
            int place = (int)((uint)(((hash & 0xFFFFFFFF) * (ulong)sum.Length) >> 32));
            sum[place] += (long)hash < 0 ? -amplitude : amplitude;
        }
    }
}
