namespace Afterimage.Matching.Evaluation;

/// <summary>How a policy did on a group of labelled pairs.</summary>
/// <param name="Pairs">All pairs of the group, undecided ones included.</param>
/// <param name="Reuse">Pairs labelled 1 that it would serve: higher is better.</param>
/// <param name="FalseReuse">Pairs labelled 0 that it would serve: the errors.</param>
/// <param name="Spearman">Order of its probabilities against people's scores; null where there are none.</param>
public sealed record PolicyReport(int Pairs, Rate Reuse, Rate FalseReuse, double? Spearman)
{
    public static PolicyReport Of(IReadOnlyCollection<JudgedPair> judged)
    {
        var positives = judged.Where(j => j.Pair.Label == 1).ToList();
        var negatives = judged.Where(j => j.Pair.Label == 0).ToList();
        var scored = judged.Where(j => j.Pair.Score is not null).ToList();
        return new PolicyReport(
            judged.Count,
            Rate.Of(positives.Count(Reused), positives.Count),
            Rate.Of(negatives.Count(Reused), negatives.Count),
            RankCorrelation.Spearman([.. scored.Select(j => j.Verdict.Probability)], [.. scored.Select(j => j.Pair.Score!.Value)]));
    }

    private static bool Reused(JudgedPair judged) => judged.Verdict.Decision == Decision.Reuse;
}
