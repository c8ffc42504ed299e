using System.Diagnostics;
using System.Globalization;
using Afterimage.Bench.ExactHit;

namespace Afterimage.Bench.Load;

/// <summary>
/// <c>load</c>: mixed traffic (hits, paraphrases, misses, HEAD, conditional and partial requests, purges, restarts by SIGTERM) at the highest rate that 64 clients
/// get out of this machine. Fails where an error has another cause than the origin, and where memory, open files or threads of the gateway grow after warm-up.
/// <c>--minutes</c> (default 2); a slow machine takes longer, because warming up takes requests and not time.
/// </summary>
internal static class LoadMeasure
{
    private const int Clients = 64;
    private static readonly TimeSpan SampleEvery = TimeSpan.FromMilliseconds(500);

    // So small that its bounds are reached: it evicts all the time.
    private const long StoreBytesMax = 24L << 20;
    private const long MemoryBytesMax = 8L << 20;

    // Restarts at these parts of the time. The third life is the long one: it warms up until another part of the time, and until the store has been turned over and what is kept of
    // requests is full; then growth is judged.
    private static readonly double[] Restarts = [0.12, 0.2];
    private const double WarmUntil = 0.5;
    private const double JudgedShare = 0.45;
    private const long WarmUpRequests = 500_000;
    private const double PatienceMax = 4;

    // The runtime's pool adds a thread when the machine stood still for half a second, and keeps it for as long as there is work. What grows shows when there is none: an idle thread of the
    // pool ends after 20 seconds. Under load there are never more threads than requests.
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(45);

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
            long start = Stopwatch.GetTimestamp();
            Life life = await LiveAsync(gateway, traffic, TimeSpan.FromMinutes(minutes));
            TimeSpan took = Stopwatch.GetElapsedTime(start) - (life.AtRest.Count * Rest);
            await stop.CancelAsync();
            await Task.WhenAll([.. clients, purges]);
            return Report(traffic, origin, life, took, json);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Restarts the gateway when it is time, and samples its long life.</summary>
    private static async Task<Life> LiveAsync(LoadGateway gateway, LoadTraffic traffic, TimeSpan time)
    {
        long start = Stopwatch.GetTimestamp();
        foreach (double restart in Restarts)
        {
            while (Stopwatch.GetElapsedTime(start) < restart * time)
            {
                await Task.Delay(SampleEvery);
            }

            traffic.Note(await gateway.RestartAsync());
        }

        var life = new Life([], [], []);
        long before = traffic.Requests;
        for (TimeSpan elapsed; (elapsed = Stopwatch.GetElapsedTime(start)) < WarmUntil * time || (traffic.Requests - before < WarmUpRequests && elapsed < PatienceMax * time);)
        {
            await Task.Delay(SampleEvery);
            life.WarmUp.Add(gateway.Sample());
        }

        life.AtRest.Add(await traffic.RestAsync(Rest));
        for (long warm = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(warm) < JudgedShare * time;)
        {
            await Task.Delay(SampleEvery);
            life.Judged.Add(gateway.Sample());
        }

        life.AtRest.Add(await traffic.RestAsync(Rest));
        traffic.Note(await gateway.RestartAsync());
        await Task.Delay((1 - WarmUntil - JudgedShare) * time);
        return life;
    }

    private static int Report(LoadTraffic traffic, LoadOrigin origin, Life life, TimeSpan took, bool json)
    {
        // What stays at the end may not lie above all that there was before. A level is a median: a collector's garbage and the pool's threads come and go, and only what stays is growth.
        int half = life.Judged.Count / 2;
        List<LoadSample> all = [.. life.WarmUp, .. life.Judged], end = all[^half..], earlier = all[..^half];
        new Measurement("load, requests", "req/s", traffic.Requests / took.TotalSeconds, null, "higher", null).Print(json);
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
        new Measurement("load, memory, highest", "MB", all.Max(s => s.Memory) / 1e6, null, "lower", null).Print(json);
        var judged = new[]
        {
            new Measurement("load, errors that the origin did not cause", "", traffic.Errors, null, "lower", 0),
            Growth("memory", "MB", s => s.Memory / 1e6, 1.15),
            Growth("open files", "", s => s.Files, 1.1),
            new Measurement("load, threads, highest", "", all.Max(s => s.Threads), null, "lower", Clients),
            new Measurement("load, threads at rest at the end beside before", "", life.AtRest[^1].Threads, life.AtRest[0].Threads, "lower", 1.2),
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

        Measurement Growth(string name, string unit, Func<LoadSample, double> of, double aim)
        {
            double before = Enumerable.Range(0, earlier.Count - half + 1).Max(first => Level(earlier[first..(first + half)], of));
            return new Measurement($"load, {name} at the end beside before", unit, Level(end, of), before, "lower", aim);
        }
    }

    private static double Level(List<LoadSample> samples, Func<LoadSample, double> of) => samples.Select(of).Order().ElementAt(samples.Count / 2);

    /// <summary>Samples of the long life. At rest one when it was warm and one at its end.</summary>
    private sealed record Life(List<LoadSample> WarmUp, List<LoadSample> Judged, List<LoadSample> AtRest);
}

/// <summary>What the gateway's process holds at a moment; memory in bytes.</summary>
internal readonly record struct LoadSample(long Memory, int Files, int Threads);
