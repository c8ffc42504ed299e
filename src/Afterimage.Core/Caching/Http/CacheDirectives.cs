namespace Afterimage.Caching.Http;

/// <summary>
/// What a response tells a shared cache to do: the directives of <c>Cache-Control</c> (RFC 9111 section 5.2.2, RFC 5861) or of a targeted field
/// (RFC 9213). Unknown directives are ignored. Of a repeated directive the first counts; a lifetime that cannot be read is 0, so the response is stale.
/// </summary>
public sealed record CacheDirectives
{
    public static readonly CacheDirectives None = new();

    /// <summary><c>max-age</c> in seconds; null where absent, 0 where unreadable.</summary>
    public long? MaxAgeSeconds { get; init; }

    /// <summary><c>s-maxage</c> in seconds; null where absent, 0 where unreadable.</summary>
    public long? SharedMaxAgeSeconds { get; init; }

    public bool NoStore { get; init; }

    /// <summary><c>no-cache</c> without field names: validate before every use.</summary>
    public bool NoCache { get; init; }

    /// <summary><c>private</c> without field names: not for a shared cache.</summary>
    public bool Private { get; init; }

    public bool Public { get; init; }

    public bool MustRevalidate { get; init; }

    public bool ProxyRevalidate { get; init; }

    public bool MustUnderstand { get; init; }

    public bool NoTransform { get; init; }

    /// <summary>Seconds after expiry in which the response may be used while it is being revalidated; null where absent (RFC 5861 section 3).</summary>
    public long? StaleWhileRevalidateSeconds { get; init; }

    /// <summary>Seconds after expiry in which the response may stand in for an error; null where absent (RFC 5861 section 4).</summary>
    public long? StaleIfErrorSeconds { get; init; }

    /// <summary>Fields named by <c>no-cache="..."</c> or <c>private="..."</c>: they are not stored.</summary>
    public IReadOnlyList<string> UnstorableFields { get; init; } = [];

    /// <summary>Whether these come from a targeted field, which makes <c>Cache-Control</c> and <c>Expires</c> void (RFC 9213 section 2.2).</summary>
    public bool Targeted { get; init; }

    /// <summary>Whether the response may never be used stale: <c>s-maxage</c> includes <c>proxy-revalidate</c> (RFC 9111 section 5.2.2.10).</summary>
    public bool ForbidsStale => MustRevalidate || ProxyRevalidate || NoCache || SharedMaxAgeSeconds is not null;

    /// <summary>Reads <c>Cache-Control</c>; a null or empty value has no directives.</summary>
    public static CacheDirectives Parse(string? cacheControl)
    {
        if (string.IsNullOrWhiteSpace(cacheControl))
        {
            return None;
        }

        var directives = new Builder();
        var reader = new DirectiveReader(cacheControl);
        while (reader.Read())
        {
            directives.Add(ref reader);
        }

        return directives.Build();
    }

    private struct Builder
    {
        private List<string>? _fields;
        private CacheDirectives _directives;

        public void Add(ref DirectiveReader reader)
        {
            _directives ??= new CacheDirectives();
            _directives = reader switch
            {
                _ when reader.Is("max-age") => _directives with { MaxAgeSeconds = _directives.MaxAgeSeconds ?? reader.Seconds() ?? 0 },
                _ when reader.Is("s-maxage") => _directives with { SharedMaxAgeSeconds = _directives.SharedMaxAgeSeconds ?? reader.Seconds() ?? 0 },
                _ when reader.Is("stale-while-revalidate") =>
                    _directives with { StaleWhileRevalidateSeconds = _directives.StaleWhileRevalidateSeconds ?? reader.Seconds() ?? 0 },
                _ when reader.Is("stale-if-error") => _directives with { StaleIfErrorSeconds = _directives.StaleIfErrorSeconds ?? reader.Seconds() ?? 0 },
                _ when reader.Is("no-store") => _directives with { NoStore = true },
                _ when reader.Is("public") => _directives with { Public = true },
                _ when reader.Is("must-revalidate") => _directives with { MustRevalidate = true },
                _ when reader.Is("proxy-revalidate") => _directives with { ProxyRevalidate = true },
                _ when reader.Is("must-understand") => _directives with { MustUnderstand = true },
                _ when reader.Is("no-transform") => _directives with { NoTransform = true },
                _ when reader.Is("no-cache") => _directives with { NoCache = _directives.NoCache || !TakeFields(ref reader) },
                _ when reader.Is("private") => _directives with { Private = _directives.Private || !TakeFields(ref reader) },
                _ => _directives,
            };
        }

        public readonly CacheDirectives Build() => _fields is null ? _directives ?? None : _directives with { UnstorableFields = _fields };

        /// <summary>False where no field is named: then the directive holds for the whole response, which is the safe reading of an empty list.</summary>
        private bool TakeFields(ref DirectiveReader reader)
        {
            List<string> named = reader.HasArgument && !reader.Malformed ? HttpToken.List(reader.Argument.ToString()) : [];
            (_fields ??= []).AddRange(named);
            return named.Count > 0;
        }
    }
}
