using Afterimage.Matching.Evaluation;

namespace Afterimage.Matching.Learning;

/// <summary>The verdicts on one entry's picture. Guarded by its owner's lock.</summary>
internal sealed class EntryRecord
{
    private const double OffsetDeviation = 0.7;
    private const int WrongAlarm = 3;

    public int Right { get; private set; }

    public int Wrong { get; private set; }

    public int Reviews => Right + Wrong;

    public long LastObserved { get; set; }

    /// <summary>Sum over the verdicts of what the partition's line said at the time.</summary>
    public double LogOddsSum { get; private set; }

    /// <param name="logOddsSum">What the partition's line said of the pairs, summed.</param>
    /// <param name="right">Verdicts that it was right.</param>
    /// <param name="wrong">Verdicts that it was wrong.</param>
    public void Add(double logOddsSum, int right, int wrong)
    {
        LogOddsSum += logOddsSum;
        Right += right;
        Wrong += wrong;
    }

    /// <summary>Wrong so often that the picture itself is the trouble (not what its prompt says): surely more than asked.</summary>
    public bool IsAlarming(double maxFalseReuse) => Wrong >= WrongAlarm && ClopperPearson.Interval(Wrong, Reviews).Low > maxFalseReuse;

    /// <summary>How much better or worse than its partition this entry is, in log-odds: one-parameter logistic regression with a normal prior around 0.</summary>
    public double Offset()
    {
        double mean = LogOddsSum / Math.Max(1, Reviews), offset = 0;
        for (int i = 0; i < 20; i++)
        {
            double p = LogOddsScale.Probability(mean + offset);
            double gradient = (Reviews * p) - Right + (offset / (OffsetDeviation * OffsetDeviation));
            double curvature = (Reviews * p * (1 - p)) + (1 / (OffsetDeviation * OffsetDeviation));
            offset -= Math.Clamp(gradient / curvature, -1, 1);
        }

        return offset;
    }
}
