namespace Afterimage.Cloud.Cloudflare;

/// <summary>
/// A token bucket that keeps all calls of this process below a number in any five minutes, and quiet while the other side has said so.
/// Thread-safe. Calls in the background leave a fifth of the bucket to requests in flight.
/// </summary>
public sealed class RequestBudget
{
    private const double WindowSeconds = 300;
    private const double BackgroundReserve = 0.2;

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly double _burst;
    private readonly double _perSecond;
    private double _tokens;
    private long _refilled;
    private DateTimeOffset _quietUntil;

    public RequestBudget(int requestsPerFiveMinutes, TimeProvider? time = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(requestsPerFiveMinutes, 10);
        _time = time ?? TimeProvider.System;
        // In the worst window a full bucket is emptied first and everything that flows in is taken too: burst + 300 s of inflow is the bound.
        _burst = requestsPerFiveMinutes / 4.0;
        _perSecond = (requestsPerFiveMinutes - _burst) / WindowSeconds;
        _tokens = _burst;
        _refilled = _time.GetTimestamp();
    }

    /// <summary>Takes one request for somebody who waits; false where there is none left or the other side asked for quiet.</summary>
    public bool TryTake() => TryTake(0, out _);

    /// <summary>Takes one request for work in the background, waiting as long as it takes.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        while (!TryTake(_burst * BackgroundReserve, out TimeSpan wait))
        {
            await Task.Delay(wait, _time, cancellationToken);
        }
    }

    /// <summary>Makes no call before this much time has passed (<c>Retry-After</c>).</summary>
    public void Quiet(TimeSpan duration)
    {
        lock (_lock)
        {
            DateTimeOffset until = _time.GetUtcNow() + duration;
            _quietUntil = until > _quietUntil ? until : _quietUntil;
        }
    }

    private bool TryTake(double reserve, out TimeSpan wait)
    {
        lock (_lock)
        {
            long now = _time.GetTimestamp();
            _tokens = Math.Min(_burst, _tokens + (_time.GetElapsedTime(_refilled, now).TotalSeconds * _perSecond));
            _refilled = now;
            TimeSpan quiet = _quietUntil - _time.GetUtcNow();
            if (quiet > TimeSpan.Zero)
            {
                wait = quiet;
                return false;
            }

            if (_tokens >= 1 + reserve)
            {
                _tokens--;
                wait = TimeSpan.Zero;
                return true;
            }

            wait = TimeSpan.FromSeconds(Math.Max(0.01, (1 + reserve - _tokens) / _perSecond));
            return false;
        }
    }
}
