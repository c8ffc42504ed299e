using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Afterimage.Diagnostics;

namespace Afterimage.Origin;

/// <summary>The room's instruments. Gauges cover the pools and limits of the process.</summary>
internal static class OriginMeters
{
    private static readonly ConcurrentDictionary<OriginPool, byte> Pools = new();
    private static readonly ConcurrentDictionary<OriginLimits, byte> Limits = new();

    private static readonly Counter<long> Calls = Telemetry.Meter.CreateCounter<long>(
        "afterimage.origin.calls", "{call}", "Requests to the origin, by address and by whether an answer began.");

    private static readonly Counter<long> Refusals = Telemetry.Meter.CreateCounter<long>(
        "afterimage.origin.refused", "{request}", "Requests that were not sent to the origin, by reason.");

    static OriginMeters()
    {
        Meter meter = Telemetry.Meter;
        meter.CreateObservableGauge("afterimage.origin.active", () => Each(s => s.Active), "{call}", "Calls under way, by address.");
        meter.CreateObservableGauge("afterimage.origin.healthy", () => Each(s => s.IsHealthy ? 1 : 0), "1", "Whether the active checks find an address well.");
        meter.CreateObservableGauge(
            "afterimage.origin.breaker_open", () => Each(s => s.BreakerState == "open" ? 1 : 0), "1", "Whether an address is not asked because it failed again and again.");
        meter.CreateObservableGauge("afterimage.origin.waiting", () => Limits.Keys.Sum(l => (long)l.Waiting), "{request}", "Requests that wait for a place at the origin.");
    }

    public static void Register(OriginPool pool) => Pools[pool] = 0;

    public static void Unregister(OriginPool pool) => Pools.TryRemove(pool, out _);

    public static void Register(OriginLimits limits) => Limits[limits] = 0;

    public static void Unregister(OriginLimits limits) => Limits.TryRemove(limits, out _);

    public static void Called(OriginServer server, string outcome) => Calls.Add(1, new("server", server.Name), new("outcome", outcome));

    public static void Refused(string reason) => Refusals.Add(1, new KeyValuePair<string, object?>("reason", reason));

    private static IEnumerable<Measurement<int>> Each(Func<OriginServer, int> value) =>
        Pools.Keys.SelectMany(p => p.Servers).Select(s => new Measurement<int>(value(s), new KeyValuePair<string, object?>("server", s.Name)));
}
