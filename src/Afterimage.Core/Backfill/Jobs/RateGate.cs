namespace Afterimage.Backfill.Jobs;

/// <summary>Holds callers back to so many a second, evenly, without saving up for a burst longer than a tenth of a second.</summary>
internal sealed class RateGate(double perSecond, TimeProvider time, GentleStart? start = null)
{
    private readonly Lock _lock = new();
    private long _nextTicks = time.GetTimestamp();

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
            long burst = time.TimestampFrequency / 10;
            _nextTicks = Math.Max(_nextTicks, now - burst) + (long)(time.TimestampFrequency / (start?.RateOfNext(perSecond) ?? perSecond));
            wait = TimeSpan.FromSeconds((_nextTicks - now) / (double)time.TimestampFrequency);
        }

        return wait <= TimeSpan.Zero ? default : new ValueTask(Task.Delay(wait, time, cancellationToken));
    }
}
