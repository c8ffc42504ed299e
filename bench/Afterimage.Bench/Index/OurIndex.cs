using System.Diagnostics;
using Afterimage.Vectors;

namespace Afterimage.Bench.Index;

/// <summary>Our index filled with the data of a run, in a folder of its own.</summary>
internal sealed class OurIndex : IAsyncDisposable
{
    public const string Space = "bench";

    private static readonly Hash256 Partition = Hash256.Of("partition");

    private readonly Dictionary<Hash256, int> _numbers = [];

    private OurIndex(VectorIndexOptions options, string folder)
    {
        Folder = folder;
        Index = VectorIndex.Open(options);
    }

    public string Folder { get; }

    public VectorIndex Index { get; }

    /// <summary>Vectors a second of processor time, of all threads together, until every one is in its graph.</summary>
    public double InsertsPerSecond { get; private set; }

    public static async Task<OurIndex> FillAsync(IndexData data, Func<int, Hash256>? partitionOf = null)
    {
        string folder = Directory.CreateTempSubdirectory("afterimage-bench-index-").FullName;
        var options = new VectorIndexOptions { Folder = folder, SpaceId = Space, Dimensions = data.Dimensions };
        var ours = new OurIndex(options, folder);
        await ours.Index.Ready;
        using Process process = Process.GetCurrentProcess();
        TimeSpan start = process.TotalProcessorTime;
        for (int i = 0; i < data.Count; i += 1000)
        {
            VectorRecord[] records = [.. Enumerable.Range(i, Math.Min(1000, data.Count - i))
                .Select(n => new VectorRecord(Entry(n), partitionOf?.Invoke(n) ?? Partition, n, data.Vector(n)))];
            await ours.Index.AddAsync(records, default);
            for (int n = 0; n < records.Length; n++)
            {
                ours._numbers[records[n].Entry] = i + n;
            }
        }

        await ours.SettleAsync();
        process.Refresh();
        ours.InsertsPerSecond = data.Count / (process.TotalProcessorTime - start).TotalSeconds;
        return ours;
    }

    /// <summary>One query at a time; microseconds of each, and the nearest found.</summary>
    public async Task<(double[] Microseconds, int[] Nearest)> SearchAsync(IndexData data, float floor, Func<int, Hash256>? partitionOf = null)
    {
        double[] times = new double[data.QueryCount];
        int[] nearest = new int[data.QueryCount];
        for (int q = 0; q < data.QueryCount; q++)
        {
            var query = new VectorQuery(partitionOf?.Invoke(q) ?? Partition, null, data.Query(q), 1, floor);
            long start = Stopwatch.GetTimestamp();
            IReadOnlyList<Neighbor> found = await Index.SearchAsync(query, default);
            times[q] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
            nearest[q] = found.Count == 0 ? -1 : _numbers[found[0].Entry];
        }

        return (times, nearest);
    }

    /// <summary>Closes the files; what follows is only reading numbers and deleting the folder.</summary>
    public ValueTask CloseAsync() => Index.DisposeAsync();

    /// <summary>Waits until no vector waits for a graph.</summary>
    public async Task SettleAsync()
    {
        while (Index.Status.Pending > 0)
        {
            await Task.Delay(10);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Index.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private static Hash256 Entry(int number) => Hash256.Of($"entry {number}");
}
