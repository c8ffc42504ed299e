namespace Afterimage.Caching.Http;

/// <summary>
/// Targeted cache control, RFC 9213: a field meant for one class of caches, in structured form. Where one of the fields of our target list is present and
/// valid, its directives are the only ones, and <c>Cache-Control</c> and <c>Expires</c> are void for us.
/// </summary>
public static class TargetedDirectives
{
    /// <summary>The fields we are a target of, the nearest first.</summary>
    public static IReadOnlyList<string> DefaultTargets { get; } = ["CDN-Cache-Control"];

    /// <summary>The directives that hold for a response: of the first valid targeted field, else of <c>Cache-Control</c>.</summary>
    public static CacheDirectives Select(HttpFields fields, IReadOnlyList<string> targets)
    {
        foreach (string target in targets)
        {
            if (fields.Get(target) is { } value && TryParse(value, out CacheDirectives? targeted))
            {
                return targeted;
            }
        }

        return CacheDirectives.Parse(fields.Get("Cache-Control"));
    }

    /// <summary>Reads one targeted field; false where it is empty or not a valid dictionary, which makes it as good as absent (section 2.1).</summary>
    public static bool TryParse(string value, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out CacheDirectives? directives)
    {
        directives = null;
        if (!StructuredDictionary.TryParse(value, out var members) || members.Count == 0)
        {
            return false;
        }

        directives = new CacheDirectives
        {
            Targeted = true,
            MaxAgeSeconds = Seconds(members, "max-age"),
            SharedMaxAgeSeconds = Seconds(members, "s-maxage"),
            StaleWhileRevalidateSeconds = Seconds(members, "stale-while-revalidate"),
            StaleIfErrorSeconds = Seconds(members, "stale-if-error"),
            NoStore = IsTrue(members, "no-store"),
            Public = IsTrue(members, "public"),
            MustRevalidate = IsTrue(members, "must-revalidate"),
            ProxyRevalidate = IsTrue(members, "proxy-revalidate"),
            MustUnderstand = IsTrue(members, "must-understand"),
            NoTransform = IsTrue(members, "no-transform"),
            NoCache = IsWhole(members, "no-cache"),
            Private = IsWhole(members, "private"),
            UnstorableFields = [.. Fields(members, "no-cache"), .. Fields(members, "private")],
        };
        return true;
    }

    /// <summary>A lifetime must be an integer; of any other type the directive is ignored, below zero it is no lifetime at all.</summary>
    private static long? Seconds(IReadOnlyDictionary<string, StructuredItem> members, string name) =>
        members.TryGetValue(name, out StructuredItem item) && item.Kind == StructuredKind.Integer ? Math.Clamp(item.Number, 0, DeltaSeconds.Max) : null;

    private static bool IsTrue(IReadOnlyDictionary<string, StructuredItem> members, string name) =>
        members.TryGetValue(name, out StructuredItem item) && item.IsTrue;

    private static bool IsWhole(IReadOnlyDictionary<string, StructuredItem> members, string name) =>
        members.TryGetValue(name, out StructuredItem item) && (item.IsTrue || (item.Kind == StructuredKind.String && HttpToken.List(item.Text).Count == 0));

    private static List<string> Fields(IReadOnlyDictionary<string, StructuredItem> members, string name) =>
        members.TryGetValue(name, out StructuredItem item) && item.Kind == StructuredKind.String ? HttpToken.List(item.Text) : [];
}
