using System.Threading.RateLimiting;
using Afterimage.Caching;
using Afterimage.Configuration;

namespace Afterimage.Origin;

/// <summary>
/// How many requests may be at the origin at the same time, in all and for single models, and how many may wait for that and how long. A request takes
/// its model's place first and the common one second, so that a queue for one model does not hold places that another could use. Thread-safe.
/// </summary>
internal sealed class OriginLimits : IDisposable
{
    private static readonly TimeSpan RetryAfterMax = TimeSpan.FromMinutes(1);

    private readonly OriginOptions _options;
    private readonly TimeProvider _time;
    private readonly ConcurrencyLimiter? _all;
    private readonly Dictionary<string, ConcurrencyLimiter> _models;
    private int _waiting;
    private double _seconds;

    public OriginLimits(OriginOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _all = options.ConcurrencyMax > 0 ? Limiter(options.ConcurrencyMax) : null;
        _models = options.Models.ToDictionary(m => m.Model, m => Limiter(m.ConcurrencyMax), StringComparer.Ordinal);
        OriginMeters.Register(this);
    }

    /// <summary>Requests that wait for a place.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Waits for a place. Give it back by disposing what comes; a fault comes where there is none.</summary>
    /// <param name="model">The model asked for; empty where there is none.</param>
    /// <param name="cancellationToken">Ends the wait with <see cref="OperationCanceledException"/>.</param>
    public async ValueTask<(Place? Place, OriginAnswer? Fault)> EnterAsync(string model, CancellationToken cancellationToken)
    {
        ConcurrencyLimiter? limiter = _models.GetValueOrDefault(model);
        var place = new Place(this, limiter?.AttemptAcquire(), null, _time.GetTimestamp());
        if (limiter is null || place.OfModel!.IsAcquired)
        {
            place = place with { OfAll = _all?.AttemptAcquire() };
            if (_all is null || place.OfAll!.IsAcquired)
            {
                return (place, null);
            }
        }

        // From before it counts as waiting: who sees it wait may rely on its time running.
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(_options.QueueTimeoutSeconds), _time);
        if (Interlocked.Increment(ref _waiting) > _options.QueueMax)
        {
            Interlocked.Decrement(ref _waiting);
            place.Release();
            return (null, Refuse("queue-full", $"{_options.QueueMax} requests wait for the image service already", model));
        }

        try
        {
            return await WaitAsync(place, model, limiter, limit.Token, cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    public void Dispose()
    {
        OriginMeters.Unregister(this);
        _all?.Dispose();
        foreach (ConcurrencyLimiter limiter in _models.Values)
        {
            limiter.Dispose();
        }
    }

    private async ValueTask<(Place? Place, OriginAnswer? Fault)> WaitAsync(
        Place place, string model, ConcurrencyLimiter? limiter, CancellationToken limit, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit, cancellationToken);
        try
        {
            if (limiter is not null && !place.OfModel!.IsAcquired)
            {
                place = place with { OfModel = await limiter.AcquireAsync(1, either.Token) };
            }

            if (_all is not null)
            {
                place = place with { OfAll = await _all.AcquireAsync(1, either.Token) };
            }

            return (place with { Since = _time.GetTimestamp() }, null);
        }
        catch (OperationCanceledException)
        {
            place.Release();
            cancellationToken.ThrowIfCancellationRequested();
            return (null, Refuse("queue-timeout", $"the image service was busy for {_options.QueueTimeoutSeconds:0.#} s", model));
        }
    }

    // Our own bound on those who wait comes first, since it is common to all models.
    private static ConcurrencyLimiter Limiter(int permits) =>
        new(new ConcurrencyLimiterOptions { PermitLimit = permits, QueueLimit = int.MaxValue, QueueProcessingOrder = QueueProcessingOrder.OldestFirst });

    private OriginAnswer Refuse(string reason, string detail, string model)
    {
        OriginMeters.Refused(reason);

        // When those who wait have had their turn: the usual time of a call, shared by the places that this request may have.
        int places = _options.Models.Find(m => m.Model == model)?.ConcurrencyMax ?? _options.ConcurrencyMax;
        double seconds = Volatile.Read(ref _seconds) * (Waiting + 1) / Math.Max(1, places);
        return new OriginAnswer(OriginFault.Overloaded, detail, TimeSpan.FromSeconds(Math.Clamp(Math.Ceiling(seconds), 1, RetryAfterMax.TotalSeconds)));
    }

    private void Left(long since)
    {
        double seconds = _time.GetElapsedTime(since).TotalSeconds, known = Volatile.Read(ref _seconds);
        Volatile.Write(ref _seconds, known == 0 ? seconds : known + ((seconds - known) * 0.1));
    }

    /// <summary>A request's place at the origin.</summary>
    internal sealed record Place(OriginLimits Limits, RateLimitLease? OfModel, RateLimitLease? OfAll, long Since) : IDisposable
    {
        public void Dispose()
        {
            Release();
            Limits.Left(Since);
        }

        public void Release()
        {
            OfAll?.Dispose();
            OfModel?.Dispose();
        }
    }
}
