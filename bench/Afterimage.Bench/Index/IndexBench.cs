using System.Diagnostics;
using System.Text.Json;

namespace Afterimage.Bench.Index;

/// <summary>
/// The verb <c>index PART... [--json]</c>. Parts: <c>exact</c>; <c>handover</c>; <c>near-duplicates</c>, with <c>:SIZE</c> clusters of that size only;
/// <c>prepare:DATA</c> makes vectors, truth and indexes, ours and the peers', and says how fast they were built; <c>tune:DATA</c> tries search beams on the tuning queries; <c>DATA</c> measures searches, opening and memory with the held-out ones;
/// <c>inserts</c>; <c>prepare:partitions</c> and <c>partitions</c>; <c>report</c> writes what the parts found. DATA is <c>shape-N</c> or <c>prompts</c>.
/// <c>AFTERIMAGE_BENCH_PEERS</c> names the peers, <c>AFTERIMAGE_PEERS</c> the folder where <c>npm install usearch</c> ran. Without parts: all of them.
/// </summary>
internal static class IndexBench
{
    public const float Floor = 0.85f;
    public const int Rounds = 3;
    private const int Partitions = 45;
    private const string PartitionedData = "shape-500000";
    private const string InsertData = "shape-100000";

    private static readonly string[] DataSets = ["shape-10000", "shape-50000", "shape-100000", "shape-500000", "prompts"];

    public static async Task<int> RunAsync(string[] arguments)
    {
        bool json = arguments.Contains("--json");
        string[] parts = [.. arguments.Where(a => a != "--json")];
        string[] all = ["exact", "handover", "near-duplicates", .. DataSets.SelectMany(d => new[] { "prepare:" + d, "tune:" + d, d }), "inserts", "prepare:partitions", "partitions", "report"];
        foreach (string part in parts.Length > 0 ? parts : all)
        {
            IndexReport.Begin(part);
            await (part.Split(':') switch
            {
                ["exact"] => ExactAsync(json),
                ["handover"] => Handover.MeasureAsync(json),
                ["near-duplicates", .. string[] size] => NearDuplicates.MeasureAsync(size.FirstOrDefault(), json),
                ["inserts"] => InsertsAsync(json),
                ["prepare", "partitions"] => PreparePartitionsAsync(),
                ["partitions"] => PartitionsAsync(json),
                ["prepare", string data] => PrepareAsync(data, json),
                ["tune", string data] => TuneAsync(data),
                ["report"] => Task.Run(IndexReport.Write),
                [string data] when DataSets.Contains(data) => SearchAsync(data, json),
                _ => throw new ArgumentException($"index has no part {part}: {string.Join(' ', all)}"),
            });
        }

        return 0;
    }

    /// <summary>The process that opens an index and says how long that took and what it holds: <c>index-open FOLDER DIMENSIONS</c>.</summary>
    public static async Task<int> OpenAsync(string folder, int dimensions)
    {
        long start = Stopwatch.GetTimestamp();
        await using OurIndex ours = await OurIndex.OpenAsync(folder, dimensions);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        GC.Collect();
        Console.WriteLine(JsonSerializer.Serialize(new { seconds, bytes = PrivateBytes(), counted = ours.Index.Status.MemoryBytes }));
        return 0;
    }

    private static async Task ExactAsync(bool json)
    {
        using IndexData data = IndexData.Open("shape-10000", IndexData.HeldOut);
        foreach ((int count, double aim) in new[] { (100, 5.0), (1000, 30), (10_000, 250) })
        {
            using var folder = new ScratchFolder();
            (OurIndex filled, _) = await OurIndex.FillAsync(folder.Path, data, count);
            await using OurIndex ours = filled;
            double best = double.MaxValue;

            // The runtime has compiled for good what a search runs through after some hundred milliseconds.
            long start = Stopwatch.GetTimestamp();
            for (int round = 0; round < 10 || Stopwatch.GetElapsedTime(start).TotalSeconds < 2; round++)
            {
                best = Math.Min(best, Median((await ours.SearchAsync(data, Floor)).Microseconds));
            }

            IndexReport.Print(new Measurement($"search, partition of {count}, exact", "us", best, null, "lower", aim), json);
        }
    }

