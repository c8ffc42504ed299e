using System.Diagnostics;
using System.Runtime.InteropServices;
using Afterimage.Vectors;

namespace Afterimage.Bench.Index;

/// <summary>How building an index went. Rates are vectors a second.</summary>
/// <param name="PerProcessorSecond">Of processor time, of all threads together, until every vector is in its graph.</param>
/// <param name="VisiblePerSecond">Of the clock, on one thread, until every vector can be found (by scan where the graph has not reached it).</param>
internal sealed record BuildFigures(double PerProcessorSecond, double VisiblePerSecond);

/// <summary>Our index with the data of a run.</summary>
internal sealed class OurIndex : IAsyncDisposable
{
    public const string Space = "bench";

    private static readonly Hash256 Partition = Hash256.Of("partition");

    private OurIndex(VectorIndexOptions options)
    {
        Folder = options.Folder;
        Index = VectorIndex.Open(options);
    }

    public string Folder { get; }

    public VectorIndex Index { get; }

    /// <summary>Opens what is in a folder. A beam or a <paramref name="graphMin"/> of 0 is the product's own.</summary>
    public static async Task<OurIndex> OpenAsync(string folder, int dimensions, int beam = 0, int graphMin = 0)
    {
        var options = new VectorIndexOptions { Folder = folder, SpaceId = Space, Dimensions = dimensions };
        options = beam > 0 ? options with { SearchBeam = beam } : options;
        var ours = new OurIndex(graphMin > 0 ? options with { GraphMin = graphMin } : options);
        await ours.Index.Ready;
        return ours;
    }

    /// <summary>Fills an empty folder with the first vectors of a data set, from one thread.</summary>
    public static Task<(OurIndex Index, BuildFigures Figures)> FillAsync(string folder, IndexData data, int count, Func<int, Hash256>? partitionOf = null, int graphMin = 0) =>
        FillAsync(folder, data.Dimensions, count, data.Vector, partitionOf, graphMin);

    /// <summary>Fills an empty folder with numbered vectors, from one thread.</summary>
    public static async Task<(OurIndex Index, BuildFigures Figures)> FillAsync(
        string folder, int dimensions, int count, Func<int, ReadOnlyMemory<float>> vectorOf, Func<int, Hash256>? partitionOf = null, int graphMin = 0)
    {
        OurIndex ours = await OpenAsync(folder, dimensions, graphMin: graphMin);
        using Process process = Process.GetCurrentProcess();
        TimeSpan before = process.TotalProcessorTime;
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < count; i += 100)
        {
            await ours.Index.AddAsync(
                [.. Enumerable.Range(i, Math.Min(100, count - i)).Select(n => new VectorRecord(Entry(n), partitionOf?.Invoke(n) ?? Partition, n, vectorOf(n)))], default);
        }

        double visible = Stopwatch.GetElapsedTime(start).TotalSeconds;
        await ours.SettleAsync();
        process.Refresh();
        return (ours, new BuildFigures(count / (process.TotalProcessorTime - before).TotalSeconds, count / visible));
    }

    /// <summary>One query at a time; microseconds of each, and the nearest found.</summary>
    public async Task<(double[] Microseconds, int[] Nearest)> SearchAsync(IndexData data, float floor, Func<int, Hash256>? partitionOf = null)
    {
        (double[] times, Neighbor?[] found) = await SearchAsync(data.QueryCount, data.Query, floor, partitionOf);
        return (times, [.. found.Select(n => n is { } neighbor ? NumberOf(neighbor.Entry) : -1)]);
    }

    /// <summary>One query at a time; microseconds of each, and the similarity of the nearest found, 0 where none was.</summary>
    public async Task<(double[] Microseconds, float[] Similarities)> SimilaritiesAsync(float[][] queries, float floor)
    {
        (double[] times, Neighbor?[] found) = await SearchAsync(queries.Length, q => queries[q], floor, null);
        return (times, [.. found.Select(n => n?.Similarity ?? 0)]);
    }

    /// <summary>Waits until no vector waits for a graph, and saves the graphs.</summary>
    public async Task SettleAsync()
    {
        while (Index.Status.Pending > 0)
        {
            await Task.Delay(10);
        }

        await Index.SnapshotAsync(default);
    }

    public ValueTask DisposeAsync() => Index.DisposeAsync();

    private async Task<(double[] Microseconds, Neighbor?[] Found)> SearchAsync(
        int count, Func<int, ReadOnlyMemory<float>> queryOf, float floor, Func<int, Hash256>? partitionOf)
    {
        double[] times = new double[count];
        var nearest = new Neighbor?[count];
        for (int q = 0; q < count; q++)
        {
            var query = new VectorQuery(partitionOf?.Invoke(q) ?? Partition, null, queryOf(q), 1, floor);
            long start = Stopwatch.GetTimestamp();
            IReadOnlyList<Neighbor> found = await Index.SearchAsync(query, default);
            times[q] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
            nearest[q] = found.Count == 0 ? null : found[0];
        }

        return (times, nearest);
    }

    /// <summary>A key whose first bytes tell the number; the rest is as random as a digest.</summary>
    public static Hash256 Entry(int number)
    {
        Span<byte> bytes = stackalloc byte[Hash256.Size];
        Hash256.Of($"entry {number}").WriteTo(bytes);
        MemoryMarshal.Write(bytes, number);
        return Hash256.FromBytes(bytes);
    }

    /// <summary>The number that <see cref="Entry"/> was given.</summary>
    public static int NumberOf(Hash256 entry)
    {
        Span<byte> bytes = stackalloc byte[Hash256.Size];
        entry.WriteTo(bytes);
        return MemoryMarshal.Read<int>(bytes);
    }
}
