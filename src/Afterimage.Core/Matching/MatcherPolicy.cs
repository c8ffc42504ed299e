using Afterimage.Matching.Comparing;

namespace Afterimage.Matching;

/// <summary>
/// Reads both prompts, aligns their words, and reuses where the calibrated probability that both ask for the same picture is high enough and no
/// difference forbids it. Works after any embedder. <c>docs/matching.md</c> explains it.
/// </summary>
public sealed class MatcherPolicy(MatcherOptions options) : IMatchPolicy
{
    private const int ReasonsMax = 5;
    private readonly SimilarityScale _scale = SimilarityScale.Of(options.SpaceId);

    public string Name => "matcher";

    public Verdict Judge(PromptReading asked, PromptReading stored, float similarity)
    {
        if (asked.Text == stored.Text)
        {
            return new Verdict(Decision.Reuse, 1, []);
        }

        // Compared in one order whichever prompt asks, so that the decision does not depend on who came first.
        bool flipped = string.CompareOrdinal(asked.Text, stored.Text) > 0;
        Evidence evidence = flipped ? PromptComparer.Compare(stored, asked) : PromptComparer.Compare(asked, stored);
        double probability = Calibration.Probability(evidence, similarity, _scale);
        bool reuse = evidence.Conflicts.Count == 0 && probability >= 1 - options.MaxFalseReuse;
        return new Verdict(reuse ? Decision.Reuse : Decision.Reject, probability, Reasons(evidence, flipped));
    }

    private static string[] Reasons(Evidence evidence, bool flipped) =>
        [.. evidence.Conflicts.Concat(evidence.Doubts).Select(r => (flipped ? r.Flipped : r).ToString()).Distinct().Take(ReasonsMax)];
}
