namespace Afterimage.Cloud.RemoteEmbedders;

/// <summary>How patient and how modest a remote embedder is.</summary>
internal sealed record RemoteLimits
{
    /// <summary>
    /// For all attempts at one call's worth of texts, which is what a request of the gateway has; after it the semantic tier is a miss. A backfill's batch of
    /// several calls has as many times as long.
    /// </summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>For one attempt.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Attempts after the first.</summary>
    public int Retries { get; init; } = 2;

    /// <summary>The first pause; each further one is twice as long, with jitter, unless the other side says how long.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Calls a second that we allow ourselves; 0 for no limit. Bursts of up to five seconds' worth pass at once.</summary>
    public double CallsPerSecond { get; init; }

    /// <summary>Half of at least this many calls failing opens the breaker.</summary>
    public int BreakerCallsMin { get; init; } = 10;

    /// <summary>How long the breaker stays open.</summary>
    public TimeSpan BreakerPause { get; init; } = TimeSpan.FromSeconds(15);
}
