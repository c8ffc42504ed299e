using System.Text;

namespace Afterimage.Backfill.Keys;

/// <summary>The parts of the WHATWG URL standard that the earlier cache's keys are made with.</summary>
internal static class UrlText
{
    /// <summary>Decodes percent escapes as UTF-8 (wrong bytes become U+FFFD, wrong escapes stay); in forms a plus is a space.</summary>
    public static string Decode(ReadOnlySpan<char> text, bool form)
    {
        if (!text.ContainsAny('%', '+'))
        {
            return text.ToString();
        }

        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        int length = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '%' && i + 2 < text.Length && char.IsAsciiHexDigit(text[i + 1]) && char.IsAsciiHexDigit(text[i + 2]))
            {
                bytes[length++] = (byte)((Digit(text[i + 1]) << 4) | Digit(text[i + 2]));
                i += 2;
            }
            else if (text[i] == '+' && form)
            {
                bytes[length++] = (byte)' ';
            }
            else
            {
                int units = char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]) ? 2 : 1;
                length += Encoding.UTF8.GetBytes(text.Slice(i, units), bytes.AsSpan(length));
                i += units - 1;
            }
        }

        return Encoding.UTF8.GetString(bytes, 0, length);
    }

    /// <summary>A path as <c>URL.pathname</c> gives it: dot segments removed, backslashes turned, what may not stand there escaped.</summary>
    public static string NormalisePath(ReadOnlySpan<char> path)
    {
        var segments = new List<string>();
        string[] given = path.ToString().Replace('\\', '/').Split('/');
        for (int i = 1; i < given.Length; i++)
        {
            string dots = given[i].Replace("%2e", ".", StringComparison.OrdinalIgnoreCase);
            if (dots == "..")
            {
                if (segments.Count > 0)
                {
                    segments.RemoveAt(segments.Count - 1);
                }
            }
            else if (dots != ".")
            {
                segments.Add(given[i]);
                continue;
            }

            if (i == given.Length - 1)
            {
                segments.Add("");
            }
        }

        var result = new StringBuilder();
        foreach (string segment in segments)
        {
            result.Append('/');
            Escape(segment, result, c => c is > ' ' and < (char)127 and not ('"' or '#' or '<' or '>' or '?' or '`' or '{' or '}' or '^'));
        }

        return result.ToString();
    }

    /// <summary>application/x-www-form-urlencoded, as <c>URLSearchParams</c> writes it.</summary>
    public static void AppendForm(StringBuilder query, string name, string value)
    {
        AppendFormPart(query, name);
        query.Append('=');
        AppendFormPart(query, value);
    }

    private static void AppendFormPart(StringBuilder query, string text)
    {
        int start = query.Length;
        Escape(text, query, c => char.IsAsciiLetterOrDigit(c) || c is '*' or '-' or '.' or '_' or ' ');
        query.Replace(' ', '+', start, query.Length - start);
    }

    private static void Escape(string text, StringBuilder result, Func<char, bool> stays)
    {
        Span<byte> bytes = stackalloc byte[4];
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (rune.IsAscii && stays((char)rune.Value))
            {
                result.Append((char)rune.Value);
                continue;
            }

            int length = rune.EncodeToUtf8(bytes);
            foreach (byte b in bytes[..length])
            {
                result.Append('%').Append(b.ToString("X2"));
            }
        }
    }

    private static int Digit(char c) => char.IsAsciiDigit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
}
