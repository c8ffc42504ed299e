namespace Afterimage.Backfill.Keys;

/// <summary>How the earlier cache ordered parameter names: JavaScript's localeCompare, for the characters that names are made of.</summary>
internal sealed class ParameterOrder : IComparer<string>
{
    public static ParameterOrder Instance { get; } = new();

    public int Compare(string? x, string? y) => Compare(x.AsSpan(), y.AsSpan());

    public static int Compare(ReadOnlySpan<char> x, ReadOnlySpan<char> y)
    {
        int shared = Math.Min(x.Length, y.Length);
        for (int i = 0; i < shared; i++)
        {
            int order = Weight(x[i]) - Weight(y[i]);
            if (order != 0)
            {
                return order;
            }
        }

        if (x.Length != y.Length)
        {
            return x.Length - y.Length;
        }

        // Equal but for case: small letters first.
        for (int i = 0; i < shared; i++)
        {
            if (x[i] != y[i])
            {
                return char.IsAsciiLetterLower(x[i]) ? -1 : 1;
            }
        }

        return 0;
    }

    // Collation classes: underscore, hyphen, other punctuation, digits, letters whatever their case.
    private static int Weight(char c) => c switch
    {
        '_' => 1,
        '-' => 2,
        >= '0' and <= '9' => 0x1000 + c,
        >= 'a' and <= 'z' => 0x2000 + c,
        >= 'A' and <= 'Z' => 0x2000 + c + ('a' - 'A'),
        < (char)128 => 0x100 + c,
        _ => 0x4000 + c,
    };
}
