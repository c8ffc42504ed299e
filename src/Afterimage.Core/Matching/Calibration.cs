using Afterimage.Matching.Comparing;

namespace Afterimage.Matching;

/// <summary>
/// From evidence to the probability that reuse is right: a score (what was found, weighed), then a table from score to the share of right reuses among all
/// that score at least as much, read off labelled pairs by <c>tools/Afterimage.Calibration -- reliability</c>; so the threshold that an operator sets is the
/// share of wrong reuses to expect. Where the score or a conflict already says no, a graded measure of how near the prompts are orders the rest.
/// <c>docs/matching.md</c> says what was measured on what.
/// </summary>
internal static class Calibration
{
    // Below the lowest knot the score no longer tells near from far; the nearness does.
    private const double UnscoredMax = 0.74;
    private const double ConflictCost = 0.03;

    // Score, and log-odds of the share right among reuses with at least this score (0.75, 0.80, 0.85, 0.94, 0.99, 0.9985).
    private static readonly (double Score, double LogOdds)[] Knots = [(2.1, 1.10), (2.4, 1.39), (3.0, 1.73), (4.0, 2.75), (4.595, 4.595), (6.5, 6.5)];

    /// <summary>Log-odds that reuse is right where nothing was found to differ.</summary>
    public const double Intercept = 6.5;

    /// <summary>The names of <see cref="Features"/>, in their order.</summary>
    public static readonly string[] Names =
    [
        "nouns", "adjectives", "verbs", "others", "synonyms", "derived", "typos", "plurals", "subject plural", "near", "loose", "different", "lone", "ties unverified", "places unverified", "root",
    ];

    /// <summary>What each feature takes from the log-odds.</summary>
    public static readonly double[] Costs = [4, 3.5, 3, 3, 1.8, 2.0, 2.5, 0.8, 1.3, 0.5, 2.0, 5, 0.3, 1.6, 2.0, 0.1];

    /// <summary>The numbers that are weighed; all are 0 for prompts that say the same with the same words.</summary>
    public static double[] Features(Evidence e) =>
    [
        e.Nouns, e.Adjectives, e.Verbs, e.Others, e.Synonyms + e.Neighbours, e.Derived, e.Typos, e.PluralChanges, e.SubjectPluralChanged || e.BeingsPluralChanged ? 1 : 0, e.PlacesNear, e.PlacesLoose, e.PlacesDifferent,
        e.PlacesLone, e.TiesUnverified, e.PlacesUnverified, e.RootChanged ? 1 : 0,
    ];

    /// <summary>The probability that reuse is right, 0 to 1.</summary>
    /// <param name="similarity">Cosine in the space, or not a number where there is none.</param>
    /// <param name="space">How to read the cosine.</param>
    public static double Probability(Evidence evidence, float similarity, SimilarityScale space)
    {
        double? normal = space.Normalise(similarity);
        double score = Score(evidence);
        return evidence.Conflicts.Count == 0 && score >= Knots[0].Score ? 1 / (1 + Math.Exp(-LogOdds(score))) : UnscoredMax * Nearness(evidence, normal);
    }

    private static double LogOdds(double score)
    {
        int above = Array.FindIndex(Knots, 1, k => k.Score >= score);
        (double Score, double LogOdds) high = above < 0 ? Knots[^1] : Knots[above];
        (double Score, double LogOdds) low = above < 0 ? Knots[^2] : Knots[above - 1];
        return low.LogOdds + ((score - low.Score) / (high.Score - low.Score) * (high.LogOdds - low.LogOdds));
    }

    /// <summary>What the evidence says before it is calibrated: the intercept less the cost of everything found to differ.</summary>
    public static double Score(Evidence evidence)
    {
        double score = Intercept;
        double[] features = Features(evidence);
        for (int i = 0; i < features.Length; i++)
        {
            score -= Costs[i] * features[i];
        }

        return score;
    }

    private static double Nearness(Evidence e, double? similarity)
    {
        double near = similarity is { } s ? (s + e.Coverage) / 2 : e.Coverage;
        near -= ConflictCost * Math.Min(3, e.Conflicts.Count);
        return Math.Pow(Math.Clamp(near, 0, 1), 3);
    }
}
