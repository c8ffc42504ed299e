using Afterimage.Matching;
using Afterimage.Matching.Learning;
using Xunit;

namespace Afterimage.Tests.Matching;

/// <summary>Simulated traffic whose truth differs from what the policy believes: is the error rate that was asked for kept, and are there still hits?</summary>
public sealed class LearningSimulationTests(ITestOutputHelper output)
{
    private const int Requests = 60_000;
    private const double Days = 180;
    private const double Asked = 0.01;

    /// <param name="shift">How much worse (below 0) or better the traffic is than the policy's calibration, in log-odds.</param>
    /// <param name="slope">How much less sure one may be of its differences.</param>
    /// <param name="judged">Share of decisions that a judge reviews, in shadow mode.</param>
    /// <param name="reported">Share of wrong servings that a user reports; right ones are never reported.</param>
    [Theory]
    [InlineData(0, 1, 0.1, 0)]
    [InlineData(-2, 1, 0.1, 0)]
    [InlineData(-3, 0.8, 0.1, 0)]
    [InlineData(-2, 1, 0, 0.1)]
    [InlineData(0, 1, 0, 0.1)]
    [InlineData(-3, 1, 0, 0.1)]
    [InlineData(1.5, 1, 0.1, 0)]
    public void The_asked_error_rate_is_kept_and_there_are_hits(double shift, double slope, double judged, double reported)
    {
        (double errorsWithout, double hitsWithout) = Simulate(shift, slope, 0, 0);
        (double errors, double hits) = Simulate(shift, slope, judged, reported);
        (double bestErrors, double bestHits) = Simulate(shift, slope, 0, 0, truth: true);
        output.WriteLine(
            $"shift {shift}, slope {slope}, judged {judged}, reported {reported}: errors {errorsWithout:0.00%} -> {errors:0.00%} (knowing the truth {bestErrors:0.00%}), "
            + $"hits {hitsWithout:0.0%} -> {hits:0.0%} (knowing the truth {bestHits:0.0%})");
        Assert.True(errors <= Asked, $"{errors:0.00%} wrong");
        Assert.True(hits >= 0.6 * bestHits, $"{hits:0.0%} hits where {bestHits:0.0%} could be");
        Assert.True(shift < 1 || hits >= hitsWithout, "better traffic than believed has fewer hits");
    }

    // Wrong servings among servings, and servings among requests, over the second half.
    private static (double Errors, double Hits) Simulate(double shift, double slope, double judged, double reported, bool truth = false)
    {
        var random = new Random(7);
        var time = new Clock();
        using var learner = new CalibrationLearner(new LearnerOptions { MaxFalseReuse = Asked, ReportShare = reported }, path: null, time);
        Hash256[] partitions = [.. Enumerable.Range(0, 5).Select(i => Hash256.Of($"partition {i}"))];
        Hash256[] entries = [.. Enumerable.Range(0, 5000).Select(i => Hash256.Of($"entry {i}"))];
        double[] own = [0.4, -0.4, 0, 0.2, -0.2];
        int served = 0, wrong = 0;
        for (int i = 0; i < Requests; i++)
        {
            time.Now += TimeSpan.FromDays(Days / Requests);
            int partition = random.Next(partitions.Length);
            double believed = (random.NextDouble() * 11) - 3;
            double servedFrom = Math.Log(99);
            double actual = servedFrom + shift + (slope * (believed - servedFrom)) + own[partition];
            bool right = random.NextDouble() < LogOddsScale.Probability(actual);
            Hash256 entry = entries[random.Next(entries.Length)];
            double probability = LogOddsScale.Probability(believed);
            var verdict = new Verdict(probability >= 1 - Asked ? Decision.Reuse : Decision.Reject, probability, []);
            bool serve = truth ? actual >= servedFrom : learner.Decide(partitions[partition], entry, verdict).Decision == Decision.Reuse;
            if (serve)
            {
                learner.ObserveServed(partitions[partition], probability);
                if (i > Requests / 2)
                {
                    (served, wrong) = (served + 1, wrong + (right ? 0 : 1));
                }
            }

            if ((verdict.Decision == Decision.Reuse || probability > 0.9) && random.NextDouble() < judged)
            {
                learner.Observe(partitions[partition], entry, probability, 0.9, right);
            }
            else if (serve && !right && random.NextDouble() < reported)
            {
                learner.Observe(partitions[partition], entry, probability, 0.9, false);
            }
        }

        return ((double)wrong / Math.Max(1, served), served / (Requests / 2.0));
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
