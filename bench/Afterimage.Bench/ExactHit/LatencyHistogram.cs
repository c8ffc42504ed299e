namespace Afterimage.Bench.ExactHit;

/// <summary>Counts latencies in steps of 10 microseconds up to 20 seconds; longer ones count as 20 seconds. Not thread-safe.</summary>
internal sealed class LatencyHistogram
{
    private const int StepMicroseconds = 10;
    private readonly long[] _counts = new long[2_000_000];

    public long Count { get; private set; }

    public void Record(double microseconds)
    {
        _counts[Math.Clamp((int)(microseconds / StepMicroseconds), 0, _counts.Length - 1)]++;
        Count++;
    }

    public void Add(LatencyHistogram other)
    {
        for (int i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }

        Count += other.Count;
    }

    /// <summary>The latency, in milliseconds, below which this part (0 to 1) of all lie.</summary>
    public double Percentile(double part)
    {
        long wanted = (long)Math.Ceiling(part * Count), seen = 0;
        for (int i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= wanted)
            {
                return (i + 1) * StepMicroseconds / 1000.0;
            }
        }

        return 0;
    }
}
