namespace Afterimage.Caching.Http;

/// <summary>What a stored response is good for now.</summary>
public enum ReuseVerdict
{
    /// <summary>Fresh enough: serve it.</summary>
    Fresh,

    /// <summary>Stale, but the client says that this is not too stale: serve it.</summary>
    AcceptablyStale,

    /// <summary>Stale within <c>stale-while-revalidate</c>: serve it and ask the origin in the background.</summary>
    StaleWhileRevalidate,

    /// <summary>Ask the origin first.</summary>
    Validate,
}
