using System.Diagnostics;
using System.Globalization;
using Afterimage.Bench.ExactHit;

namespace Afterimage.Bench.Load;

/// <summary>
/// <c>load</c>: mixed traffic (hits, paraphrases, misses, HEAD, conditional and partial requests, purges, restarts by SIGTERM) at the highest rate that 64 clients
/// get out of this machine. Fails where an error has another cause than the origin, and where memory, open files or threads of the gateway grow after warm-up.
/// <c>--minutes</c> (default 2).
/// </summary>
internal static class LoadMeasure
{
    private const int Clients = 64;

    // So small that its bounds are reached: it evicts all the time.
    private const long StoreBytesMax = 24L << 20;
    private const long MemoryBytesMax = 8L << 20;

    // Restarts at these parts of the time. The third life is the long one, in which growth is judged.
    private static readonly double[] Restarts = [0.12, 0.2, 0.95];

    public static async Task<int> RunAsync(string[] args)
    {
        bool json = args.Contains("--json");
        int at = Array.IndexOf(args, "--minutes");
        double minutes = at >= 0 && at + 1 < args.Length ? double.Parse(args[at + 1], CultureInfo.InvariantCulture) : 2;
        string folder = Directory.CreateTempSubdirectory("afterimage-load-").FullName;
        try
        {
            await using LoadOrigin origin = await LoadOrigin.StartAsync();
            await using var gateway = new LoadGateway(folder, origin.Address, StoreBytesMax, MemoryBytesMax);
            await gateway.StartAsync();
            using var traffic = new LoadTraffic(gateway);
            using var stop = new CancellationTokenSource();
            Task[] clients = [.. Enumerable.Range(0, Clients).Select(i => Task.Run(() => traffic.RunAsync(i, stop.Token)))];
            Task purges = Task.Run(() => traffic.PurgeAsync(stop.Token));
            List<LoadSample> life = await LiveAsync(gateway, traffic, TimeSpan.FromMinutes(minutes));
            await stop.CancelAsync();
            await Task.WhenAll([.. clients, purges]);
            return Report(traffic, origin, life, minutes, json);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Samples the gateway, restarts it when it is time, and returns the samples of the long life.</summary>
    private static async Task<List<LoadSample>> LiveAsync(LoadGateway gateway, LoadTraffic traffic, TimeSpan time)
    {
        var life = new List<LoadSample>();
        int restarts = 0;
        long start = Stopwatch.GetTimestamp();
        for (TimeSpan elapsed; (elapsed = Stopwatch.GetElapsedTime(start)) < time;)
        {
            await Task.Delay(500);
            if (restarts < Restarts.Length && elapsed / time > Restarts[restarts])
            {
                restarts++;
                traffic.Note(await gateway.RestartAsync());
            }
            else if (restarts == 2)
            {
                life.Add(gateway.Sample());
            }
        }

        return life;
    }

    private static int Report(LoadTraffic traffic, LoadOrigin origin, List<LoadSample> life, double minutes, bool json)
    {
        // Warm-up is the first 40 % of the long life; then the end may not lie above the middle.
        LoadSample middle = Worst(life[(int)(life.Count * 0.4)..(int)(life.Count * 0.7)]), end = Worst(life[(int)(life.Count * 0.7)..]);
        new Measurement("load, requests", "req/s", traffic.Requests / (minutes * 60), null, "higher", null).Print(json);
        foreach ((string kind, LatencyHistogram latencies) in traffic.Latencies)
        {
            new Measurement($"load, {kind}, requests", "", latencies.Count, null, "higher", null).Print(json);
            foreach (double part in new[] { 0.5, 0.99, 0.999 })
            {
                new Measurement($"load, {kind}, p{part * 100:0.#}", "ms", latencies.Percentile(part), null, "lower", null).Print(json);
            }
        }

        new Measurement("load, origin calls", "", origin.Calls, null, "lower", null).Print(json);
        new Measurement("load, purges", "", traffic.Purges, null, "higher", null).Print(json);
        new Measurement("load, requests sent again during a restart", "", traffic.SentAgain, null, "lower", null).Print(json);
        var judged = new[]
        {
            new Measurement("load, errors that the origin did not cause", "", traffic.Errors, null, "lower", 0),
            new Measurement("load, memory at the end beside the middle", "MB", end.Memory / 1e6, middle.Memory / 1e6, "lower", 1.15),
            new Measurement("load, open files at the end beside the middle", "", end.Files, middle.Files, "lower", 1.1),
            new Measurement("load, threads at the end beside the middle", "", end.Threads, middle.Threads, "lower", 1.2),
        };
        foreach (Measurement measurement in judged)
        {
            measurement.Print(json);
        }

        foreach (string fault in traffic.FirstFaults)
        {
            Console.Error.WriteLine(fault);
        }

        return judged.All(m => (m.Ratio ?? m.Ours) <= m.Aim) ? 0 : 1;
    }

    // Threads by the median: of two dozen the pool takes and gives back some all the time, and only what stays is growth.
    private static LoadSample Worst(List<LoadSample> samples) =>
        new(samples.Max(s => s.Memory), samples.Max(s => s.Files), samples.Select(s => s.Threads).Order().ElementAt(samples.Count / 2));
}

/// <summary>What the gateway's process holds at a moment; memory in bytes.</summary>
internal readonly record struct LoadSample(long Memory, int Files, int Threads);
