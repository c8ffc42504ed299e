using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Afterimage.Bench.ExactHit;

/// <summary>
/// <c>exact-hit</c>: wrk against Afterimage and nginx <c>proxy_cache</c> with the same pictures of 8, 60 and 300 KB, from the memory tier and from the disk tier
/// (page cache warm). Rounds are interleaved; the best rate of each counts, since whatever else the machine does can only slow a round down. Both write a
/// line per request to a log.
/// </summary>
internal static partial class ExactHitMeasure
{
    private const int Connections = 64;
    private static readonly int[] Sizes = [8_000, 60_000, 300_000];
    private static readonly int Rounds = int.Parse(Environment.GetEnvironmentVariable("AFTERIMAGE_BENCH_ROUNDS") ?? "3");
    private static readonly string Seconds = Environment.GetEnvironmentVariable("AFTERIMAGE_BENCH_SECONDS") ?? "4";

    public static async Task<int> RunAsync(bool json)
    {
        foreach (string tool in new[] { "wrk", "nginx" })
        {
            if (!ChildProcess.Exists(tool))
            {
                Console.Error.WriteLine($"exact-hit needs {tool}: apt-get install wrk nginx-light");
                return 1;
            }
        }

        string folder = Directory.CreateTempSubdirectory("afterimage-bench-").FullName;
        await using PictureOrigin origin = await PictureOrigin.StartAsync();
        int nginxPort = FreePort(), memoryPort = FreePort(), diskPort = FreePort();
        await using ChildProcess nginx = StartNginx(folder, nginxPort, origin.Address);
        await using ChildProcess memory = StartGateway(Path.Combine(folder, "memory"), memoryPort, origin.Address, 1L << 30);
        await using ChildProcess disk = StartGateway(Path.Combine(folder, "disk"), diskPort, origin.Address, 0);
        var rates = new Dictionary<(string, int), List<Round>>();
        foreach (int size in Sizes)
        {
            for (int round = 0; round < Rounds; round++)
            {
                foreach ((string name, int port) in new[] { ("nginx", nginxPort), ("memory", memoryPort), ("disk", diskPort) })
                {
                    string url = $"http://127.0.0.1:{port}/prompt/size%20{size}?width=64&height=64";
                    await WarmAsync(url, size);
                    if (!rates.TryGetValue((name, size), out List<Round>? list))
                    {
                        rates[(name, size)] = list = [];
                    }

                    list.Add(await WrkAsync(url));
                }
            }
        }

        foreach (string tier in new[] { "memory", "disk" })
        {
            foreach (int size in Sizes)
            {
                Round ours = Best(rates[(tier, size)]), peer = Best(rates[("nginx", size)]);
                new Measurement($"exact hit {size / 1000} KB, {tier} tier", "req/s", ours.PerSecond, peer.PerSecond, "higher", 0.8).Print(json);
                new Measurement($"exact hit {size / 1000} KB, {tier} tier, p99", "ms", ours.P99, peer.P99, "lower", 1.25).Print(json);
            }
        }

        new Measurement("resident memory, disk tier", "MB", disk.ResidentBytes / 1e6, null, "lower", 250).Print(json);
        Directory.Delete(folder, recursive: true);
        return 0;
    }

    private static Round Best(List<Round> rounds) => new(rounds.Max(r => r.PerSecond), rounds.Min(r => r.P99));

    private static ChildProcess StartNginx(string folder, int port, string origin)
    {
        string template = File.ReadAllText(Path.Combine(BenchPaths.Peers, "exact-hit", "nginx.conf"));
        string config = Path.Combine(folder, "nginx.conf");
        File.WriteAllText(config, template.Replace("{PORT}", port.ToString()).Replace("{ORIGIN}", origin).Replace("{FOLDER}", folder));
        return ChildProcess.Start("nginx", $"-c {config}");
    }

    private static ChildProcess StartGateway(string data, int port, string origin, long memoryBytes)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "afterimage.dll");
        return ChildProcess.Start("dotnet", $"{program} serve --origin {origin} --listen http://127.0.0.1:{port} --data {data} --Store:MemoryBytesMax {memoryBytes}");
    }

    public static async Task WarmAsync(string url, int size)
    {
        using var client = new HttpClient();
        int hits = 0;
        for (DateTime end = DateTime.UtcNow.AddSeconds(30); hits < 20 && DateTime.UtcNow < end;)
        {
            try
            {
                using HttpResponseMessage response = await client.GetAsync(url);
                byte[] body = await response.Content.ReadAsByteArrayAsync();
                hits += response.Headers.TryGetValues("X-Cache", out IEnumerable<string>? cache) && cache.First() == "HIT" && body.Length == size ? 1 : 0;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(100);
            }
        }

        if (hits < 20)
        {
            throw new InvalidOperationException($"{url} does not answer with hits of {size} bytes");
        }
    }

    private static async Task<Round> WrkAsync(string url)
    {
        string output = await ChildProcess.RunAsync("wrk", "-t2", $"-c{Connections}", $"-d{Seconds}s", "--latency", url);
        Match rate = Rate().Match(output), p99 = P99().Match(output);
        if (!rate.Success || !p99.Success || output.Contains("Non-2xx", StringComparison.Ordinal))
        {
            throw new InvalidOperationException("wrk: " + output);
        }

        double scale = p99.Groups[2].Value switch { "us" => 0.001, "ms" => 1, _ => 1000 };
        return new Round(double.Parse(rate.Groups[1].Value, CultureInfo.InvariantCulture), double.Parse(p99.Groups[1].Value, CultureInfo.InvariantCulture) * scale);
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    [GeneratedRegex(@"Requests/sec:\s+([\d.]+)")]
    private static partial Regex Rate();

    [GeneratedRegex(@"99%\s+([\d.]+)(us|ms|s)")]
    private static partial Regex P99();

    private readonly record struct Round(double PerSecond, double P99);
}
