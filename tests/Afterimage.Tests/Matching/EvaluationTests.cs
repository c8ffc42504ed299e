using Afterimage.Matching;
using Afterimage.Matching.Evaluation;
using Afterimage.Text;
using Xunit;

namespace Afterimage.Tests.Matching;

public sealed class EvaluationTests
{
    // Values of R's binom.test.
    [Theory]
    [InlineData(0, 10, 0, 0.3084971)]
    [InlineData(10, 10, 0.6915029, 1)]
    [InlineData(5, 10, 0.1870860, 0.8129140)]
    [InlineData(1, 100, 0.0002531460, 0.0544593854)]
    [InlineData(0, 0, 0, 1)]
    public void Intervals_are_the_exact_ones(int hits, int trials, double low, double high)
    {
        (double actualLow, double actualHigh) = ClopperPearson.Interval(hits, trials);
        Assert.Equal(low, actualLow, 6);
        Assert.Equal(high, actualHigh, 6);
    }

    [Theory]
    [InlineData(3, 1201)]
    [InlineData(1373, 2912)]
    [InlineData(49_999, 100_000)]
    public void The_bounds_leave_a_fortieth_on_either_side(int hits, int trials)
    {
        (double low, double high) = ClopperPearson.Interval(hits, trials);
        Assert.Equal(0.025, Beta.Cumulative(low, hits, trials - hits + 1.0), 9);
        Assert.Equal(0.975, Beta.Cumulative(high, hits + 1.0, trials - hits), 9);
        Assert.InRange((double)hits / trials, low, high);
    }

    [Fact]
    public void Rank_correlation_looks_only_at_the_order_and_shares_ties()
    {
        Assert.Equal(1, RankCorrelation.Spearman([1, 2, 3], [10, 200, 3000])!.Value, 12);
        Assert.Equal(-1, RankCorrelation.Spearman([1, 2, 3], [3, 2, 1])!.Value, 12);
        Assert.Equal(0.9486832981, RankCorrelation.Spearman([1, 2, 3, 4], [1, 2, 2, 3])!.Value, 9);
        Assert.Null(RankCorrelation.Spearman([1, 1], [1, 2]));
        Assert.Null(RankCorrelation.Spearman([], []));
    }

    [Fact]
    public void A_report_counts_each_label_by_itself()
    {
        PolicyReport report = PolicyReport.Of([Judged(1, 0.9, true), Judged(1, 0.2, false), Judged(0, 0.8, true), Judged(null, 0.5, true)]);
        Assert.Equal((4, 1, 2, 1, 1), (report.Pairs, report.Reuse.Hits, report.Reuse.Trials, report.FalseReuse.Hits, report.FalseReuse.Trials));
        Assert.Equal(0.5, report.Reuse.Share);
        Assert.Null(report.Spearman);
    }

    [Fact]
    public void The_curve_runs_from_serving_little_to_serving_everything()
    {
        IReadOnlyList<ThresholdPoint> curve = ThresholdCurve.Of([Judged(1, 0.9, true), Judged(1, 0.7, true), Judged(0, 0.8, true), Judged(0, 0.7, false), Judged(null, 0.99, true)]);
        Assert.Equal([new(0.9, 0.5, 0), new(0.8, 0.5, 0.5), new(0.7, 1, 1)], curve);
        Assert.Equal(new ThresholdPoint(0.9, 0.5, 0), ThresholdCurve.Best(curve, 0.01));
        Assert.Equal(new ThresholdPoint(0.7, 1, 1), ThresholdCurve.Best(curve, 1));
        Assert.Null(ThresholdCurve.Best([new(0.9, 0.5, 0.2)], 0.01));
    }

    [Fact]
    public async Task A_policy_is_run_over_pairs_with_the_cosine_of_their_prompts()
    {
        LabelledPair[] pairs = [new(1, "x", null, "a red car", "A red car!"), new(0, "x", null, "a red car", "three green frogs")];
        IReadOnlyList<JudgedPair>? judged = await PairJudge.JudgeAsync(pairs, new BuiltInEmbedder(), new CosinePolicy(0.93f), default);
        Assert.Equal([Decision.Reuse, Decision.Reject], judged!.Select(j => j.Verdict.Decision));
        Assert.Equal(1, judged![0].Similarity, 5);
    }

    private static JudgedPair Judged(int? label, double probability, bool reuse) =>
        new(new LabelledPair(label, "c", null, "a", "b"), 0.5f, new Verdict(reuse ? Decision.Reuse : Decision.Reject, probability, []));
}
