using Afterimage.Caching.Http;

namespace Afterimage.Gateway.HttpRoute;

/// <summary>
/// The conditions that the cache adds to a request: to validate what it has (RFC 9111 section 4.3.1), or to get what it lacks (section 3.4). Where there
/// are any, the client's own conditions and range do not go to the origin.
/// </summary>
/// <param name="IfNoneMatch">The stored entity tag as received.</param>
/// <param name="IfModifiedSince">The stored <c>Last-Modified</c> as received.</param>
/// <param name="Range">The missing bytes.</param>
/// <param name="IfRange">The strong tag that they must belong to.</param>
internal readonly record struct Preconditioned(string? IfNoneMatch, string? IfModifiedSince, string? Range, string? IfRange)
{
    /// <summary>Asks whether a stored response is still right; no condition where it has no validator.</summary>
    public static Preconditioned OnChange(StoredResponse? stored) =>
        stored is null ? default : new Preconditioned(stored.Fields.First("ETag"), stored.LastModifiedText, null, null);

    /// <summary>Asks for what is behind a stored beginning.</summary>
    public static Preconditioned OnRest(StoredResponse beginning) => new(null, null, $"bytes={beginning.Body.Length}-", beginning.ETag?.ToString());

    public bool Any => IfNoneMatch is not null || IfModifiedSince is not null || Range is not null;
}
