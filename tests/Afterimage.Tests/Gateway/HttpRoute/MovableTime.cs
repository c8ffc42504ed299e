namespace Afterimage.Tests.Gateway.HttpRoute;

/// <summary>The system's clock, moved on by a test instead of waiting.</summary>
internal sealed class MovableTime : TimeProvider
{
    private long _offsetTicks;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref _offsetTicks));

    public override long GetTimestamp() => base.GetTimestamp() + (Interlocked.Read(ref _offsetTicks) * TimestampFrequency / TimeSpan.TicksPerSecond);

    public void Advance(double seconds) => Interlocked.Add(ref _offsetTicks, TimeSpan.FromSeconds(seconds).Ticks);
}
