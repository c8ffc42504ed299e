namespace Afterimage.Cloud.S3;

/// <summary>How a request to the bucket ended.</summary>
internal enum S3Answer
{
    Done,

    /// <summary>No such object.</summary>
    Missing,

    /// <summary>A condition (<c>If-None-Match</c>, <c>If-Match</c>) did not hold.</summary>
    Conflict,

    /// <summary>The server does not know what was asked of it.</summary>
    Unsupported,

    /// <summary>Larger than allowed.</summary>
    TooLarge,

    /// <summary>Throttled, broken, refused, or left alone by the breaker: says nothing about the object.</summary>
    Unavailable,
}
