namespace Afterimage.Cloud.Cloudflare;

/// <summary><c>Cloudflare</c>: the account that Vectorize and Workers AI calls go to.</summary>
public sealed class CloudflareOptions
{
    /// <summary>What Cloudflare allows one user or account token over all its products: 1,200 requests in 5 minutes. One more blocks everything for 5 minutes.</summary>
    public const int RequestsPerFiveMinutesLimit = 1_200;

    /// <summary>The account id, 32 hexadecimal digits. Required.</summary>
    public string AccountId { get; set; } = "";

    /// <summary>An API token with the permissions "Vectorize Write" and, for its embedder, "Workers AI". Required. Secret.</summary>
    public string ApiToken { get; set; } = "";

    /// <summary>Where the API is; another address only for tests. Default <c>https://api.cloudflare.com/client/v4</c>.</summary>
    public Uri ApiBase { get; set; } = new("https://api.cloudflare.com/client/v4");

    /// <summary>
    /// Requests to Vectorize that this gateway may make in any 5 minutes. 10 to 1,200. Default 1,100. The account's limit of 1,200 is one for all gateways and
    /// for Workers AI too, whose calls count by themselves (<c>Embedding:CallsPerSecond</c>): with three gateways set 360 each, with Workers AI half of it.
    /// </summary>
    public int RequestsPerFiveMinutes { get; set; } = 1_100;

    /// <summary>A call of a request in flight that takes longer is given up. 100 to 60,000 ms. Default 3,000.</summary>
    public int TimeoutMs { get; set; } = 3_000;

    /// <summary>Bound on one call in the background, such as an upload of many vectors. 1,000 to 600,000 ms. Default 120,000.</summary>
    public int BackgroundTimeoutMs { get; set; } = 120_000;

    /// <summary>Every mistake as a sentence that names the key; empty where the options can be used.</summary>
    public IReadOnlyList<string> Validate()
    {
        var mistakes = new List<string>();
        if (AccountId.Length != 32 || !AccountId.All(char.IsAsciiHexDigit))
        {
            mistakes.Add("Cloudflare:AccountId must be the 32 hexadecimal digits that the dashboard shows as account id.");
        }

        if (string.IsNullOrWhiteSpace(ApiToken))
        {
            mistakes.Add("Cloudflare:ApiToken is empty; make a token with the permissions Vectorize Write and Workers AI.");
        }

        if (!ApiBase.IsAbsoluteUri || ApiBase.Scheme is not ("http" or "https"))
        {
            mistakes.Add("Cloudflare:ApiBase must be an absolute http or https address.");
        }

        Range(mistakes, nameof(RequestsPerFiveMinutes), RequestsPerFiveMinutes, 10, RequestsPerFiveMinutesLimit);
        Range(mistakes, nameof(TimeoutMs), TimeoutMs, 100, 60_000);
        Range(mistakes, nameof(BackgroundTimeoutMs), BackgroundTimeoutMs, 1_000, 600_000);
        return mistakes;
    }

    private static void Range(List<string> mistakes, string key, int value, int min, int max)
    {
        if (value < min || value > max)
        {
            mistakes.Add($"Cloudflare:{key} is {value}; allowed are {min} to {max}.");
        }
    }
}
