using System.Diagnostics;
using System.Text.Json;
using Afterimage.Vectors;

namespace Afterimage.Bench.Index;

/// <summary>
/// The verb <c>index</c>: searches, inserts, memory and opening of the vector index, beside USearch, hnswlib and FAISS, in turns.
/// <c>AFTERIMAGE_PEERS</c> names the folder where <c>npm install usearch</c> ran. <c>AFTERIMAGE_BENCH_SIZES</c> (default <c>100000,500000</c>) are the
/// large partitions; <c>AFTERIMAGE_BENCH_FULL=1</c> runs the float32 peers too, which takes long.
/// </summary>
internal static class IndexBench
{
    private const float Floor = 0.85f;
    private const int Rounds = 3;
    private const int Queries = 1000;
    private const int Connectivity = 16;
    private const int BuildBeam = 128;
    private const int SearchBeam = 64;

    private static readonly int[] GrowthSizes = [10_000, 50_000];

    public static async Task<int> RunAsync(bool json)
    {
        int[] sizes = [.. (Environment.GetEnvironmentVariable("AFTERIMAGE_BENCH_SIZES") ?? "100000,500000").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];
        var growth = new List<GrowthPoint>();
        foreach ((int count, double aim) in new[] { (100, 5.0), (1000, 30), (10_000, 250) })
        {
            await ExactAsync(count, aim, json);
        }

        foreach (int count in GrowthSizes.Concat(sizes).Distinct().Order())
        {
            growth.Add(await LargeAsync(count, sizes.Contains(count), json));
        }

        if (sizes.Contains(500_000))
        {
            await PartitionsAsync(500_000, json);
        }

        GrowthReport.Write(growth);
        return 0;
    }

    /// <summary>The process that opens an index and says how long that took and what it holds: <c>index-open FOLDER DIMENSIONS</c>.</summary>
    public static async Task<int> OpenAsync(string folder, int dimensions)
    {
        long start = Stopwatch.GetTimestamp();
        await using VectorIndex index = VectorIndex.Open(new VectorIndexOptions { Folder = folder, SpaceId = OurIndex.Space, Dimensions = dimensions });
        await index.Ready;
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        double processor = Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds;
        GC.Collect();
        Console.WriteLine(JsonSerializer.Serialize(new { seconds, processor, bytes = PrivateBytes(), counted = index.Status.MemoryBytes, pending = index.Status.Pending }));
        return 0;
    }

    private static async Task ExactAsync(int count, double aim, bool json)
    {
        IndexData data = IndexData.Make(count, Queries);
        await using OurIndex ours = await OurIndex.FillAsync(data);
        await ours.SearchAsync(data, Floor);
        double best = double.MaxValue;
        double recall = 0;
        for (int round = 0; round < 10; round++)
        {
            (double[] times, int[] nearest) = await ours.SearchAsync(data, Floor);
            best = Math.Min(best, Median(times));
            recall = data.Recall(nearest, Floor);
        }

        new Measurement($"search, partition of {count}, exact", "us", best, null, "lower", aim).Print(json);
        new Measurement($"recall@1, partition of {count}, exact", "share", recall, null, "higher", 1).Print(json);
    }

