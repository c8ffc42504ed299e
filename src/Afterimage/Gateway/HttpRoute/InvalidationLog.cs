using System.Collections.Concurrent;
using Afterimage.Caching.Http;

namespace Afterimage.Gateway.HttpRoute;

/// <summary>
/// When resources were last invalidated, so that an answer which was already on its way then is not stored afterwards. Bounded: when full it forgets
/// the single entries and declares everything asked before that moment void.
/// </summary>
internal sealed class InvalidationLog(TimeProvider time)
{
    private const int EntriesMax = 8192;

    private readonly ConcurrentDictionary<ResourceKey, DateTimeOffset> _last = new();
    private long _floorTicks;

    public void Add(in ResourceKey key)
    {
        if (_last.Count >= EntriesMax)
        {
            Volatile.Write(ref _floorTicks, time.GetUtcNow().UtcTicks);
            _last.Clear();
        }

        _last[key] = time.GetUtcNow();
    }

    /// <summary>Whether an answer to a request sent at <paramref name="requestTime"/> may describe the state before an invalidation.</summary>
    public bool IsVoid(in ResourceKey key, DateTimeOffset requestTime) =>
        requestTime.UtcTicks <= Volatile.Read(ref _floorTicks) || (_last.TryGetValue(key, out DateTimeOffset at) && requestTime <= at);
}