    private static async Task PrepareAsync(string name, bool json)
    {
        using IndexData data = IndexData.Open(name, IndexData.HeldOut);
        if (!Directory.Exists(OursOf(name)))
        {
            (OurIndex ours, BuildFigures figures) = await OurIndex.FillAsync(OursOf(name) + ".new", data, data.Count);
            await ours.DisposeAsync();
            Directory.Move(OursOf(name) + ".new", OursOf(name));
            IndexReport.Print(new Measurement($"building {name}, a second of processor time", "1/s", figures.PerProcessorSecond, null, "higher", null), json);
        }

        foreach (string peerName in Peer.Wanted)
        {
            using Peer? peer = Peer.Start(peerName, data);
            if (peer is { IsBuilt: false } && peer.Build() is { } rate)
            {
                IndexReport.Print(new Measurement($"building {name}, {peerName}, a second of processor time", "1/s", rate, null, "higher", null), json);
            }
        }
    }

    /// <summary>What each width costs and finds on the tuning queries; remembers where the peers reach our recall.</summary>
    private static async Task TuneAsync(string name)
    {
        using IndexData data = IndexData.Open(name, IndexData.Tuning);
        double wanted = 0;
        foreach (int beam in new[] { 48, 64, 96, 128, 192, 256, 0 })
        {
            await using OurIndex ours = await OurIndex.OpenAsync(OursOf(name), data.Dimensions, beam);
            await ours.SearchAsync(data, Floor);
            (double[] times, int[] nearest) = await ours.SearchAsync(data, Floor);
            wanted = data.Recall(nearest, Floor);
            Console.WriteLine($"{name} tuning, {data.Asked(Floor)} queries above {Floor}: ours, beam {(beam == 0 ? "of the product" : beam)}: recall@1 {wanted:0.0000}, {Median(times):0} us");
        }

        foreach (string peerName in Peer.Wanted)
        {
            double recall = 0;
            for (int expansion = Peer.DefaultExpansion; recall < wanted && expansion <= 16 * Peer.DefaultExpansion; expansion += expansion / 2)
            {
                // A process each: a library may keep what it was first loaded with.
                using Peer? peer = Peer.Start(peerName, data);
                if (peer is not { IsBuilt: true })
                {
                    break;
                }

                peer.Load(expansion);
                (double microseconds, int[] nearest) = peer.Search();
                recall = data.Recall(nearest, Floor);
                peer.Tuned(expansion);
                Console.WriteLine($"{name} tuning: {peerName}, expansion {expansion}: recall@1 {recall:0.0000}, {microseconds:0} us");
            }
        }
    }

    private static async Task SearchAsync(string name, bool json)
    {
        using IndexData data = IndexData.Open(name, IndexData.HeldOut);
        double best = double.MaxValue;
        double recall;
        await using (OurIndex ours = await OurIndex.OpenAsync(OursOf(name), data.Dimensions))
        {
            recall = data.Recall((await ours.SearchAsync(data, Floor)).Nearest, Floor);
            IndexReport.Print(new Measurement($"{name}, recall@1 above {Floor}, {data.Asked(Floor)} queries", "share", recall, null, "higher", 0.999), json);
            best = await BestAsync(ours, data, null, []);
            foreach (string peerName in Peer.Wanted)
            {
                best = Math.Min(best, await BesideAsync(ours, data, peerName, Peer.DefaultExpansion, json));
                using Peer? peer = Peer.Start(peerName, data);
                if (peer?.TunedExpansion is { } tuned and not Peer.DefaultExpansion)
                {
                    best = Math.Min(best, await BesideAsync(ours, data, peerName, tuned, json));
                }
            }
        }

        bool isLarge = data.Count == 500_000;
        JsonElement[] opened = [.. Enumerable.Range(0, Rounds).Select(_ => Child("index-open", OursOf(name), data.Dimensions.ToString()))];
        double seconds = opened.Min(o => o.GetProperty("seconds").GetDouble());
        double megabytes = opened.Max(o => o.GetProperty("bytes").GetDouble()) / 1e6;
        IndexReport.Print(new Measurement($"{name}, opening", "s", seconds, null, "lower", isLarge ? 5 : null), json);
        IndexReport.Print(new Measurement($"{name}, private memory of a process that has opened it", "MB", megabytes, null, "lower", isLarge ? 600 : null), json);
        IndexReport.Print(new Measurement($"{name}, of that counted by the gauge", "MB", opened[0].GetProperty("counted").GetDouble() / 1e6, null, "lower", null), json);
        IndexReport.Growth(new GrowthPoint(name, "afterimage", data.Count, best, recall, megabytes, seconds));
    }

