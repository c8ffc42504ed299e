using System.Net;

namespace Afterimage.Cloud.Cloudflare;

/// <summary>Cloudflare's error numbers as outcomes and sentences.</summary>
internal static class CloudflareErrors
{
    public const int IndexNotFound = 3000;
    public const int IndexExists = 3002;

    /// <summary>Workers AI: the day's free allowance is used up; no use to ask before the next UTC day.</summary>
    public const int NeuronsUsedUp = 3036;

    public static CloudflareOutcome Outcome(HttpStatusCode status, int code, string message) => code switch
    {
        NeuronsUsedUp or 3040 or 4006 or 40041 => CloudflareOutcome.RateLimited,
        3007 or 3008 => CloudflareOutcome.TimedOut,
        _ when message.Contains("upstream_timeout", StringComparison.Ordinal) => CloudflareOutcome.Unavailable,
        _ => status switch
        {
            HttpStatusCode.TooManyRequests => CloudflareOutcome.RateLimited,
            HttpStatusCode.RequestTimeout => CloudflareOutcome.TimedOut,
            >= HttpStatusCode.InternalServerError => CloudflareOutcome.Unavailable,
            _ => CloudflareOutcome.Refused,
        },
    };

    public static string Sentence(HttpStatusCode status, int code, string message)
    {
        string known = code switch
        {
            IndexNotFound => "the Vectorize index does not exist",
            IndexExists => "a Vectorize index of that name exists already",
            40005 => "the Vectorize metadata index does not exist",
            40006 => "the vector does not have the dimensions of the index",
            40007 => "too many ids in one call (20 to get, 100 to delete)",
            40008 => "an id is longer than 64 bytes",
            40023 => "a line of the upload is not valid JSON",
            40025 => "more neighbours were asked for than Vectorize gives with values (50)",
            40026 => "the body of the call was not understood",
            40041 => "too many writes to one index",
            NeuronsUsedUp or 4006 => "the day's free Workers AI allowance is used up; it is renewed at midnight UTC",
            3040 => "Workers AI has no capacity at the moment",
            5007 or 3042 => "there is no such Workers AI model",
            5018 or 3041 => "the account may not use this Workers AI model",
            3023 => "the account is blocked",
            3006 => "the input is too large",
            10000 or 9109 => "the token is not accepted; check Cloudflare:ApiToken and its permissions (Vectorize Write, Workers AI)",
            _ => status switch
            {
                HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => "the token is not accepted; check Cloudflare:ApiToken and its permissions (Vectorize Write, Workers AI)",
                HttpStatusCode.TooManyRequests => "the account's limit of 1,200 requests in 5 minutes is exceeded; lower Cloudflare:RequestsPerFiveMinutes",
                _ => "",
            },
        };
        string what = known.Length > 0 ? known : message.Length > 0 ? message : "no reason given";
        return code == 0 ? $"Cloudflare answered {(int)status}: {what}." : $"Cloudflare answered {(int)status} (code {code}): {what}.";
    }
}
