using System.Buffers;

namespace Afterimage.Caching.Http;

/// <summary>The <c>token</c> rule of RFC 9110 section 5.6.2.</summary>
public static class HttpToken
{
    private static readonly SearchValues<char> Chars =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    public static bool IsTokenChar(char c) => Chars.Contains(c);

    /// <summary>One or more token characters and nothing else.</summary>
    public static bool IsToken(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyExcept(Chars);

    /// <summary>The elements of a comma-separated list of tokens; empty elements and anything that is not a token are left out.</summary>
    public static List<string> List(string? value)
    {
        var tokens = new List<string>();
        foreach (Range range in value.AsSpan().Split(','))
        {
            ReadOnlySpan<char> element = value.AsSpan()[range].Trim(" \t");
            if (IsToken(element))
            {
                tokens.Add(element.ToString());
            }
        }

        return tokens;
    }
}
