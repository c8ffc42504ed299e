namespace Afterimage.Matching;

/// <summary>The classic rule: reuse at or above one similarity. Kept for comparison; <c>docs/matching.md</c> shows why it is not the default.</summary>
public sealed class CosinePolicy(float similarityMin) : IMatchPolicy
{
    /// <summary>The usual threshold of caches that decide by cosine alone.</summary>
    public const float DefaultSimilarityMin = 0.93f;

    public string Name => "cosine";

    public Verdict Judge(PromptReading asked, PromptReading stored, float similarity) =>
        similarity >= similarityMin
            ? new Verdict(Decision.Reuse, Math.Clamp(similarity, 0, 1), [])
            : new Verdict(Decision.Reject, Math.Clamp(similarity, 0, 1), [$"similarity: {similarity:0.000} below {similarityMin:0.000}"]);
}
