using System.Text;

namespace Afterimage.Backfill.Analysis;

/// <summary>Makes labelled variants of a prompt: some that mean the same, some that do not.</summary>
internal static class Variants
{
    private static readonly string[] Colours = ["red", "blue", "green", "yellow", "black", "white", "purple", "orange", "pink", "brown"];
    private static readonly string[] Numbers = ["two", "three", "four", "five", "six"];

    public static IEnumerable<(string Text, bool Same)> Of(string prompt)
    {
        yield return (prompt.ToUpperInvariant(), true);
        yield return ("  " + prompt.Replace(" ", "  ", StringComparison.Ordinal) + " .", true);
        string[] words = prompt.Split(' ');
        foreach (string[] kind in (string[][])[Colours, Numbers])
        {
            int at = Array.FindIndex(words, word => kind.Contains(Bare(word)));
            if (at >= 0)
            {
                string now = Bare(words[at]);
                string other = kind[(Array.IndexOf(kind, now) + 1) % kind.Length];
                yield return (string.Join(' ', words.Select((word, i) => i == at ? word.Replace(now, other, StringComparison.OrdinalIgnoreCase) : word)), false);
            }
        }

        yield return ("a plate of spaghetti on a wooden table", false);
    }

    private static string Bare(string word)
    {
        var bare = new StringBuilder();
        foreach (char c in word)
        {
            bare.Append(char.IsAsciiLetter(c) ? char.ToLowerInvariant(c) : "");
        }

        return bare.ToString();
    }
}
