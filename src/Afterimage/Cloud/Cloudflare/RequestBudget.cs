namespace Afterimage.Cloud.Cloudflare;

/// <summary>
/// A token bucket that keeps all calls of this process below a number in any five minutes, and quiet while the other side has said so.
/// Thread-safe. Calls in the background leave a fifth of the bucket to requests in flight, and requests in flight leave a fifth of the inflow to them:
/// under more lookups than the budget allows, writes still go out.
/// </summary>
public sealed class RequestBudget
{
    private const double WindowSeconds = 300;
    private const double Share = 0.2;

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly double _burst;
    private readonly double _perSecond;
    private readonly double _backgroundMax;
    private double _tokens;
    private double _background;
    private long _refilled;
    private DateTimeOffset _quietUntil;

    public RequestBudget(int requestsPerFiveMinutes, TimeProvider? time = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(requestsPerFiveMinutes, 10);
        _time = time ?? TimeProvider.System;
        // In the worst window a full bucket is emptied first and everything that flows in is taken too: burst + 300 s of inflow is the bound.
        _burst = requestsPerFiveMinutes / 4.0;
        _perSecond = (requestsPerFiveMinutes - _burst) / WindowSeconds;
        _backgroundMax = Math.Max(1, _burst * Share);
        (_tokens, _background) = (_burst - _backgroundMax, _backgroundMax);
        _refilled = _time.GetTimestamp();
    }

    /// <summary>Takes one request for somebody who waits; false where there is none left or the other side asked for quiet.</summary>
    public bool TryTake() => TryTake(background: false, out _);

    /// <summary>Takes one request for work in the background, waiting as long as it takes.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        while (!TryTake(background: true, out TimeSpan wait))
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

    private bool TryTake(bool background, out TimeSpan wait)
    {
        lock (_lock)
        {
            Refill();
            TimeSpan quiet = _quietUntil - _time.GetUtcNow();
            if (quiet > TimeSpan.Zero)
            {
                wait = quiet;
                return false;
            }

            wait = TimeSpan.Zero;
            if (background && _background >= 1)
            {
                _background--;
                return true;
            }

            double needed = background ? 1 + (_burst * Share) : 1;
            if (_tokens >= needed)
            {
                _tokens--;
                return true;
            }

            wait = TimeSpan.FromSeconds(Math.Max(0.01, Math.Min((needed - _tokens) / _perSecond, (1 - _background) / (_perSecond * Share))));
            return false;
        }
    }

    private void Refill()
    {
        long now = _time.GetTimestamp();
        double inflow = _time.GetElapsedTime(_refilled, now).TotalSeconds * _perSecond;
        double share = Math.Min(inflow * Share, _backgroundMax - _background);
        _background += share;
        _tokens = Math.Min(_burst - _backgroundMax, _tokens + inflow - share);
        _refilled = now;
    }
}
