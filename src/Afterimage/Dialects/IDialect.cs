using Afterimage.Requests;

namespace Afterimage.Dialects;

/// <summary>How a dialect understood an HTTP request.</summary>
/// <param name="Request">The image asked for; null where the request is not of this dialect, or is and must not be cached.</param>
/// <param name="Bypass">Why a request of this dialect goes past the cache, as a token for headers and metrics; null where it does not.</param>
/// <param name="Refresh">The request asks for a new picture, which then replaces the stored one.</param>
internal readonly record struct DialectReading(ImageRequest? Request, string? Bypass = null, bool Refresh = false)
{
    /// <summary>Not a request of this dialect: forwarded untouched.</summary>
    public static readonly DialectReading NotOurs;
}

/// <summary>One HTTP form of asking for an image. Pure: looks only at the request target.</summary>
internal interface IDialect
{
    string Name { get; }

    /// <summary>Reads a GET or HEAD request. <paramref name="scope"/> is already decided.</summary>
    DialectReading Read(RequestTarget target, string scope);

    /// <summary>The same request with a seed named, for a request that names none.</summary>
    RequestTarget WithSeed(RequestTarget target, long seed);
}
