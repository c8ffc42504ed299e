using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Afterimage.Bench.ExactHit;

namespace Afterimage.Bench;

/// <summary>
/// <c>backfill-latency</c>: how long hits of a running gateway take beside a backfill with its default limits, against the same gateway without. Phases with and
/// without alternate, so that what the machine does otherwise hits both; generator and gateway share the machine. The first seconds of a process's first backfill,
/// while the runtime still compiles it, are a figure of their own, against as many seconds of the same process before. Environment: AFTERIMAGE_BENCH_SECONDS a phase (5),
/// AFTERIMAGE_BENCH_ROUNDS (9), AFTERIMAGE_BENCH_FIRST seconds of the first window (10), AFTERIMAGE_BENCH_PROGRAM the gateway's assembly (the one that was built).
/// </summary>
internal static class BackfillLatencyBench
{
    private const int PictureBytes = 60_000;
    private const int AdoptedBytes = 100_000;
    private const int PerSecond = 1000;
    private const int Connections = 4;

    // Seconds of hits until the runtime has compiled what they need for good.
    private const double Settle = 8;

    private static readonly int Rounds = int.Parse(Environment.GetEnvironmentVariable("AFTERIMAGE_BENCH_ROUNDS") ?? "9");
    private static readonly double Seconds = double.Parse(Environment.GetEnvironmentVariable("AFTERIMAGE_BENCH_SECONDS") ?? "5");
    private static readonly double First = double.Parse(Environment.GetEnvironmentVariable("AFTERIMAGE_BENCH_FIRST") ?? "10");
    private static readonly string Program = Environment.GetEnvironmentVariable("AFTERIMAGE_BENCH_PROGRAM") ?? Path.Combine(AppContext.BaseDirectory, "afterimage.dll");

    public static async Task<int> RunAsync(bool json)
    {
        string root = Directory.CreateTempSubdirectory("afterimage-bench-").FullName;
        try
        {
            string images = Path.Combine(root, "images");

            // Enough for the default rate and for the fastest machine within the time.
            BackfillBench.MakeImages(images, (int)(((Rounds * (Seconds + 1)) + First + First) * 300) + 100, AdoptedBytes);
            foreach (bool inPlace in (bool[])[true, false])
            {
                await MeasureAsync(Path.Combine(root, inPlace ? "in-place" : "copied"), images, inPlace, json);
            }

            return 0;
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static async Task MeasureAsync(string data, string images, bool inPlace, bool json)
    {
        await using PictureOrigin origin = await PictureOrigin.StartAsync();
        var server = new Uri($"http://127.0.0.1:{HitServers.FreePort()}");
        await using ChildProcess gateway = ChildProcess.Start("dotnet", $"{Program} serve --origin {origin.Address} --listen {server} --data {data} --Log:Requests off");
        string[] targets = [.. Enumerable.Range(0, 50).Select(i => $"/prompt/picture%20{i}%20size%20{PictureBytes}?width=64&height=64&seed={i}")];
        foreach (string target in targets)
        {
            await HitServers.WarmUrlAsync(server + target[1..], PictureBytes);
        }

        using var client = new HttpClient { BaseAddress = server };
        var load = new SteadyLoad(server, targets, Connections, PerSecond);
        await load.RunAsync(TimeSpan.FromSeconds(Settle));
        List<double> untouched = await load.RunAsync(TimeSpan.FromSeconds(First));
        await OrderAsync(client, new { action = "run", source = images, inPlace });
        List<double> first = await load.RunAsync(TimeSpan.FromSeconds(First));
        List<double> then = await load.RunAsync(TimeSpan.FromSeconds(First));
        await OrderAsync(client, new { action = "cancel" });
        string how = inPlace ? "in place" : "copied";
        new Measurement($"hits beside the first {First:0} s of the first backfill, {how}, p50 (peer: idle)", "ms", Percentile(first, 0.5), Percentile(untouched, 0.5), "lower", null).Print(json);
        new Measurement($"hits beside the first {First:0} s of the first backfill, {how}, p99 (peer: idle)", "ms", Percentile(first, 0.99), Percentile(untouched, 0.99), "lower", 1.5).Print(json);
        new Measurement($"hits beside the {First:0} s behind them, {how}, p99 (peer: idle)", "ms", Percentile(then, 0.99), Percentile(untouched, 0.99), "lower", 1.5).Print(json);
        if (Rounds == 0)
        {
            return;
        }

        long before = await AdoptedAsync(client);
        var idle = new List<double>();
        var beside = new List<double>();
        var idleP99 = new List<double>();
        var besideP99 = new List<double>();
        double adopting = 0;
        for (int round = 0; round < Rounds; round++)
        {
            List<double> quiet = await load.RunAsync(TimeSpan.FromSeconds(Seconds));
            idle.AddRange(quiet);
            idleP99.Add(Percentile(quiet, 0.99));
            await OrderAsync(client, new { action = "run", source = images, inPlace });
            long start = Stopwatch.GetTimestamp();
            List<double> busy = await load.RunAsync(TimeSpan.FromSeconds(Seconds));
            adopting += Stopwatch.GetElapsedTime(start).TotalSeconds;
            beside.AddRange(busy);
            besideP99.Add(Percentile(busy, 0.99));
            await OrderAsync(client, new { action = "cancel" });
        }

        long adopted = await AdoptedAsync(client) - before;
        new Measurement($"hits beside a backfill, {how}, p50 (peer: idle)", "ms", Percentile(beside, 0.5), Percentile(idle, 0.5), "lower", null).Print(json);
        new Measurement($"hits beside a backfill, {how}, p99 (peer: idle)", "ms", Percentile(beside, 0.99), Percentile(idle, 0.99), "lower", 1.5).Print(json);
        new Measurement($"hits beside a backfill, {how}, median p99 of phases", "ms", Percentile([.. besideP99], 0.5), Percentile([.. idleP99], 0.5), "lower", 1.5).Print(json);

        // Each phase against the idle one just before it: a host that is busy for some seconds spoils single pairs and not the middle one.
        (double Beside, double Idle) middle = besideP99.Zip(idleP99).OrderBy(pair => pair.First / pair.Second).ElementAt(Rounds / 2);
        new Measurement($"hits beside a backfill, {how}, p99 of the pair of phases in the middle", "ms", middle.Beside, middle.Idle, "lower", 1.5).Print(json);
        new Measurement($"adopted meanwhile, {how}, images of 100 KB", "1/s", adopted / adopting, null, "higher", null).Print(json);
    }

    private static double Percentile(List<double> values, double share)
    {
        values.Sort();
        return values[Math.Min(values.Count - 1, (int)(values.Count * share))];
    }

    private static async Task<long> AdoptedAsync(HttpClient client)
    {
        JsonElement status = await client.GetFromJsonAsync<JsonElement>("/_afterimage/backfill");
        return status.GetProperty("jobs")[0].GetProperty("progress").GetProperty("adopted").GetInt64();
    }

    private static async Task OrderAsync(HttpClient client, object order)
    {
        using HttpResponseMessage response = await client.PostAsJsonAsync("/_afterimage/backfill", order);
        response.EnsureSuccessStatusCode();
    }
}
