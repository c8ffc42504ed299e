namespace Afterimage.Configuration;

/// <summary>The service behind the gateway.</summary>
internal sealed class OriginOptions
{
    [Setting("Base address of the image service, for example https://image.example.com. `demo` starts the built-in one.")]
    public string Url { get; init; } = "";

    /// <summary>Several addresses of the same service, in place of <see cref="Url"/>.</summary>
    public List<OriginServerOptions> Servers { get; init; } = [];

    [Setting("Seconds until a connection must stand.", Min = 0.1, Max = 600)]
    public double ConnectTimeoutSeconds { get; init; } = 10;

    [Setting("Seconds until the first byte of an answer; drawing a picture happens in here.", Min = 0.1, Max = 3600)]
    public double FirstByteTimeoutSeconds { get; init; } = 120;

    [Setting("Seconds until an image must be complete.", Min = 0.1, Max = 3600)]
    public double TotalTimeoutSeconds { get; init; } = 120;

    [Setting("Images generated at the same time; more wait in the queue. 0: no limit.", Min = 0, Max = 100000)]
    public int ConcurrencyMax { get; init; } = 256;

    [Setting("Requests that may wait for a place; more are refused with 503 and Retry-After.", Min = 0, Max = 1000000)]
    public int QueueMax { get; init; } = 1024;

    [Setting("Seconds that a request may wait for a place; then 503 and Retry-After.", Min = 0.1, Max = 3600)]
    public double QueueTimeoutSeconds { get; init; } = 60;

    /// <summary>Bounds of single models.</summary>
    public List<ModelLimitOptions> Models { get; init; } = [];

    [Setting("Further attempts where no connection could be made, at another address first. A request that may have reached the service is never repeated. 0: none.", Min = 0, Max = 10)]
    public int RetryMax { get; init; } = 2;

    public BreakerOptions Breaker { get; init; } = new();

    public HealthOptions Health { get; init; } = new();

    [Setting("What a client gets when the origin fails (no answer, 502, 503, 504, 520 to 530). `Similar`: the stored picture most likely to be right, down to SimilarProbabilityMin, marked in Cache-Status; needs Semantic:Mode = on.")]
    public OriginFailurePolicy OnFailure { get; init; } = OriginFailurePolicy.Error;

    [Setting("Lowest probability of a picture served because the origin failed.", Min = 0, Max = 1)]
    public double SimilarProbabilityMin { get; init; } = 0.9;

    [Setting("Seconds that browsers and CDNs may keep such a picture.", Min = 0, Max = 3600)]
    public int SimilarMaxAgeSeconds { get; init; } = 10;
}

/// <summary>One address of the image service.</summary>
internal sealed class OriginServerOptions
{
    [Setting("Base address. All addresses must serve the same service.")]
    public string Url { get; init; } = "";

    [Setting("Share of the calls under way that this address gets, in relation to the others.", Min = 1, Max = 1000)]
    public int Weight { get; init; } = 1;
}

/// <summary>How many pictures of one model may be made at the same time.</summary>
internal sealed class ModelLimitOptions
{
    [Setting("The model's name as requests name it.")]
    public string Model { get; init; } = "";

    [Setting("Images of this model generated at the same time; counts towards Origin:ConcurrencyMax too.", Min = 1, Max = 100000)]
    public int ConcurrencyMax { get; init; } = 1;
}

/// <summary>The circuit breaker, one for each address.</summary>
internal sealed class BreakerOptions
{
    [Setting("Share of failed calls (no answer, 502, 503, 504, 520 to 530) at which an address is not asked any more.", Min = 0.01, Max = 1)]
    public double FailureRatio { get; init; } = 0.5;

    [Setting("Calls that must have ended within SamplingSeconds before the share counts.", Min = 2, Max = 100000)]
    public int CallsMin { get; init; } = 8;

    [Setting("Seconds over which calls are counted.", Min = 0.5, Max = 86400)]
    public double SamplingSeconds { get; init; } = 60;

    [Setting("Seconds until one call is let through again as a test. 0: no breaker; otherwise at least 0.5.", Min = 0, Max = 86400)]
    public double BreakSeconds { get; init; } = 10;
}

/// <summary>Active checks of the addresses.</summary>
internal sealed class HealthOptions
{
    [Setting("Path that is asked of every address; a status below 400 is well. Empty: no active checks.")]
    public string Path { get; init; } = "";

    [Setting("Seconds between checks.", Min = 0.1, Max = 3600)]
    public double IntervalSeconds { get; init; } = 10;

    [Setting("Seconds until a check has failed.", Min = 0.1, Max = 600)]
    public double TimeoutSeconds { get; init; } = 5;

    [Setting("Failed checks in a row until an address gets no requests; one good check brings it back.", Min = 1, Max = 100)]
    public int FailuresMax { get; init; } = 2;
}

internal enum OriginFailurePolicy
{
    Error,
    Similar,
}
