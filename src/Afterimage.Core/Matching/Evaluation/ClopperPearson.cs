namespace Afterimage.Matching.Evaluation;

/// <summary>
/// The exact interval of a counted share (Clopper and Pearson 1934): it covers the true share in at least the stated part of all cases, however rare the event.
/// </summary>
public static class ClopperPearson
{
    /// <param name="hits">0 to <paramref name="trials"/>.</param>
    /// <param name="trials">0 or more; with none the interval is everything.</param>
    /// <param name="confidence">For example 0.95.</param>
    public static (double Low, double High) Interval(int hits, int trials, double confidence = 0.95)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(hits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(hits, trials);
        double tail = (1 - confidence) / 2;
        double low = hits == 0 ? 0 : Beta.Quantile(tail, hits, trials - hits + 1.0);
        double high = hits == trials ? 1 : Beta.Quantile(1 - tail, hits + 1.0, trials - hits);
        return (low, high);
    }
}
