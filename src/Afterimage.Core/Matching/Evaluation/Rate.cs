namespace Afterimage.Matching.Evaluation;

/// <summary>A share that was counted, with the range in which the true one lies.</summary>
/// <param name="Hits">How many of them.</param>
/// <param name="Trials">Out of how many.</param>
/// <param name="Low">Lower bound of the 95 % Clopper-Pearson interval.</param>
/// <param name="High">Upper bound.</param>
public readonly record struct Rate(int Hits, int Trials, double Low, double High)
{
    /// <summary>0 to 1; null where nothing was counted.</summary>
    public double? Share => Trials == 0 ? null : (double)Hits / Trials;

    public static Rate Of(int hits, int trials)
    {
        (double low, double high) = ClopperPearson.Interval(hits, trials);
        return new Rate(hits, trials, low, high);
    }
}
