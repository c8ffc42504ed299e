using Afterimage.Matching.Comparing;

namespace Afterimage.Matching;

/// <summary>
/// From evidence to the probability that reuse is right: a logistic score of what the comparison found, and, where that score or a conflict already says
/// no, a graded measure of how near the prompts are, so that probabilities order all pairs. <c>docs/matching.md</c> says where the numbers come from.
/// </summary>
internal static class Calibration
{
    // Below this the score no longer tells near from far; the nearness does.
    private const double ScoredMin = 0.9;
    private const double UnscoredMax = 0.85;
    private const double ConflictCost = 0.03;

    /// <summary>The probability that reuse is right, 0 to 1.</summary>
    /// <param name="similarity">Cosine in the space, or not a number where there is none.</param>
    /// <param name="space">How to read the cosine.</param>
    public static double Probability(Evidence evidence, float similarity, SimilarityScale space)
    {
        double scored = evidence.Conflicts.Count == 0 ? 1 / (1 + Math.Exp(-Score(evidence))) : 0;
        return scored >= ScoredMin ? scored : UnscoredMax * Nearness(evidence, space.Normalise(similarity));
    }

    private static double Score(Evidence e) =>
        6.5
        - (4 * e.Nouns) - (3.5 * e.Adjectives) - (3 * e.Verbs) - (3 * e.Others)
        - (2.05 * e.Synonyms) - (2.05 * e.Hypernyms) - (2.2 * e.Derived) - (3 * e.Typos)
        - (0.4 * e.PluralChanges) - (0.6 * e.PlacesNear) - (2.0 * e.PlacesLoose) - (5 * e.PlacesDifferent)
        - (2.5 * e.Unverified) - (0.3 * e.PlacesLone) - (e.RootChanged ? 1 : 0);

    private static double Nearness(Evidence e, double? similarity)
    {
        double near = similarity is { } s ? (s + e.Coverage) / 2 : e.Coverage;
        near -= ConflictCost * Math.Min(3, e.Conflicts.Count);
        return Math.Pow(Math.Clamp(near, 0, 1), 3);
    }
}
