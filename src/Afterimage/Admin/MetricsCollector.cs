using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using Afterimage.Diagnostics;

namespace Afterimage.Admin;

/// <summary>Listens to the engine's instruments and keeps their sums, for Prometheus and for the stats page.</summary>
internal sealed class MetricsCollector : IDisposable
{
    // For histograms that advise no bounds of their own.
    private static readonly double[] SecondsBounds = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<Instrument, Family> _families = new();
    private readonly Lock _observing = new();

    public MetricsCollector()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == Telemetry.MeterName)
            {
                listener.EnableMeasurementEvents(instrument, _families.GetOrAdd(instrument, static i => new Family(i)));
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, state) => ((Family)state!).Take(value, tags));
        _listener.SetMeasurementEventCallback<int>((_, value, tags, state) => ((Family)state!).Take(value, tags));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, state) => ((Family)state!).Take(value, tags));
        _listener.Start();
    }

    /// <summary>The sum of an instrument over all its tags; 0 where nothing was measured.</summary>
    public double Sum(string name)
    {
        using Lock.Scope observing = Observe();
        return _families.Values.Where(f => f.Instrument.Name == name).SelectMany(f => f.Cells).Sum(c => c.Value.Sum);
    }

    /// <summary>An instrument's sums by the value of one tag.</summary>
    public SortedDictionary<string, double> By(string name, string tag)
    {
        using Lock.Scope observing = Observe();
        var sums = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var cell in _families.Values.Where(f => f.Instrument.Name == name).SelectMany(f => f.Cells))
        {
            string key = cell.Key.ValueOf(tag) ?? "";
            sums[key] = sums.GetValueOrDefault(key) + cell.Value.Sum;
        }

        return sums;
    }

    /// <summary>The text exposition format of Prometheus, version 0.0.4.</summary>
    public string ToPrometheus()
    {
        using Lock.Scope observing = Observe();
        var text = new StringBuilder();
        foreach (Family family in _families.Values.OrderBy(f => f.Instrument.Name, StringComparer.Ordinal))
        {
            family.Write(text);
        }

        AppendProcess(text);
        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();

    // What an observable instrument no longer names is gone: a job's bucket, for example. Nobody reads while the values are on their way.
    private Lock.Scope Observe()
    {
        Lock.Scope observing = _observing.EnterScope();
        foreach (Family family in _families.Values.Where(f => f.Instrument.IsObservable))
        {
            family.Cells.Clear();
        }

        try
        {
            _listener.RecordObservableInstruments();
            return observing;
        }
        catch
        {
            // An instrument's own fault must not keep everyone else out for good.
            observing.Dispose();
            throw;
        }
    }

    private static void AppendProcess(StringBuilder text)
    {
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        Gauge("process_resident_memory_bytes", process.WorkingSet64);
        Gauge("process_cpu_seconds_total", process.TotalProcessorTime.TotalSeconds);
        Gauge("process_threads", process.Threads.Count);
        Gauge("dotnet_gc_heap_bytes", GC.GetTotalMemory(false));
        Counter("dotnet_gc_allocated_bytes_total", GC.GetTotalAllocatedBytes());
        Counter("dotnet_gc_pause_seconds_total", GC.GetTotalPauseDuration().TotalSeconds);

        // The runtime counts a collection of one generation among those of all younger ones; a metric is summed by whoever reads it.
        text.Append("# TYPE dotnet_gc_collections_total counter\n");
        for (int generation = 0; generation <= GC.MaxGeneration; generation++)
        {
            int older = generation < GC.MaxGeneration ? GC.CollectionCount(generation + 1) : 0;
            text.Append(CultureInfo.InvariantCulture, $"dotnet_gc_collections_total{{generation=\"{generation}\"}} {Math.Max(0, GC.CollectionCount(generation) - older)}\n");
        }

        void Gauge(string name, double value) => text.Append(CultureInfo.InvariantCulture, $"# TYPE {name} gauge\n{name} {value}\n");
        void Counter(string name, double value) => text.Append(CultureInfo.InvariantCulture, $"# TYPE {name} counter\n{name} {value}\n");
    }

    /// <summary>One instrument's cells, one for each combination of tag values.</summary>
    private sealed class Family(Instrument instrument)
    {
        private readonly bool _isHistogram = instrument.GetType().Name.StartsWith("Histogram", StringComparison.Ordinal);
        private readonly double[] _bounds = [.. (instrument as Histogram<double>)?.Advice?.HistogramBucketBoundaries ?? SecondsBounds];
        private readonly bool _isGauge = instrument.IsObservable && !instrument.GetType().Name.StartsWith("ObservableCounter", StringComparison.Ordinal)
            || instrument.GetType().Name.Contains("UpDown", StringComparison.Ordinal);

        public Instrument Instrument => instrument;

        public ConcurrentDictionary<TagKey, Cell> Cells { get; } = new();

        public void Take(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var key = new TagKey(tags);
            if (!Cells.TryGetValue(key, out Cell? cell))
            {
                cell = Cells.GetOrAdd(key, new Cell(_isHistogram ? _bounds.Length + 1 : 0));
            }

            lock (cell)
            {
                cell.Sum = instrument.IsObservable ? value : cell.Sum + value;
                if (_isHistogram)
                {
                    int bucket = Array.BinarySearch(_bounds, value);
                    cell.Buckets[bucket < 0 ? ~bucket : bucket]++;
                    cell.Count++;
                }
            }
        }

        public void Write(StringBuilder text)
        {
            string name = Name(), type = _isHistogram ? "histogram" : _isGauge ? "gauge" : "counter";
            text.Append($"# HELP {name} {instrument.Description}\n# TYPE {name} {type}\n");
            foreach ((TagKey key, Cell cell) in Cells)
            {
                lock (cell)
                {
                    if (_isHistogram)
                    {
                        WriteHistogram(text, name, key, cell);
                    }
                    else
                    {
                        text.Append(CultureInfo.InvariantCulture, $"{name}{key.Braced()} {cell.Sum}\n");
                    }
                }
            }
        }

        private void WriteHistogram(StringBuilder text, string name, TagKey key, Cell cell)
        {
            long cumulative = 0;
            for (int i = 0; i < _bounds.Length; i++)
            {
                cumulative += cell.Buckets[i];
                text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{key.Braced($"le=\"{_bounds[i]}\"")} {cumulative}\n");
            }

            text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{key.Braced("le=\"+Inf\"")} {cell.Count}\n");
            text.Append(CultureInfo.InvariantCulture, $"{name}_sum{key.Braced()} {cell.Sum}\n{name}_count{key.Braced()} {cell.Count}\n");
        }

        private string Name()
        {
            string name = instrument.Name.Replace('.', '_');
            string unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
            name = unit.Length > 0 && !name.EndsWith(unit, StringComparison.Ordinal) ? name + unit : name;
            return _isHistogram || _isGauge ? name : name + "_total";
        }
    }

    private sealed class Cell(int buckets)
    {
        public double Sum;
        public long Count;
        public readonly long[] Buckets = new long[buckets];
    }

    /// <summary>Up to two tags; more than the engine uses would be too many series anyway.</summary>
    private readonly record struct TagKey(string? Tag1, string? Value1, string? Tag2, string? Value2)
    {
        public TagKey(ReadOnlySpan<KeyValuePair<string, object?>> tags)
            : this(
                tags.Length > 0 ? tags[0].Key : null, tags.Length > 0 ? tags[0].Value?.ToString() : null, tags.Length > 1 ? tags[1].Key : null,
                tags.Length > 1 ? tags[1].Value?.ToString() : null)
        {
        }

        public string? ValueOf(string tag) => Tag1 == tag ? Value1 : Tag2 == tag ? Value2 : null;

        public string Braced(string? more = null)
        {
            var labels = new List<string>(3);
            Add(labels, Tag1, Value1);
            Add(labels, Tag2, Value2);
            if (more is not null)
            {
                labels.Add(more);
            }

            return labels.Count > 0 ? "{" + string.Join(',', labels) + "}" : "";
        }

        private static void Add(List<string> labels, string? tag, string? value)
        {
            if (tag is not null)
            {
                labels.Add($"{tag.Replace('.', '_')}=\"{(value ?? "").Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n")}\"");
            }
        }
    }
}
