namespace Afterimage.Caching;

/// <summary>How one request wants to be treated; derived from configuration, route and request headers.</summary>
/// <param name="Mode">What the semantic tier may do for this request.</param>
/// <param name="Seeds">Which seeds may answer it.</param>
/// <param name="Store">Whether the origin's picture may be kept.</param>
/// <param name="AgeMax">Older entries do not answer; null for any age.</param>
/// <param name="Shared">Whether identical requests wait for one another.</param>
/// <param name="IsRetry">Whether it was tried once, by another who was waited for.</param>
public readonly record struct RequestPlan(SemanticMode Mode, SeedRule Seeds, bool Store, TimeSpan? AgeMax, bool Shared, bool IsRetry = false);

/// <summary>Settings of the cache as a whole.</summary>
public sealed class ImageCacheOptions
{
    /// <summary>How long an entry lives; null keeps it until it is evicted.</summary>
    public TimeSpan? EntryTtl { get; init; }

    /// <summary>Names of origin response headers that are kept and replayed, besides the content type.</summary>
    public IReadOnlySet<string> ReplayHeaders { get; init; } = new HashSet<string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether a request waits for a picture under way that means the same, instead of starting another.</summary>
    public bool SemanticCoalescing { get; init; } = true;

    /// <summary>The memory that answers under way may take.</summary>
    public BufferBudget Buffers { get; init; } = new(256L << 20);

    /// <summary>Serve the best candidate when the origin fails, if its probability reaches this; null for an error instead.</summary>
    public double? SimilarOnFaultProbabilityMin { get; init; }

    /// <summary>How long a request waits for another gateway that is making the same picture, before it asks the origin itself.</summary>
    public TimeSpan LeasePatience { get; init; } = TimeSpan.FromMinutes(5);
}
