namespace Afterimage.Matching.Learning;

/// <summary>What is known of one partition, or of all together, and the line fitted to it. Thread-safe.</summary>
internal sealed class EvidencePool(double servedFrom, double deviationIntercept, double deviationSlope, Ageing ageing)
{
    private readonly Lock _lock = new();
    private readonly EvidenceBins _bins = new();
    private CalibrationLine? _fitted;
    private CalibrationLine _fittedTo;
    private int _sinceFit;
    private double _day = ageing.Today;

    public double Reviews
    {
        get
        {
            lock (_lock)
            {
                Age();
                return _bins.Reviews;
            }
        }
    }

    /// <summary>Counter of use, for leaving in order of age.</summary>
    public long LastObserved { get; private set; }

    public void Add(int bin, float right, float wrong, float reviews, long now)
    {
        lock (_lock)
        {
            Age();
            _bins.Add(bin, right, wrong, reviews);
            LastObserved = now;

            // Silence changes a line slowly: it is fitted again now and then, after a verdict at once.
            _sinceFit++;
            if (reviews > 0 || _sinceFit >= 64)
            {
                _fitted = null;
            }
        }
    }

    /// <summary>The line for this evidence, given the line without it.</summary>
    public CalibrationLine Fit(CalibrationLine prior)
    {
        lock (_lock)
        {
            Age();
            if (_fitted is null || _fittedTo != prior)
            {
                _fitted = LogisticFit.Fit(_bins, servedFrom, prior, deviationIntercept, deviationSlope);
                (_fittedTo, _sinceFit) = (prior, 0);
            }

            return _fitted.Value;
        }
    }

    /// <summary>The bins that hold something.</summary>
    public IReadOnlyList<(int Bin, float Right, float Wrong)> Snapshot(out double reviews)
    {
        lock (_lock)
        {
            Age();
            reviews = _bins.Reviews;
            return [.. Enumerable.Range(0, EvidenceBins.Count).Select(b => (b, _bins[b].Right, _bins[b].Wrong)).Where(b => b.Right + b.Wrong > 0)];
        }
    }

    // Once a day is often enough, and keeps the fitted line for that long.
    private void Age()
    {
        double today = ageing.Today;
        if (today - _day >= 1)
        {
            _bins.Scale(ageing.Share(today - _day));
            (_day, _fitted) = (today, null);
        }
    }
}
