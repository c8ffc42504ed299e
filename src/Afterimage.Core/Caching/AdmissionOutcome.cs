namespace Afterimage.Caching;

/// <summary>Whether an origin's answer may become an entry, and if not, why. The names are the metric's <c>reason</c> values.</summary>
public enum AdmissionOutcome
{
    Admitted,

    /// <summary>The request or the mode asked not to store.</summary>
    NotAsked,

    /// <summary>Not status 200.</summary>
    Status,

    /// <summary>The origin marked the image as an error picture (<c>X-Error-Type</c>, <c>finish-reason: CONTENT_FILTERED</c>).</summary>
    ErrorImage,

    /// <summary><c>Cache-Control: no-store</c> or <c>private</c>.</summary>
    NotStorable,

    /// <summary>The answer varies with request headers that the key does not hold.</summary>
    Varies,

    /// <summary>More than <c>Admission:MaxBytes</c>.</summary>
    TooLarge,

    /// <summary>Fewer bytes than <c>Admission:MinBytes</c>, or none.</summary>
    TooSmall,

    /// <summary>The connection broke or the bytes are fewer than Content-Length said.</summary>
    Incomplete,

    /// <summary>Not an image of a known format.</summary>
    NotAnImage,

    /// <summary>The image ends before its format says it does, or contradicts itself.</summary>
    Damaged,

    /// <summary>Another pixel size than the one asked.</summary>
    WrongSize,

    /// <summary>A known placeholder picture (<c>Admission:Deny</c>).</summary>
    Denied,
}
