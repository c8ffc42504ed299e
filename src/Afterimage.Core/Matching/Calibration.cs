using Afterimage.Matching.Comparing;

namespace Afterimage.Matching;

/// <summary>
/// From evidence to the probability that reuse is right: logistic regression over what the comparison found and the vector similarity, its costs fitted on
/// labelled pairs by <c>tools/Afterimage.Calibration -- fit</c>; and, where that score or a conflict already says no, a graded measure of how near the prompts
/// are, so that probabilities order all pairs. <c>docs/matching.md</c> says what was fitted on what.
/// </summary>
internal static class Calibration
{
    // Below this the score no longer tells near from far; the nearness does.
    private const double ScoredMin = 0.9;
    private const double UnscoredMax = 0.85;
    private const double ConflictCost = 0.03;

    /// <summary>Log-odds that reuse is right where nothing was found to differ.</summary>
    public const double Intercept = 6.5;

    /// <summary>The names of <see cref="Features"/>, in their order.</summary>
    public static readonly string[] Names =
    [
        "nouns", "adjectives", "verbs", "others", "synonyms", "derived", "typos", "plurals", "subject plural", "near", "loose", "different", "lone", "ties unverified", "places unverified", "root", "distance",
    ];

    /// <summary>What each feature takes from the log-odds.</summary>
    public static readonly double[] Costs = [4, 3.5, 3, 3, 1.8, 2.0, 2.5, 0.8, 1.3, 0.5, 2.0, 5, 0.3, 1.6, 2.0, 0.1, 0];

    /// <summary>The numbers that are weighed; all are 0 for prompts that say the same with the same words.</summary>
    /// <param name="distance">One minus the normalised similarity, 0 to 1.</param>
    public static double[] Features(Evidence e, double distance) =>
    [
        e.Nouns, e.Adjectives, e.Verbs, e.Others, e.Synonyms + e.Neighbours, e.Derived, e.Typos, e.PluralChanges, e.SubjectPluralChanged ? 1 : 0, e.PlacesNear, e.PlacesLoose, e.PlacesDifferent,
        e.PlacesLone, e.TiesUnverified, e.PlacesUnverified, e.RootChanged ? 1 : 0, distance,
    ];

    /// <summary>The probability that reuse is right, 0 to 1.</summary>
    /// <param name="similarity">Cosine in the space, or not a number where there is none.</param>
    /// <param name="space">How to read the cosine.</param>
    public static double Probability(Evidence evidence, float similarity, SimilarityScale space)
    {
        double? normal = space.Normalise(similarity);
        double scored = evidence.Conflicts.Count == 0 ? 1 / (1 + Math.Exp(-Score(evidence, normal))) : 0;
        return scored >= ScoredMin ? scored : UnscoredMax * Nearness(evidence, normal);
    }

    private static double Score(Evidence evidence, double? similarity)
    {
        double score = Intercept;
        double[] features = Features(evidence, 1 - (similarity ?? UnknownSimilarity));
        for (int i = 0; i < features.Length; i++)
        {
            score -= Costs[i] * features[i];
        }

        return score;
    }

    // What a typical right reuse has, for spaces whose scale is not known.
    private const double UnknownSimilarity = 0.9;

    private static double Nearness(Evidence e, double? similarity)
    {
        double near = similarity is { } s ? (s + e.Coverage) / 2 : e.Coverage;
        near -= ConflictCost * Math.Min(3, e.Conflicts.Count);
        return Math.Pow(Math.Clamp(near, 0, 1), 3);
    }
}
