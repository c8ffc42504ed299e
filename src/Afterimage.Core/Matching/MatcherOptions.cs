namespace Afterimage.Matching;

/// <summary>How strict the matcher is.</summary>
public sealed record MatcherOptions
{
    /// <summary>
    /// The share of reuses that may be wrong, above 0 and below 1; default 0.01. A candidate is reused where the calibrated probability that reuse is
    /// right is at least one minus this.
    /// </summary>
    public double MaxFalseReuse { get; init; } = 0.01;

    /// <summary>The id of the embedding space that similarities come from; null or unknown: the similarity is not weighed.</summary>
    public string? SpaceId { get; init; }
}
