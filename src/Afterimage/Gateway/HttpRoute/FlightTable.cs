using System.Collections.Concurrent;
using Afterimage.Caching.Http;

namespace Afterimage.Gateway.HttpRoute;

/// <summary>Requests under way, by resource, and which resources are not worth waiting for.</summary>
internal sealed class FlightTable(TimeProvider time)
{
    private const int NotSharedMax = 8192;
    private static readonly TimeSpan NotSharedFor = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<ResourceKey, Flight> _flights = new();
    private readonly ConcurrentDictionary<ResourceKey, long> _notShared = new();

    /// <summary>Resources with a request under way.</summary>
    public ICollection<ResourceKey> Keys => _flights.Keys;

    public int Count => _flights.Count;

    /// <summary>Requests that wait for others.</summary>
    public int Waiting => _flights.Values.Sum(flight => flight.Waiting);

    /// <summary>Joins the flight that is under way, or starts one.</summary>
    /// <param name="key">The resource.</param>
    /// <param name="leads">Whether the caller started it and must end it.</param>
    /// <returns>Null where the last answers could not be shared: then waiting for each other would only put requests in a row.</returns>
    public Flight? JoinOrLead(in ResourceKey key, out bool leads)
    {
        leads = false;
        if (_notShared.TryGetValue(key, out long until))
        {
            if (time.GetTimestamp() < until)
            {
                return null;
            }

            _notShared.TryRemove(key, out _);
        }

        var own = new Flight();
        Flight flight = _flights.GetOrAdd(key, own);
        leads = flight == own;
        return flight;
    }

    /// <summary>Takes a flight out of the table.</summary>
    public void Remove(in ResourceKey key, Flight flight) => _flights.TryRemove(KeyValuePair.Create(key, flight));

    /// <summary>Remembers for some seconds that answers for this resource cannot be shared.</summary>
    public void MarkNotShared(in ResourceKey key)
    {
        if (_notShared.Count >= NotSharedMax)
        {
            _notShared.Clear();
        }

        _notShared[key] = time.GetTimestamp() + (long)(NotSharedFor.TotalSeconds * time.TimestampFrequency);
    }

    /// <summary>Keeps what is under way for this resource from being joined.</summary>
    public void Detach(in ResourceKey key) => _flights.TryRemove(key, out _);
}
