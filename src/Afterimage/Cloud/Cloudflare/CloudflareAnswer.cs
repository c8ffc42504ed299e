using System.Text.Json;

namespace Afterimage.Cloud.Cloudflare;

/// <summary>How a call to Cloudflare ended.</summary>
public enum CloudflareOutcome
{
    /// <summary>The envelope says success.</summary>
    Succeeded,

    /// <summary>Our own budget is used up, or Cloudflare answered 429; later calls may succeed.</summary>
    RateLimited,

    /// <summary>Cloudflare understood and refused: wrong input, missing permission, no such thing. Trying again will not help.</summary>
    Refused,

    /// <summary>No connection, a server error, or an answer that is not Cloudflare's envelope.</summary>
    Unavailable,

    /// <summary>No answer in time.</summary>
    TimedOut,
}

/// <summary>The answer to one call.</summary>
/// <param name="Result">The envelope's <c>result</c> on success; otherwise undefined.</param>
/// <param name="Code">Cloudflare's own error number; 0 where it gave none.</param>
/// <param name="Sentence">For the operator's log: what happened and, where it is known, what to do. Empty on success.</param>
/// <param name="RetryAfter">How long Cloudflare asked to wait; null where it did not say.</param>
public sealed record CloudflareAnswer(CloudflareOutcome Outcome, JsonElement Result, int Code = 0, string Sentence = "", TimeSpan? RetryAfter = null)
{
    public bool Succeeded => Outcome == CloudflareOutcome.Succeeded;

    /// <summary>Whether the same call may succeed a little later.</summary>
    public bool MayPass => Outcome is CloudflareOutcome.RateLimited or CloudflareOutcome.Unavailable or CloudflareOutcome.TimedOut;

    internal static CloudflareAnswer Failed(CloudflareOutcome outcome, string sentence) => new(outcome, default, 0, sentence);
}
