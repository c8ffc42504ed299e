using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Afterimage.Bench.ExactHit;

/// <summary>
/// Requests at a constant rate, whether the server keeps up or not: each has its moment, and its latency counts from that moment, also where no connection was
/// free to send it (no coordinated omission, as wrk2 measures). Runs in a process of its own with two threads. Linux only.
/// </summary>
internal static class PacedLoad
{
    public const string Verb = "paced";
    private const int Threads = 2;

    /// <summary>Runs the generator beside this process.</summary>
    /// <param name="perSecond">Requests per second, all connections together; 0 for as many as the server answers.</param>
    public static async Task<PacedResult> RunAsync(string url, double perSecond, int seconds, int connections, string method = "GET")
    {
        string output = await ChildProcess.RunAsync(
            "dotnet",
            Path.Combine(AppContext.BaseDirectory, "Afterimage.Bench.dll"),
            Verb,
            url,
            perSecond.ToString("0.###", CultureInfo.InvariantCulture),
            seconds.ToString(CultureInfo.InvariantCulture),
            connections.ToString(CultureInfo.InvariantCulture),
            method);
        return JsonSerializer.Deserialize<PacedResult>(output)!;
    }

    /// <summary>The generator itself: URL, rate, seconds, connections, method.</summary>
    public static int Child(string[] args)
    {
        var url = new Uri(args[0]);
        double perSecond = double.Parse(args[1], CultureInfo.InvariantCulture);
        int seconds = int.Parse(args[2], CultureInfo.InvariantCulture), connections = int.Parse(args[3], CultureInfo.InvariantCulture);

        // A second to compile and to fill caches; then what counts.
        Run(url, args[4], perSecond, 1, connections);
        Console.WriteLine(JsonSerializer.Serialize(Run(url, args[4], perSecond, seconds, connections)));
        return 0;
    }

    private static PacedResult Run(Uri url, string method, double perSecond, int seconds, int connections)
    {
        double interval = perSecond > 0 ? Stopwatch.Frequency * Threads / perSecond : 0;
        long start = Stopwatch.GetTimestamp() + (Stopwatch.Frequency / 20);
        var lanes = new PacedLane[Threads];
        var threads = new Thread[Threads];
        for (int i = 0; i < Threads; i++)
        {
            PacedLane lane = lanes[i] = new PacedLane(url, method, connections / Threads, start + (long)(interval * i / Threads), interval, start + (seconds * Stopwatch.Frequency));
            threads[i] = new Thread(lane.Run);
            threads[i].Start();
        }

        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        var latencies = new LatencyHistogram();
        foreach (PacedLane lane in lanes)
        {
            latencies.Add(lane.Latencies);
            lane.Dispose();
        }

        return new PacedResult(latencies.Count / (double)seconds, latencies.Percentile(0.50), latencies.Percentile(0.99), latencies.Percentile(0.999), lanes.Sum(l => l.Unanswered), lanes.Sum(l => l.Errors));
    }
}

/// <summary>What a run at a constant rate gave; latencies in milliseconds.</summary>
/// <param name="Unanswered">Requests whose moment came and that had no answer one second after the end.</param>
/// <param name="Errors">Answers other than 200.</param>
internal sealed record PacedResult(double PerSecond, double P50, double P99, double P999, long Unanswered, long Errors);
