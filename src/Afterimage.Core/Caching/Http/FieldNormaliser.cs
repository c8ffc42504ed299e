using System.Text;

namespace Afterimage.Caching.Http;

/// <summary>
/// Brings a request field into one spelling, so that requests with the same meaning share a stored response. Only changes that RFC 9111 section 4.1
/// permits: white space where the syntax allows it, lines combined, and for fields we know, order and case that carry no meaning.
/// </summary>
public static class FieldNormaliser
{
    /// <param name="name">Field name in lower case.</param>
    /// <param name="value">All lines joined by commas.</param>
    public static string Normalise(string name, string value) => name switch
    {
        // Ranges and codings are case-insensitive, members carry their preference in q, so their order says nothing (RFC 9110 section 12.5).
        "accept-language" or "accept-encoding" or "accept-charset" => Preferences(value.ToLowerInvariant()),
        "accept" => Preferences(value),
        _ => WithoutListSpaces(value),
    };

    private static string Preferences(string value)
    {
        var members = new List<string>();
        foreach (string element in WithoutListSpaces(value).Split(','))
        {
            string member = element.Replace(" ", "", StringComparison.Ordinal).Replace("\t", "", StringComparison.Ordinal);
            member = IsFullWeight(member, out int weightAt) ? member[..weightAt] : member;
            if (member.Length > 0)
            {
                members.Add(member);
            }
        }

        // A quoted comma (possible in Accept) would make the pieces meaningless; such a value keeps its order.
        if (value.Contains('"'))
        {
            return WithoutListSpaces(value);
        }

        members.Sort(StringComparer.Ordinal);
        return string.Join(',', members);
    }

    /// <summary><c>q=1</c>, <c>q=1.0</c> ... mean the same as no weight.</summary>
    private static bool IsFullWeight(string member, out int weightAt)
    {
        weightAt = member.LastIndexOf(";q=1", StringComparison.OrdinalIgnoreCase);
        return weightAt >= 0 && member.AsSpan(weightAt + 4) is ("" or "." or ".0" or ".00" or ".000");
    }

    /// <summary>Removes white space around commas that are outside quotes, and at both ends.</summary>
    private static string WithoutListSpaces(string value)
    {
        if (value.AsSpan().IndexOfAny(" \t") < 0)
        {
            return value;
        }

        var text = new StringBuilder(value.Length);
        bool quoted = false;
        for (int i = 0; i < value.Length; i++)
        {
            char c = value[i];
            if (quoted && c == '\\' && i + 1 < value.Length)
            {
                text.Append(c).Append(value[++i]);
                continue;
            }

            quoted ^= c == '"';
            if (c == ',' && !quoted)
            {
                TrimEnd(text);
            }

            bool leading = c is (' ' or '\t') && !quoted && (text.Length == 0 || text[^1] == ',');
            if (!leading)
            {
                text.Append(c);
            }
        }

        if (!quoted)
        {
            TrimEnd(text);
        }

        return text.ToString();
    }

    private static void TrimEnd(StringBuilder text)
    {
        while (text.Length > 0 && text[^1] is (' ' or '\t'))
        {
            text.Length--;
        }
    }
}
