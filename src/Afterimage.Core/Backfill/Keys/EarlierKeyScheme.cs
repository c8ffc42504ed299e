using System.Text;

namespace Afterimage.Backfill.Keys;

/// <summary>
/// Makes keys exactly as the earlier cache did, so that its buckets can be asked for exact hits: parameters sorted, credentials left out, five characters
/// replaced by <c>_</c>, cut to 1,000 characters, hash of the uncut path at the end.
/// </summary>
public static class EarlierKeyScheme
{
    /// <summary>Longest key in characters, prefix and hash included.</summary>
    public const int LengthMax = 1000;

    /// <summary>The version prefix its last version wrote, without the hyphen that follows.</summary>
    public const string Version = "brand-v1";

    private static readonly HashSet<string> LeftOut = ["nofeed", "no-cache", "token", "referrer", "referer"];

    /// <summary>The key of a request.</summary>
    /// <param name="pathAndQuery">From the first slash on, percent-encoded as received.</param>
    /// <param name="version">A prefix such as <see cref="Version"/>; null for the older keys without one.</param>
    /// <param name="fixedSeedModels">Models whose seed the cache overwrote with 42 (it did so for <c>gptimage</c>); null for those.</param>
    public static string KeyOf(string pathAndQuery, string? version, IReadOnlySet<string>? fixedSeedModels = null)
    {
        string path = CanonicalPath(pathAndQuery, fixedSeedModels);
        string hash = PathHash.Text(path);
        string prefix = version is null ? "" : version + "-";
        int room = Math.Max(0, LengthMax - prefix.Length - hash.Length - 1);
        var key = new StringBuilder(prefix);
        foreach (char c in path.AsSpan(0, Math.Min(room, path.Length)))
        {
            key.Append(c is '/' or '?' or '=' or '&' || char.IsWhiteSpace(c) ? '_' : c);
        }

        return key.Append('-').Append(hash).ToString();
    }

    private static string CanonicalPath(string pathAndQuery, IReadOnlySet<string>? fixedSeedModels)
    {
        int fragment = pathAndQuery.IndexOf('#', StringComparison.Ordinal);
        ReadOnlySpan<char> target = fragment < 0 ? pathAndQuery : pathAndQuery.AsSpan(0, fragment);
        int mark = target.IndexOf('?');
        string path = UrlText.NormalisePath(mark < 0 ? target : target[..mark]);
        var parameters = new List<KeyValuePair<string, string>>();
        foreach (Range range in mark < 0 ? default : target[(mark + 1)..].Split('&'))
        {
            ReadOnlySpan<char> pair = target[(mark + 1)..][range];
            if (pair.IsEmpty)
            {
                continue;
            }

            int equals = pair.IndexOf('=');
            string name = UrlText.Decode(equals < 0 ? pair : pair[..equals], form: true);
            parameters.Add(new(name, equals < 0 ? "" : UrlText.Decode(pair[(equals + 1)..], form: true)));
        }

        string? model = parameters.Find(p => p.Key == "model").Value;
        if (model is not null && (fixedSeedModels?.Contains(model) ?? model == "gptimage"))
        {
            FixSeed(parameters);
        }

        var query = new StringBuilder();
        foreach ((string name, string value) in parameters.OrderBy(p => p.Key, ParameterOrder.Instance))
        {
            if (!LeftOut.Contains(name))
            {
                query.Append(query.Length == 0 ? '?' : '&');
                UrlText.AppendForm(query, name, value);
            }
        }

        return path + query;
    }

    private static void FixSeed(List<KeyValuePair<string, string>> parameters)
    {
        int first = parameters.FindIndex(p => p.Key == "seed");
        if (first < 0)
        {
            parameters.Add(new("seed", "42"));
            return;
        }

        parameters[first] = new("seed", "42");
        for (int i = parameters.Count - 1; i > first; i--)
        {
            if (parameters[i].Key == "seed")
            {
                parameters.RemoveAt(i);
            }
        }
    }
}
