using System.Diagnostics.Metrics;
using Afterimage.Diagnostics;
using Afterimage.Entries;

namespace Afterimage.Gateway;

/// <summary>
/// Counts requests by how they were answered. Plain interlocked numbers that are read when somebody asks: a push to a listener for every hit would cost more
/// than finding the picture.
/// </summary>
internal static class RequestMeters
{
    private static readonly Tier[] Tiers = Enum.GetValues<Tier>();
    private static readonly long[] Requests = new long[Tiers.Length * Stride];
    private static readonly long[] Bytes = new long[Tiers.Length * Stride];
    private static long SavedMilliseconds;

    // A cache line each, so that cores that count different tiers do not disturb one another.
    private const int Stride = 8;

    static RequestMeters()
    {
        Telemetry.Meter.CreateObservableCounter("afterimage.requests", () => Read(Requests), description: "Requests by how they were answered.");
        Telemetry.Meter.CreateObservableCounter("afterimage.response.bytes", () => Read(Bytes), "By", "Body bytes sent, by how requests were answered.");
        Telemetry.Meter.CreateObservableCounter(
            "afterimage.origin.saved", () => Interlocked.Read(ref SavedMilliseconds) / 1000.0, "s", "Origin time that hits did not cost, as far as it was measured when their pictures were made.");
    }

    public static void Answered(Tier tier, long bytes)
    {
        Interlocked.Increment(ref Requests[(int)tier * Stride]);
        Interlocked.Add(ref Bytes[(int)tier * Stride], bytes);
    }

    public static void Saved(EntryHeader entry)
    {
        if (entry.OriginTime is { } spent)
        {
            Interlocked.Add(ref SavedMilliseconds, (long)spent.TotalMilliseconds);
        }
    }

    private static IEnumerable<Measurement<long>> Read(long[] counts) =>
        Tiers.Select(t => new Measurement<long>(Interlocked.Read(ref counts[(int)t * Stride]), new KeyValuePair<string, object?>("tier", RequestLog.NameOf(t))));
}
