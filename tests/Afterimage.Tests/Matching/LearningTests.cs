using Afterimage.Matching;
using Afterimage.Matching.Learning;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Afterimage.Tests.Matching;

public sealed class LearningTests
{
    private static readonly Hash256 Partition = Hash256.Of("partition");
    private static readonly Hash256 Entry = Hash256.Of("entry");

    [Fact]
    public void Without_evidence_the_verdict_stands() => Prop.ForAll(Gen.Choose(0, 1000).ToArbitrary(), thousandths =>
    {
        using var learner = new CalibrationLearner(new LearnerOptions());
        learner.ObserveServed(Partition, 0.999);
        var verdict = new Verdict(thousandths >= 990 ? Decision.Reuse : Decision.Reject, thousandths / 1000.0, []);
        return learner.Decide(Partition, Entry, verdict) == verdict;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_wrong_serving_makes_doubtful_pairs_rejected_and_says_so()
    {
        using var learner = new CalibrationLearner(new LearnerOptions());
        learner.Observe(Partition, Entry, 0.992, 0.9, correct: false);
        Verdict verdict = learner.Decide(Partition, Hash256.Of("other"), new Verdict(Decision.Reuse, 0.991, []));
        Assert.Equal(Decision.Reject, verdict.Decision);
        Assert.True(verdict.Probability < 0.99);
        Assert.Contains("feedback", verdict.Reasons[0]);
        Assert.Equal(Decision.Reuse, learner.Decide(Partition, Hash256.Of("other"), new Verdict(Decision.Reuse, 0.9999, [])).Decision);
    }

    [Fact]
    public void Another_partition_learns_less_from_it()
    {
        using var learner = new CalibrationLearner(new LearnerOptions());
        for (int i = 0; i < 5; i++)
        {
            learner.Observe(Partition, Hash256.Of($"{i}"), 0.995, 0.9, correct: false);
        }

        var asked = new Verdict(Decision.Reuse, 0.995, []);
        Assert.True(learner.Decide(Partition, Entry, asked).Probability < learner.Decide(Hash256.Of("elsewhere"), Entry, asked).Probability);
    }

    [Fact]
    public void Enough_right_verdicts_serve_what_the_policy_alone_would_not()
    {
        using var learner = new CalibrationLearner(new LearnerOptions());
        var doubtful = new Verdict(Decision.Reject, 0.98, []);
        for (int i = 0; i < 3000; i++)
        {
            Assert.True(i >= 100 || learner.Decide(Partition, Entry, doubtful).Decision == Decision.Reject);
            learner.Observe(Partition, Hash256.Of($"{i}"), 0.98, 0.9, correct: true);
        }

        Assert.Equal(Decision.Reuse, learner.Decide(Partition, Entry, doubtful).Decision);
        Assert.Equal(Decision.Reject, learner.Decide(Partition, Entry, new Verdict(Decision.Reject, 0.5, [])).Decision);
    }

    [Fact]
    public void A_picture_that_keeps_being_wrong_is_not_served_whatever_its_prompt_promises()
    {
        using var learner = new CalibrationLearner(new LearnerOptions());
        for (int i = 0; i < 3; i++)
        {
            learner.Observe(Partition, Entry, 0.9999, 0.99, correct: false);
        }

        Assert.Equal(Decision.Reject, learner.Decide(Partition, Entry, new Verdict(Decision.Reuse, 0.9999, [])).Decision);
    }

    [Fact]
    public void A_blocked_pair_is_blocked_in_either_direction_and_spelling_and_only_it()
    {
        using var learner = new CalibrationLearner(new LearnerOptions());
        learner.Block("A red car!", "a crimson  automobile");
        Assert.True(learner.IsBlocked("a red car", "A Crimson Automobile.", Entry));
        Assert.True(learner.IsBlocked("a crimson automobile", "a red car", Hash256.Of("any entry")));
        Assert.False(learner.IsBlocked("a red car", "a red automobile", Entry));
        learner.BlockEntry(Entry);
        Assert.True(learner.IsBlocked("x", "y", Entry));
        Assert.False(learner.IsBlocked("x", "y", Hash256.Of("any entry")));
    }

    [Fact]
    public void Different_prompts_are_different_pairs()
    {
        // Half-characters cannot stand in an attribute: they would arrive replaced.
        Assert.NotEqual(PromptPair.KeyOf("x", "\ud800"), PromptPair.KeyOf("x", "\ud801"));
        Assert.NotEqual(PromptPair.KeyOf("x", "!"), PromptPair.KeyOf("x", "?"));
        Assert.NotEqual(PromptPair.KeyOf("x", "ab c"), PromptPair.KeyOf("x", "a bc"));
        Assert.NotEqual(PromptPair.KeyOf("a b", "c"), PromptPair.KeyOf("a", "b c"));
    }

    [Fact]
    public void Values_that_are_no_numbers_are_ignored()
    {
        using var learner = new CalibrationLearner(new LearnerOptions());
        learner.Observe(Partition, Entry, double.NaN, 0.9, false);
        learner.Observe(Partition, Entry, 0.9, double.PositiveInfinity, false);
        var verdict = new Verdict(Decision.Reuse, 0.995, []);
        Assert.Equal(verdict, learner.Decide(Partition, Entry, verdict));
        learner.Observe(Partition, Entry, 0, 0, false);
        learner.Observe(Partition, Entry, 1, 1, true);
        Assert.InRange(learner.Decide(Partition, Entry, new Verdict(Decision.Reuse, double.NaN, [])).Probability, 0, 1);
    }

    [Theory]
    [InlineData(0.5, 0)]
    [InlineData(0.975, 1.959963985)]
    [InlineData(1e-6, -4.753424309)]
    [InlineData(0.01, -2.326347874)]
    public void Normal_quantiles_are_the_tabled_ones(double p, double z) => Assert.Equal(z, NormalQuantile.Of(p), 6);

    [Fact]
    public void The_fit_finds_the_line_that_made_the_evidence()
    {
        var bins = new EvidenceBins();
        for (int bin = 0; bin < EvidenceBins.Count; bin++)
        {
            double p = LogOddsScale.Probability(-1 + (0.7 * EvidenceBins.LogOddsOf(bin)));
            bins.Add(bin, (float)(1000 * p), (float)(1000 * (1 - p)), 1000);
        }

        CalibrationLine line = LogisticFit.Fit(bins, 0, new CalibrationLine(0, 1, 0, 0, 0), 10, 10);
        Assert.Equal(-1.0, line.Intercept, 0.02);
        Assert.Equal(0.7, line.Slope, 0.02);
        Assert.True(line.VarianceIntercept is > 0 and < 0.01);
    }

    [Fact]
    public void Separable_evidence_moves_the_line_only_as_far_as_the_ridge_lets_it()
    {
        var bins = new EvidenceBins();
        bins.Add(EvidenceBins.BinOf(8), 10, 0, 10);
        bins.Add(EvidenceBins.BinOf(-8), 0, 10, 10);
        CalibrationLine line = LogisticFit.Fit(bins, 0, new CalibrationLine(0, 1, 0, 0, 0), 1, 0.3);
        Assert.InRange(line.Slope, 0.9, 1.5);
    }
}
