namespace Afterimage.Matching.Learning;

/// <summary>
/// Logistic regression of "reuse was right" on log-odds, with a normal prior around a given line (a ridge penalty): evidence moves the line only as far
/// as it carries, and separable evidence cannot run away.
/// </summary>
internal static class LogisticFit
{
    private const int IterationsMax = 50;
    private const double SlopeMin = 0.05;

    /// <param name="evidence">What was seen.</param>
    /// <param name="servedFrom">Log-odds of the policy from which it serves: the origin of x.</param>
    /// <param name="prior">The line without evidence.</param>
    /// <param name="deviationIntercept">How far the intercept may be off, in log-odds.</param>
    /// <param name="deviationSlope">How far the slope may be off.</param>
    public static CalibrationLine Fit(EvidenceBins evidence, double servedFrom, CalibrationLine prior, double deviationIntercept, double deviationSlope)
    {
        double penaltyIntercept = 1 / (deviationIntercept * deviationIntercept), penaltySlope = 1 / (deviationSlope * deviationSlope);
        double intercept = prior.Intercept, slope = prior.Slope;
        double current = Loss(evidence, servedFrom, intercept, slope, prior, penaltyIntercept, penaltySlope);
        for (int iteration = 0; iteration < IterationsMax; iteration++)
        {
            (double g0, double g1, double h00, double h01, double h11) = Curvature(evidence, servedFrom, intercept, slope);
            g0 += penaltyIntercept * (intercept - prior.Intercept);
            g1 += penaltySlope * (slope - prior.Slope);
            h00 += penaltyIntercept;
            h11 += penaltySlope;
            double determinant = (h00 * h11) - (h01 * h01);
            double step0 = ((h11 * g0) - (h01 * g1)) / determinant, step1 = ((h00 * g1) - (h01 * g0)) / determinant;

            // The loss is convex, so halving a Newton step that went too far ends at the minimum.
            double scale = 1, next = LossAfter(scale);
            while (next > current && scale > 1e-6)
            {
                scale /= 2;
                next = LossAfter(scale);
            }

            double LossAfter(double share) => Loss(
                evidence, servedFrom, intercept - (share * step0), Math.Max(SlopeMin, slope - (share * step1)), prior, penaltyIntercept, penaltySlope);

            intercept -= scale * step0;
            slope = Math.Max(SlopeMin, slope - (scale * step1));
            if (current - next < 1e-10)
            {
                break;
            }

            current = next;
        }

        (_, _, double a, double b, double c) = Curvature(evidence, servedFrom, intercept, slope);
        a += penaltyIntercept;
        c += penaltySlope;
        double inverse = 1 / ((a * c) - (b * b));
        return new CalibrationLine(intercept, slope, c * inverse, a * inverse, -b * inverse);
    }

    private static double Loss(
        EvidenceBins evidence, double servedFrom, double intercept, double slope, CalibrationLine prior, double penaltyIntercept, double penaltySlope)
    {
        double d0 = intercept - prior.Intercept, d1 = slope - prior.Slope;
        double loss = ((penaltyIntercept * d0 * d0) + (penaltySlope * d1 * d1)) / 2;
        for (int bin = 0; bin < EvidenceBins.Count; bin++)
        {
            (float right, float wrong) = evidence[bin];
            if (right + wrong > 0)
            {
                double logOdds = intercept + (slope * (EvidenceBins.LogOddsOf(bin) - servedFrom));
                loss += (right * SoftPlus(-logOdds)) + (wrong * SoftPlus(logOdds));
            }
        }

        return loss;
    }

    private static (double G0, double G1, double H00, double H01, double H11) Curvature(EvidenceBins evidence, double servedFrom, double intercept, double slope)
    {
        double g0 = 0, g1 = 0, h00 = 0, h01 = 0, h11 = 0;
        for (int bin = 0; bin < EvidenceBins.Count; bin++)
        {
            (float right, float wrong) = evidence[bin];
            if (right + wrong > 0)
            {
                double x = EvidenceBins.LogOddsOf(bin) - servedFrom;
                double p = LogOddsScale.Probability(intercept + (slope * x));
                double g = ((right + wrong) * p) - right, h = (right + wrong) * p * (1 - p);
                (g0, g1) = (g0 + g, g1 + (g * x));
                (h00, h01, h11) = (h00 + h, h01 + (h * x), h11 + (h * x * x));
            }
        }

        return (g0, g1, h00, h01, h11);
    }

    // log(1 + e^x) without overflow.
    private static double SoftPlus(double x) => Math.Max(x, 0) + Math.Log(1 + Math.Exp(-Math.Abs(x)));
}
