namespace Afterimage.Matching.Learning;

/// <summary>Between probabilities and log-odds. Probabilities of 0 and 1 become finite: nobody is that sure.</summary>
internal static class LogOddsScale
{
    public const double Limit = 9;

    public static double Of(double probability) =>
        double.IsNaN(probability) ? -Limit : Math.Clamp(Math.Log(probability / (1 - probability)), -Limit, Limit);

    public static double Probability(double logOdds) => 1 / (1 + Math.Exp(-logOdds));
}