    private static async Task<GrowthPoint> LargeAsync(int count, bool withPeers, bool json)
    {
        // The truth is every query against every vector: a fifth of the queries is enough where there are very many.
        IndexData data = IndexData.Make(count, count > 200_000 ? Queries / 5 : Queries);
        string[] wanted = !withPeers ? [] : Environment.GetEnvironmentVariable("AFTERIMAGE_BENCH_FULL") == "1"
            ? ["usearch i8", "usearch f32", "hnswlib", "faiss-hnsw"]
            : ["usearch i8"];
        await using OurIndex ours = await OurIndex.FillAsync(data);
        await ours.SearchAsync(data, Floor);
        double best = await BestAsync(ours, data, null, []);
        foreach (string name in wanted)
        {
            using PeerProcess? peer = StartPeer(name, data.Path);
            JsonElement? built = peer?.Ask("build");
            var peerTimes = new List<double>();
            double mine = await BestAsync(ours, data, built is null ? null : peer, peerTimes);
            best = Math.Min(best, mine);
            double aim = name == "usearch i8" ? 1 : double.NaN;
            double? peerTime = peerTimes.Count == 0 ? null : peerTimes.Min();
            new Measurement($"search, partition of {count}, beside {name}", "us", mine, peerTime, "lower", Aim(aim)).Print(json);
            new Measurement($"inserts a second of processor time, {count}, beside {name}", "1/s", ours.InsertsPerSecond, Value(built, "insertsPerSecond"), "higher", Aim(aim)).Print(json);
            new Measurement($"private memory, {count}, beside {name}", "MB", ours.Index.Status.MemoryBytes / 1e6, Value(built, "bytes") / 1e6, "lower", null).Print(json);
            if (peerTime is not null)
            {
                new Measurement($"recall@1 above {Floor}, {count}, {name}", "share", data.Recall((await ours.SearchAsync(data, Floor)).Nearest, Floor), peer!.Recall(data, Floor), "higher", Aim(aim)).Print(json);
            }
        }

        double recall = data.Recall((await ours.SearchAsync(data, Floor)).Nearest, Floor);
        new Measurement($"recall@1 above {Floor}, {count}", "share", recall, null, "higher", 0.999).Print(json);
        await ours.CloseAsync();
        JsonElement opened = Child("index-open", ours.Folder, data.Dimensions.ToString());
        double seconds = opened.GetProperty("seconds").GetDouble();
        double processor = opened.GetProperty("processor").GetDouble();
        double megabytes = opened.GetProperty("bytes").GetDouble() / 1e6;
        new Measurement($"opening, {count}", "s", seconds, null, "lower", count == 500_000 ? 5 : null).Print(json);
        new Measurement($"opening, {count}, processor time of the whole process", "s", processor, null, "lower", null).Print(json);
        new Measurement($"private memory of a process with {count}", "MB", megabytes, null, "lower", count == 500_000 ? 600 : null).Print(json);
        return new GrowthPoint(count, best, recall, ours.InsertsPerSecond, megabytes, seconds);
    }

    private static async Task PartitionsAsync(int count, bool json)
    {
        IndexData data = IndexData.Make(count, Queries);
        Hash256[] partitions = [.. Enumerable.Range(0, 45).Select(p => Hash256.Of($"bucket {p / 5} model {p % 5}"))];
        await using OurIndex ours = await OurIndex.FillAsync(data, n => partitions[n % 45]);
        double best = double.MaxValue;
        for (int round = 0; round < Rounds + 1; round++)
        {
            (double[] times, _) = await ours.SearchAsync(data, Floor, q => partitions[q % 45]);
            Array.Sort(times);
            best = Math.Min(best, times[times.Length * 99 / 100]);
        }

        new Measurement($"search p99, {count} over 9 x 5 partitions", "ms", best / 1000, null, "lower", 1).Print(json);
    }

    /// <summary>Our best median of some rounds; the peer's rounds lie between ours.</summary>
    private static async Task<double> BestAsync(OurIndex ours, IndexData data, PeerProcess? peer, List<double> peerTimes)
    {
        double best = double.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            best = Math.Min(best, Median((await ours.SearchAsync(data, Floor)).Microseconds));
            if (peer?.Ask("search") is { } answer)
            {
                peerTimes.Add(answer.GetProperty("microseconds").GetDouble());
            }
        }

        return best;
    }

    private static PeerProcess? StartPeer(string name, string path)
    {
        string scripts = Path.Combine("bench", "peers", "index");
        string[] settings = [Connectivity.ToString(), BuildBeam.ToString(), SearchBeam.ToString()];
        if (!name.StartsWith("usearch", StringComparison.Ordinal))
        {
            return PeerProcess.Start(name, "apt-get install python3-hnswlib python3-faiss", "/usr/bin/python3", [Path.Combine(scripts, "knn.py"), path, name, .. settings]);
        }

        return PeerProcess.Start(
            name, "npm install --prefix FOLDER usearch, then AFTERIMAGE_PEERS=FOLDER", "node", [Path.Combine(scripts, "usearch.mjs"), path, name.Split(' ')[1], .. settings]);
    }

    private static JsonElement Child(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(IndexBench).Assembly.Location, .. arguments]) { RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return JsonDocument.Parse(output).RootElement;
    }

    private static double PrivateBytes() => File.Exists("/proc/self/status")
        ? File.ReadLines("/proc/self/status").Where(l => l.StartsWith("RssAnon:", StringComparison.Ordinal)).Select(l => double.Parse(l.Split()[^2]) * 1024).First()
        : Environment.WorkingSet;

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);

    private static double? Value(JsonElement? answer, string name) => answer?.GetProperty(name).GetDouble();

    private static double? Aim(double aim) => double.IsNaN(aim) ? null : aim;
}
