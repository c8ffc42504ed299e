namespace Afterimage.Matching.Reading;

/// <summary>Numbers written as words.</summary>
internal static class NumberWords
{
    private static readonly string[] Small =
    [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen",
        "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
    ];

    // "second" is also a time and "third" a part, but in prompts they mostly count.
    private static readonly string[] Ordinals =
    [
        "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth",
        "sixteenth", "seventeenth", "eighteenth", "nineteenth", "twentieth",
    ];

    // From two on: "i" and "v" are words. "x" and "xi" stay letters.
    private static readonly string[] Romans = ["ii", "iii", "iv", "-", "vi", "vii", "viii", "ix"];

    // By how many there are, from two on.
    private static readonly string[][] Groups =
    [
        ["couple", "pair", "duo", "twosome"], ["trio", "threesome"], ["quartet", "quartette", "foursome"], ["quintet"], ["sextet"], ["septet"], ["octet"],
    ];

    private static readonly Dictionary<string, double> Values = Build();

    /// <summary>The normal form ("17th") of a place in an order: seventeenth, 17th.</summary>
    public static bool TryOrdinal(string word, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? ordinal)
    {
        int place = Array.IndexOf(Ordinals, word) + 1;
        int roman = Array.IndexOf(Romans, word) + 2;
        if (roman > 1)
        {
            ordinal = $"{roman}th";
            return true;
        }

        bool written = place == 0 && word.Length > 2 && char.IsAsciiDigit(word[0]) && word.AsSpan()[..^2].TrimStart("0123456789").IsEmpty && word[^2..] is "st" or "nd" or "rd" or "th" && word.Length > 2
            && char.IsAsciiDigit(word[0]);
        ordinal = written ? $"{word[..^2].TrimStart('0')}th" : place > 0 ? $"{place}th" : null;
        return ordinal is not null;
    }

    /// <summary>The value of "seven" or "forty" and of words that stand for a number of things.</summary>
    public static bool TryParse(string word, out double value) => Values.TryGetValue(word, out value);

    /// <summary>How many a group of this name has: a trio (of).</summary>
    public static bool TryGroup(string word, out double count)
    {
        int at = Array.FindIndex(Groups, names => names.Contains(word));
        count = at + 2;
        return at >= 0;
    }

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
