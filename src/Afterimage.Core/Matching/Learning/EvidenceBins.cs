namespace Afterimage.Matching.Learning;

/// <summary>
/// Observations pooled by log-odds, half a unit wide: of bounded size however many there are, and additive, so that servings, verdicts and files combine in
/// any order. Not thread-safe.
/// </summary>
internal sealed class EvidenceBins
{
    public const int Count = 36;

    private readonly float[] _right = new float[Count];
    private readonly float[] _wrong = new float[Count];

    /// <summary>Weight of all verdicts, silence not included.</summary>
    public double Reviews { get; private set; }

    public static int BinOf(double logOdds) => Math.Clamp((int)Math.Floor((logOdds + LogOddsScale.Limit) * 2), 0, Count - 1);

    /// <summary>The bin's middle.</summary>
    public static double LogOddsOf(int bin) => ((bin + 0.5) / 2) - LogOddsScale.Limit;

    public void Add(int bin, float right, float wrong, float reviews)
    {
        _right[bin] += right;
        _wrong[bin] += wrong;
        Reviews += reviews;
    }

    /// <summary>Makes all evidence count less.</summary>
    public void Scale(double factor)
    {
        for (int bin = 0; bin < Count; bin++)
        {
            _right[bin] = (float)(_right[bin] * factor);
            _wrong[bin] = (float)(_wrong[bin] * factor);
        }

        Reviews *= factor;
    }

    public (float Right, float Wrong) this[int bin] => (_right[bin], _wrong[bin]);
}
