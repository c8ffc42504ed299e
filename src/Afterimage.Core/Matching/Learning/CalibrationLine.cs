namespace Afterimage.Matching.Learning;

/// <summary>
/// A correction of probabilities on the log-odds scale: <c>intercept + slope * x</c>, where x is how far the policy's log-odds are above the point from which
/// it serves. Immutable.
/// </summary>
/// <param name="Intercept">Log-odds that reuse is right at that point.</param>
/// <param name="Slope">Growth with x; never negative, so that a more probable pair stays more probable.</param>
/// <param name="VarianceIntercept">Uncertainty of the intercept,</param>
/// <param name="VarianceSlope">of the slope,</param>
/// <param name="Covariance">and of both together.</param>
internal readonly record struct CalibrationLine(double Intercept, double Slope, double VarianceIntercept, double VarianceSlope, double Covariance)
{
    // Log-spaced: the best epsilon is of the order of the error asked for; an even grid jumps over all of them (peers.md B.2).
    private static readonly (double Epsilon, double Z)[] Grid =
        [.. Enumerable.Range(0, 40).Select(i => Math.Pow(10, -6 + (i * 5.4 / 39))).Select(e => (e, NormalQuantile.Of(1 - e)))];

    public double LogOdds(double x) => Intercept + (Slope * x);

    public double Probability(double x) => LogOddsScale.Probability(LogOdds(x));

    /// <summary>
    /// The probability that evidence vouches for: the best of <c>(1 - e) * P(lower bound at confidence 1 - e)</c>, as verified semantic caching bounds it
    /// (arXiv 2502.03771), with the uncertainty of the log-odds from the fit's curvature.
    /// </summary>
    public double LowerBound(double x)
    {
        double deviation = Math.Sqrt(Math.Max(0, VarianceIntercept + (2 * x * Covariance) + (x * x * VarianceSlope)));
        double best = 0;
        foreach ((double epsilon, double z) in Grid)
        {
            best = Math.Max(best, (1 - epsilon) * LogOddsScale.Probability(LogOdds(x) - (z * deviation)));
        }

        return best;
    }
}
