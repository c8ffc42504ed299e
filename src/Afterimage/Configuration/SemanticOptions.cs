using Afterimage.Caching;
using Afterimage.Requests;

namespace Afterimage.Configuration;

/// <summary>The semantic tier.</summary>
internal sealed class SemanticOptions
{
    [Setting("`Off`, `Shadow` (decide and record, serve the origin) or `On`.")]
    public SemanticMode Mode { get; init; } = SemanticMode.On;

    [Setting("`Matcher` reads both prompts. `Cosine` is the classic threshold, `Ramp` the same rising with length; both make mistakes that the matcher does not.")]
    public PolicyName Policy { get; init; } = PolicyName.Matcher;

    [Setting("The share of reuses that you let be wrong. The matcher serves a picture where its probability of being right is at least 1 minus this; measured at 0.01 only.", Min = 0.0001, Max = 0.5)]
    public double MaxFalseReuse { get; init; } = 0.01;

    [Setting("Similarity that the cosine policy asks for.", Min = 0, Max = 1)]
    public double Threshold { get; init; } = CosineDefaults.Threshold;

    [Setting("Similarity that the ramp policy asks of prompts up to 20 characters.", Min = 0, Max = 1)]
    public double RampShort { get; init; } = CosineDefaults.RampShort;

    [Setting("Similarity that the ramp policy asks of prompts from 400 characters.", Min = 0, Max = 1)]
    public double RampLong { get; init; } = CosineDefaults.RampLong;

    [Setting("How size enters the partition: `Exact`, or `Bucket9` (square, portrait, landscape; small, medium, large).")]
    public ResolutionBucketing Resolution { get; init; } = ResolutionBucketing.Exact;

    [Setting("Candidates judged for one request.", Min = 1, Max = 100)]
    public int Candidates { get; init; } = 6;

    [Setting("Similarity below which a stored picture is no candidate. Bounds the work; the policy decides.", Min = -1, Max = 1)]
    public double CandidateSimilarityMin { get; init; } = 0.45;

    [Setting("Seconds that browsers and CDNs may keep a semantic hit.", Min = 0, Max = 86400)]
    public int MaxAgeSeconds { get; init; } = 60;

    [Setting("What a client may ask with X-Afterimage-Semantic: `None`, `Restrict` (off and shadow) or `Any`.")]
    public OverridePermission Override { get; init; } = OverridePermission.Restrict;

    [Setting("Let a request wait for a picture under way that means the same, instead of starting another.")]
    public bool Coalesce { get; init; } = true;

    [Setting("Decisions kept for review and feedback.", Min = 100, Max = 10000000)]
    public int JournalMax { get; init; } = 20000;
}

internal enum PolicyName
{
    Matcher,
    Cosine,
    Ramp,
}

internal enum OverridePermission
{
    None,
    Restrict,
    Any,
}

/// <summary>Thresholds of the policies that decide by similarity alone.</summary>
internal static class CosineDefaults
{
    public const double Threshold = 0.93;
    public const double RampShort = 0.95;
    public const double RampLong = 0.995;
}
