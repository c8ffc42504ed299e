namespace Afterimage.Matching.Reading;

/// <summary>Numbers written as words.</summary>
internal static class NumberWords
{
    private static readonly string[] Small =
    [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen",
        "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
    ];

    private static readonly Dictionary<string, double> Values = Build();

    /// <summary>The value of "seven" or "forty" and of words that stand for a number of things.</summary>
    public static bool TryParse(string word, out double value) => Values.TryGetValue(word, out value);

    private static Dictionary<string, double> Build()
    {
        var values = new Dictionary<string, double>(StringComparer.Ordinal);
        for (int i = 0; i < Small.Length; i++)
        {
            values[Small[i]] = i;
        }

        string[] tens = ["thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
        for (int i = 0; i < tens.Length; i++)
        {
            values[tens[i]] = 30 + (10 * i);
        }

        values["single"] = 1;
        values["solitary"] = 1;
        values["lone"] = 1;
        values["hundred"] = 100;
        values["thousand"] = 1000;
        values["million"] = 1_000_000;
        values["dozen"] = 12;
        return values;
    }
}
