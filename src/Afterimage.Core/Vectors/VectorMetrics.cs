using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Afterimage.Diagnostics;

namespace Afterimage.Vectors;

/// <summary>Instruments of the in-process indexes that are open, each tagged with its space.</summary>
internal static class VectorMetrics
{
    private static readonly ConcurrentDictionary<VectorIndex, KeyValuePair<string, object?>> Open = new();

    private static readonly Histogram<double> SearchSeconds = Telemetry.Meter.CreateHistogram<double>(
        "afterimage.index.search.duration",
        "s",
        "Time of one search of the in-process index, by path.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 1e-2, 0.1] });

    private static readonly KeyValuePair<string, object?>[] Paths =
        [.. Enum.GetValues<SearchPath>().Select(p => KeyValuePair.Create<string, object?>("path", p.ToString().ToLowerInvariant()))];

    static VectorMetrics()
    {
        Gauge("afterimage.index.vectors", "{vector}", "Vectors that searches can see.", s => s.Vectors);
        Gauge("afterimage.index.partitions", "{partition}", "Partitions with at least one vector.", s => s.Partitions);
        Gauge("afterimage.index.pending", "{vector}", "Vectors that wait for their place in a graph.", s => s.Pending);
        Gauge("afterimage.index.memory", "By", "Private memory held for vectors and graphs.", s => s.MemoryBytes);
        Gauge("afterimage.index.disk", "By", "Bytes of the log.", s => s.DiskBytes);
        Gauge("afterimage.index.log.lag", "s", "Age of the oldest change that is not flushed.", s => s.UnflushedSeconds);
        Gauge("afterimage.index.damaged", "{record}", "Records that the last opening had to skip or cut.", s => s.DamagedRecords);
        Telemetry.Meter.CreateObservableCounter(
            "afterimage.index.rebuilds", () => Observe(s => s.Rebuilds), "{rebuild}", "Graphs thrown away because most of what they held was removed.");
    }

    /// <summary>Lets the gauges count an index, which must be whole: they may read it at once, on another thread.</summary>
    public static void Add(VectorIndex index) => Open[index] = new("space", index.SpaceId);

    public static void Remove(VectorIndex index) => Open.TryRemove(index, out _);

    /// <summary>A timestamp for <see cref="Searched"/>; 0 where nobody listens.</summary>
    public static long Start() => SearchSeconds.Enabled ? Stopwatch.GetTimestamp() : 0;

    public static void Searched(long start, SearchPath path)
    {
        if (start != 0)
        {
            SearchSeconds.Record(Stopwatch.GetElapsedTime(start).TotalSeconds, Paths[(int)path]);
        }
    }

    private static void Gauge(string name, string unit, string description, Func<VectorIndexStatus, double> value) =>
        Telemetry.Meter.CreateObservableGauge(name, () => Observe(value), unit, description);

    private static IEnumerable<Measurement<double>> Observe(Func<VectorIndexStatus, double> value) =>
        Open.Select(pair => new Measurement<double>(value(pair.Key.Status), pair.Value));
}
