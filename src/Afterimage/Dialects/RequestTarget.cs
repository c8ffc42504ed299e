namespace Afterimage.Dialects;

/// <summary>A request target as the client sent it, split but not decoded: path and query decide what a dialect reads, and the origin gets them unchanged.</summary>
/// <param name="Raw">Path and query.</param>
internal readonly record struct RequestTarget(string Raw)
{
    private int PathEnd => Raw.IndexOf('?') is var at and >= 0 ? at : Raw.Length;

    public ReadOnlySpan<char> Path => Raw.AsSpan(0, PathEnd);

    /// <summary>Without the question mark; empty where there is none.</summary>
    public ReadOnlySpan<char> Query => PathEnd < Raw.Length ? Raw.AsSpan(PathEnd + 1) : default;

    /// <summary>
    /// Takes a raw target in origin form, or in absolute form as proxies send it; null for the forms that name no resource of ours (<c>*</c>, authority) and
    /// for characters that a target may not have.
    /// </summary>
    public static RequestTarget? From(string rawTarget)
    {
        // Control characters and bytes beyond ASCII have no place in a target and mean something else to every parser down the line.
        if (rawTarget.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            return null;
        }

        if (rawTarget.StartsWith('/'))
        {
            return new RequestTarget(WithoutFragment(rawTarget));
        }

        int scheme = rawTarget.IndexOf("://", StringComparison.Ordinal);
        if (scheme <= 0)
        {
            return null;
        }

        int path = rawTarget.AsSpan(scheme + 3).IndexOfAny('/', '?');
        string rest = path < 0 ? "/" : rawTarget[(scheme + 3 + path)..];
        return new RequestTarget(WithoutFragment(rest.StartsWith('/') ? rest : "/" + rest));
    }

    /// <summary>The query's parameters in order, decoded; false where the encoding is malformed.</summary>
    public bool TryReadQuery(List<KeyValuePair<string, string>> parameters)
    {
        ReadOnlySpan<char> query = Query;
        foreach (Range range in query.Split('&'))
        {
            ReadOnlySpan<char> part = query[range];
            if (part.IsEmpty)
            {
                continue;
            }

            int equals = part.IndexOf('=');
            ReadOnlySpan<char> rawName = equals < 0 ? part : part[..equals];
            ReadOnlySpan<char> rawValue = equals < 0 ? default : part[(equals + 1)..];
            if (!PercentDecoder.TryDecode(rawName, plusIsSpace: true, out string name) || !PercentDecoder.TryDecode(rawValue, plusIsSpace: true, out string value))
            {
                return false;
            }

            parameters.Add(new(name, value));
        }

        return true;
    }

    private static string WithoutFragment(string target) => target.IndexOf('#') is var at and >= 0 ? target[..at] : target;
}
