using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Afterimage.Diagnostics;

namespace Afterimage.Entries;

/// <summary>The room's instruments. Gauges sum over the open stores of the process.</summary>
internal static class EntryMeters
{
    private static readonly ConcurrentDictionary<FileEntryStore, byte> Stores = new();

    public static readonly Counter<long> MemoryHits = Telemetry.Meter.CreateCounter<long>("afterimage.store.memory.hits", "{hit}", "Entries served from the memory tier.");
    public static readonly Counter<long> Puts = Telemetry.Meter.CreateCounter<long>("afterimage.store.puts", "{entry}", "Writes by outcome.");
    public static readonly Counter<long> Removals = Telemetry.Meter.CreateCounter<long>("afterimage.store.removals", "{entry}", "Entries removed, by reason.");
    public static readonly Counter<long> Damaged = Telemetry.Meter.CreateCounter<long>("afterimage.store.damaged", "{entry}", "Entries refused, by fault.");
    public static readonly Counter<long> DiskFaults = Telemetry.Meter.CreateCounter<long>("afterimage.store.disk_faults", "{fault}", "Disk operations that failed, by operation.");
    public static readonly Counter<long> LocationFaults = Telemetry.Meter.CreateCounter<long>("afterimage.store.location_faults", "{fault}", "In-place images that could not be read or had changed.");

    static EntryMeters()
    {
        Meter meter = Telemetry.Meter;
        meter.CreateObservableGauge("afterimage.store.entries", () => Stores.Keys.Sum(s => s.Status.Entries), "{entry}", "Entries known.");
        meter.CreateObservableGauge("afterimage.store.bytes", () => Stores.Keys.Sum(s => s.Status.Bytes), "By", "Bytes of entries on disk.");
        meter.CreateObservableGauge("afterimage.store.load_progress", () => Stores.Keys.Select(s => s.Status.LoadProgress).DefaultIfEmpty(1).Min(), "1", "How far the read-back at start has come.");
        meter.CreateObservableGauge("afterimage.store.open_files", () => Stores.Keys.Sum(s => (long)s.OpenFiles), "{file}", "Entry files kept open.");
        meter.CreateObservableGauge("afterimage.store.memory.bytes", () => Stores.Keys.Sum(s => s.Memory.Bytes), "By", "Bytes in the memory tier.");
        meter.CreateObservableGauge("afterimage.store.memory.entries", () => Stores.Keys.Sum(s => (long)s.Memory.Count), "{entry}", "Entries in the memory tier.");
    }

    /// <summary>Lets the gauges count a store, which must be whole: they may read it at once, on another thread.</summary>
    public static void Register(FileEntryStore store) => Stores[store] = 0;

    public static void Unregister(FileEntryStore store) => Stores.TryRemove(store, out _);

    public static PutOutcome CountPut(PutOutcome outcome)
    {
        Puts.Add(1, KeyValuePair.Create<string, object?>("outcome", outcome.ToString()));
        return outcome;
    }

    public static void CountRemoval(RemovalReason reason, long count = 1) =>
        Removals.Add(count, KeyValuePair.Create<string, object?>("reason", reason.ToString()));

    public static void CountFault(EntryFault fault) => Damaged.Add(1, KeyValuePair.Create<string, object?>("fault", fault.ToString()));

    public static void CountDiskFault(string operation) => DiskFaults.Add(1, KeyValuePair.Create<string, object?>("operation", operation));
}
