using System.Text.RegularExpressions;

namespace Afterimage.Backfill.Keys;

/// <summary>
/// Understands object keys: the earlier cache's <c>[version-]_prompt_..._hash</c> and plain URLs. Deterministic and thread-safe; bounded work for a key,
/// whatever it holds.
/// </summary>
public static partial class KeyReader
{
    /// <summary>Keys of this length or more whose hash fits no reading were cut off: the scheme cuts at 1,000 and some versions a little below.</summary>
    private const int TruncatedFrom = 975;

    private const int KeyLengthMax = 16_384;

    // The scheme's own keys end at 1,000 characters, so that a longer text is none of them and need not be searched for a reading.
    private const int EarlierLengthMax = 1100;

    /// <summary>What the key means. Never throws.</summary>
    public static KeyReading Read(string key)
    {
        if (key.Length > KeyLengthMax)
        {
            return KeyReading.Unknown;
        }

        if (key.Length <= EarlierLengthMax && EarlierForm().Match(key) is { Success: true } match)
        {
            return ReadEarlier(key, match);
        }

        return UrlForm().IsMatch(key) ? ReadUrl(key) : KeyReading.Unknown;
    }

    private static KeyReading ReadEarlier(string key, Match match)
    {
        string safe = match.Groups["safe"].Value;
        int pathStart = safe.IndexOf('_', 1) + 1;
        string? path = PathHash.TryRead(match.Groups["hash"].ValueSpan, out uint hash) ? KeySearch.Find(safe, pathStart, hash) : null;
        return path is not null ? Split(path, KeyStrategy.HashedKey)
            : key.Length >= TruncatedFrom ? KeyReading.CutOff
            : KeyReading.Unknown;
    }

    private static KeyReading ReadUrl(string key)
    {
        int scheme = key.IndexOf("://", StringComparison.Ordinal);
        int start = key.IndexOf('/', scheme < 0 ? 0 : scheme + 3);
        string path = scheme < 0 && !key.StartsWith('/') ? "/" + key : key[start..];
        int fragment = path.IndexOf('#', StringComparison.Ordinal);
        return Split(fragment < 0 ? path : path[..fragment], KeyStrategy.Url);
    }

    // "/prompt/PROMPT?NAME=VALUE&..." to its decoded parts.
    private static KeyReading Split(string path, KeyStrategy strategy)
    {
        int mark = path.IndexOf('?', StringComparison.Ordinal);
        mark = mark < 0 ? MarkByMistake(path) : mark;
        int slash = path.IndexOf('/', 1);
        ReadOnlySpan<char> prompt = path.AsSpan(slash + 1, (mark < 0 ? path.Length : mark) - slash - 1);
        var parameters = new List<KeyValuePair<string, string>>();
        ReadOnlySpan<char> query = mark < 0 ? default : path.AsSpan(mark + 1);
        foreach (Range range in query.Split('&'))
        {
            ReadOnlySpan<char> pair = query[range];
            int equals = pair.IndexOf('=');
            if (!pair.IsEmpty)
            {
                string name = UrlText.Decode(equals < 0 ? pair : pair[..equals], form: true);
                parameters.Add(new(name, equals < 0 ? "" : UrlText.Decode(pair[(equals + 1)..], form: true)));
            }
        }

        string decoded = UrlText.Decode(prompt, form: false);
        return string.IsNullOrWhiteSpace(decoded) ? KeyReading.Unknown : new KeyReading(decoded, parameters, strategy, false);
    }

    // "/prompt/a cat&width=512": meant as a query, and read as one.
    private static int MarkByMistake(string path)
    {
        for (int at = path.IndexOf('&', StringComparison.Ordinal); at >= 0; at = path.IndexOf('&', at + 1))
        {
            int equals = path.IndexOf('=', at);
            if (equals > 0 && KeySearch.Known.Contains(path.AsSpan(at + 1, equals - at - 1)))
            {
                return at;
            }
        }

        return -1;
    }

    [GeneratedRegex(@"^(?:[A-Za-z0-9.]+(?:[-_.][A-Za-z0-9.]+)*-)?(?<safe>_(?:prompt|image|p)_.*)-(?<hash>[0-9a-f]{1,8})$", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex EarlierForm();

    [GeneratedRegex(@"^(?:https?://[^/?#]+/|/)?(?:prompt|image|p)/.", RegexOptions.Singleline | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex UrlForm();
}
