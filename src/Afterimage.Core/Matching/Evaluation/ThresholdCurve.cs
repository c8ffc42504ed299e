namespace Afterimage.Matching.Evaluation;

/// <summary>What a policy would do at one threshold on its probability.</summary>
/// <param name="Threshold">Reuse from this probability on.</param>
/// <param name="Reuse">Share of the pairs labelled 1 that would be served.</param>
/// <param name="FalseReuse">Share of the pairs labelled 0 that would be served.</param>
public readonly record struct ThresholdPoint(double Threshold, double Reuse, double FalseReuse);

/// <summary>Reuse and false reuse over the threshold.</summary>
public static class ThresholdCurve
{
    /// <summary>Every threshold at which something changes, falling from 1: from serving nothing to serving everything.</summary>
    public static IReadOnlyList<ThresholdPoint> Of(IEnumerable<JudgedPair> judged)
    {
        var labelled = judged.Where(j => j.Pair.Label is not null).OrderByDescending(j => j.Verdict.Probability).ToList();
        int positives = labelled.Count(j => j.Pair.Label == 1), negatives = labelled.Count - positives;
        var points = new List<ThresholdPoint>();
        int reused = 0, wrong = 0;
        for (int i = 0; i < labelled.Count; i++)
        {
            bool right = labelled[i].Pair.Label == 1;
            (reused, wrong) = (reused + (right ? 1 : 0), wrong + (right ? 0 : 1));
            if (i + 1 == labelled.Count || labelled[i + 1].Verdict.Probability != labelled[i].Verdict.Probability)
            {
                points.Add(new ThresholdPoint(labelled[i].Verdict.Probability, Share(reused, positives), Share(wrong, negatives)));
            }
        }

        return points;
    }

    /// <summary>The threshold that serves most while false reuse stays within the bound; null where no threshold does.</summary>
    public static ThresholdPoint? Best(IReadOnlyList<ThresholdPoint> curve, double falseReuseMax)
    {
        ThresholdPoint? best = null;
        foreach (ThresholdPoint point in curve)
        {
            if (point.FalseReuse <= falseReuseMax && (best is null || point.Reuse >= best.Value.Reuse))
            {
                best = point;
            }
        }

        return best;
    }

    private static double Share(int count, int of) => of == 0 ? 0 : (double)count / of;
}
