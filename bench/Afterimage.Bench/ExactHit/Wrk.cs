using System.Globalization;
using System.Text.RegularExpressions;

namespace Afterimage.Bench.ExactHit;

/// <summary>One run of wrk: as many requests as the server answers.</summary>
/// <param name="P99">99th percentile of the latency at that rate, in milliseconds.</param>
internal readonly partial record struct WrkRun(double PerSecond, double P99, long Requests)
{
    private const int Connections = 64;
    private static readonly string Seconds = Environment.GetEnvironmentVariable("AFTERIMAGE_BENCH_SECONDS") ?? "3";

    /// <summary>Rounds of which the median counts.</summary>
    public static int Rounds { get; } = int.Parse(Environment.GetEnvironmentVariable("AFTERIMAGE_BENCH_ROUNDS") ?? "9", CultureInfo.InvariantCulture);

    /// <param name="options">More options of wrk: a header (<c>-H</c>), a script (<c>-s</c>).</param>
    public static async Task<WrkRun> RunAsync(string url, params string[] options)
    {
        string[] arguments = ["-t2", $"-c{Connections}", $"-d{Seconds}s", "--latency", .. options, url];
        string output = await ChildProcess.RunAsync("wrk", arguments);
        Match rate = Rate().Match(output), p99 = Percentile().Match(output), count = Count().Match(output);
        if (!rate.Success || !p99.Success || !count.Success || output.Contains("Non-2xx", StringComparison.Ordinal))
        {
            throw new InvalidOperationException("wrk: " + output);
        }

        double scale = p99.Groups[2].Value switch { "us" => 0.001, "ms" => 1, _ => 1000 };
        return new WrkRun(
            double.Parse(rate.Groups[1].Value, CultureInfo.InvariantCulture),
            double.Parse(p99.Groups[1].Value, CultureInfo.InvariantCulture) * scale,
            long.Parse(count.Groups[1].Value, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(@"Requests/sec:\s+([\d.]+)")]
    private static partial Regex Rate();

    [GeneratedRegex(@"99%\s+([\d.]+)(us|ms|s)")]
    private static partial Regex Percentile();

    [GeneratedRegex(@"(\d+) requests in")]
    private static partial Regex Count();
}
