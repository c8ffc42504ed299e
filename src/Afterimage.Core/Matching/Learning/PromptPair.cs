using System.Runtime.InteropServices;
using Afterimage.Text.BuiltIn;

namespace Afterimage.Matching.Learning;

/// <summary>Names a pair of prompts, in either order, whatever their case, spacing and punctuation.</summary>
public static class PromptPair
{
    public static Hash256 KeyOf(string a, string b)
    {
        string first = Fold(a), second = Fold(b);
        if (string.CompareOrdinal(first, second) > 0)
        {
            (first, second) = (second, first);
        }

        // Half-characters have no UTF-8 form, so the UTF-16 units are hashed.
        return Hash256.Of(MemoryMarshal.AsBytes($"{first.Length}:{first}{second}".AsSpan()));
    }

    /// <summary>The prompt's words in order, lower-case, with single spaces; the prompt itself where it has no words.</summary>
    public static string Fold(string prompt)
    {
        var words = new System.Text.StringBuilder(prompt.Length);
        var scanner = new WordScanner(prompt, stackalloc char[WordScanner.WordLengthMax + 2]);
        while (scanner.MoveNext())
        {
            words.Append(words.Length > 0 ? " " : "").Append(scanner.Word);
        }

        return words.Length > 0 ? words.ToString() : prompt;
    }
}