    /// <summary>Our search time beside a peer's, in turns; both recalls.</summary>
    private static async Task<double> BesideAsync(OurIndex ours, IndexData data, string peerName, int expansion, bool json)
    {
        using Peer? peer = Peer.Start(peerName, data);
        if (peer is not { IsBuilt: true })
        {
            return double.MaxValue;
        }

        double bytes = peer.Load(expansion);
        double peerRecall = data.Recall(peer.Search().Nearest, Floor);
        double recall = data.Recall((await ours.SearchAsync(data, Floor)).Nearest, Floor);
        var peerTimes = new List<double>();
        double mine = await BestAsync(ours, data, peer, peerTimes);
        string label = $"{data.Name} beside {peerName}, expansion {expansion}";
        bool isJudge = peerName == "usearch-i8" && data.Count >= 100_000;
        IndexReport.Print(new Measurement($"{label}, search", "us", mine, peerTimes.Min(), "lower", isJudge ? 1 : null), json);
        IndexReport.Print(new Measurement($"{label}, recall@1", "share", recall, peerRecall, "higher", isJudge ? 1 : null), json);
        IndexReport.Print(new Measurement($"{label}, memory", "MB", ours.Index.Status.MemoryBytes / 1e6, bytes / 1e6, "lower", null), json);
        IndexReport.Growth(new GrowthPoint(data.Name, $"{peerName} {expansion}", data.Count, peerTimes.Min(), peerRecall, bytes / 1e6, null));
        return mine;
    }

    /// <summary>Our best median of some rounds; the peer's rounds lie between ours.</summary>
    private static async Task<double> BestAsync(OurIndex ours, IndexData data, Peer? peer, List<double> peerTimes)
    {
        double best = double.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            best = Math.Min(best, Median((await ours.SearchAsync(data, Floor)).Microseconds));
            if (peer is not null)
            {
                peerTimes.Add(peer.Search().Microseconds);
            }
        }

        return best;
    }

    private static async Task InsertsAsync(bool json)
    {
        using IndexData data = IndexData.Open(InsertData, IndexData.HeldOut);
        using var folder = new ScratchFolder();
        (OurIndex ours, BuildFigures figures) = await OurIndex.FillAsync(folder.Path, data, data.Count);
        await ours.DisposeAsync();
        using Peer? peer = Peer.Start("usearch-i8", data);
        double? rate = peer?.Build();
        IndexReport.Print(new Measurement($"inserts into {InsertData}, graph and all, a second of processor time, beside usearch-i8", "1/s", figures.PerProcessorSecond, rate, "higher", 1), json);
        IndexReport.Print(new Measurement($"inserts into {InsertData}, one thread, until they are found, beside usearch-i8", "1/s", figures.VisiblePerSecond, rate, "higher", null), json);
    }

    private static async Task PreparePartitionsAsync()
    {
        using IndexData data = IndexData.Open(PartitionedData, IndexData.HeldOut);
        if (!Directory.Exists(OursOf("partitions")))
        {
            (OurIndex ours, _) = await OurIndex.FillAsync(OursOf("partitions") + ".new", data, data.Count, PartitionOf);
            await ours.DisposeAsync();
            Directory.Move(OursOf("partitions") + ".new", OursOf("partitions"));
        }
    }

    private static async Task PartitionsAsync(bool json)
    {
        using IndexData data = IndexData.Open(PartitionedData, IndexData.HeldOut);
        await using OurIndex ours = await OurIndex.OpenAsync(OursOf("partitions"), data.Dimensions);
        var rounds = new List<double[]>();
        for (int round = 0; round < Rounds + 1; round++)
        {
            (double[] times, _) = await ours.SearchAsync(data, Floor, PartitionOf);
            rounds.Add([.. times.Order()]);
        }

        // The first round brings the pages of the exact vectors in; all others count, the slowest of them.
        double slowest = rounds.Skip(1).Max(times => times[times.Length * 99 / 100]);
        IndexReport.Print(new Measurement("search p99, 500000 over 9 buckets x 5 models", "ms", slowest / 1000, null, "lower", 1), json);
        IndexReport.Print(new Measurement("search p50, 500000 over 9 buckets x 5 models", "ms", rounds.Skip(1).Max(Median) / 1000, null, "lower", null), json);
    }

    private static Hash256 PartitionOf(int number) => Hash256.Of($"bucket {number % Partitions / 5} model {number % 5}");

    private static string OursOf(string name) => BenchFiles.Of($"{name}.ours");

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

    public static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);
}
