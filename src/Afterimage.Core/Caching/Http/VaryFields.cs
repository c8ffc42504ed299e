namespace Afterimage.Caching.Http;

/// <summary>The names in <c>Vary</c>: which request fields chose a response, RFC 9110 section 12.5.5.</summary>
public static class VaryFields
{
    /// <summary>
    /// The names in lower case, sorted, each once; null where <c>*</c> is among them: then nothing about another request can show that the response
    /// would be the same.
    /// </summary>
    public static IReadOnlyList<string>? Parse(string? vary)
    {
        if (vary is null)
        {
            return [];
        }

        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (Range range in vary.AsSpan().Split(','))
        {
            ReadOnlySpan<char> element = vary.AsSpan()[range].Trim(" \t");
            if (element is "*")
            {
                return null;
            }

            // A member that is not a field name cannot be compared, so it is as unsure as a star.
            if (!element.IsEmpty && !HttpToken.IsToken(element))
            {
                return null;
            }

            if (!element.IsEmpty)
            {
                names.Add(element.ToString().ToLowerInvariant());
            }
        }

        return [.. names];
    }
}
