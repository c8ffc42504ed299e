namespace Afterimage.Caching.Http;

/// <summary>
/// What a client asks of the cache, RFC 9111 section 5.2.1. Directives that cannot be read are ignored: they could only widen or narrow what the
/// client accepts, and the rules without them are always correct.
/// </summary>
public readonly record struct RequestDirectives
{
    /// <summary>Oldest acceptable age in seconds.</summary>
    public long? MaxAgeSeconds { get; init; }

    /// <summary>Longest acceptable staleness in seconds; <see cref="long.MaxValue"/> for any; null for none.</summary>
    public long? MaxStaleSeconds { get; init; }

    /// <summary>Shortest acceptable remaining freshness in seconds.</summary>
    public long? MinFreshSeconds { get; init; }

    public bool NoCache { get; init; }

    public bool NoStore { get; init; }

    public bool OnlyIfCached { get; init; }

    /// <summary>Longest acceptable staleness in place of an error, in seconds (RFC 5861 section 4).</summary>
    public long? StaleIfErrorSeconds { get; init; }

    /// <summary>Reads <c>Cache-Control</c> of a request. <c>Pragma</c> is not read: RFC 9111 section 5.4 deprecates it.</summary>
    public static RequestDirectives Parse(string? cacheControl)
    {
        var directives = default(RequestDirectives);
        if (string.IsNullOrEmpty(cacheControl))
        {
            return directives;
        }

        var reader = new DirectiveReader(cacheControl);
        while (reader.Read())
        {
            if (reader.Is("max-age"))
            {
                directives = directives with { MaxAgeSeconds = directives.MaxAgeSeconds ?? reader.Seconds() };
            }
            else if (reader.Is("max-stale"))
            {
                directives = directives with { MaxStaleSeconds = directives.MaxStaleSeconds ?? (reader.HasArgument ? reader.Seconds() : long.MaxValue) };
            }
            else if (reader.Is("min-fresh"))
            {
                directives = directives with { MinFreshSeconds = directives.MinFreshSeconds ?? reader.Seconds() };
            }
            else if (reader.Is("stale-if-error"))
            {
                directives = directives with { StaleIfErrorSeconds = directives.StaleIfErrorSeconds ?? reader.Seconds() };
            }
            else
            {
                directives = directives with
                {
                    NoCache = directives.NoCache || reader.Is("no-cache"),
                    NoStore = directives.NoStore || reader.Is("no-store"),
                    OnlyIfCached = directives.OnlyIfCached || reader.Is("only-if-cached"),
                };
            }
        }

        return directives;
    }
}
