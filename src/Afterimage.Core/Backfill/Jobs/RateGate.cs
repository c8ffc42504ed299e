namespace Afterimage.Backfill.Jobs;

/// <summary>
/// Holds callers back to so many a second, in groups of a tenth of a second's worth: each wait costs timers and threads that traffic needs as well. No more than one group is
/// saved up. Thread-safe.
/// </summary>
internal sealed class RateGate(double perSecond, TimeProvider time, GentleStart? start = null)
{
    private const double GroupSeconds = 0.1;

    private readonly Lock _lock = new();
    private long _next = time.GetTimestamp();
    private long _opens;
    private int _left;

    public ValueTask PassAsync(CancellationToken cancellationToken)
    {
        if (perSecond <= 0)
        {
            return default;
        }

        TimeSpan wait;
        lock (_lock)
        {
            long now = time.GetTimestamp();
            double rate = start?.RateOfNext(perSecond) ?? perSecond;
            if (_left == 0)
            {
                _left = Math.Max(1, (int)(rate * GroupSeconds));
                _opens = _next = Math.Max(_next, now - (long)(time.TimestampFrequency * GroupSeconds));
            }

            _left--;
            _next += (long)(time.TimestampFrequency / rate);
            wait = TimeSpan.FromSeconds((_opens - now) / (double)time.TimestampFrequency);
        }

        return wait <= TimeSpan.Zero ? default : new ValueTask(Task.Delay(wait, time, cancellationToken));
    }
}
