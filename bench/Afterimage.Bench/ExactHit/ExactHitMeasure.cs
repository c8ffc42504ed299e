using System.Globalization;

namespace Afterimage.Bench.ExactHit;

/// <summary>
/// <c>exact-hit</c>: Afterimage, nginx <c>proxy_cache</c> and Varnish with the same pictures of 8, 60 and 300 KB, from the memory tier and from the disk tier
/// (page cache warm): requests per second at full load (wrk, rounds interleaved, the best counts), conditional requests and HEAD, what a hit allocates, and the
/// 99th percentile at 70 % of nginx's rate (<see cref="PacedLoad"/>). nginx and Afterimage write a line per request to a log; Varnish logs to shared memory.
/// </summary>
internal static class ExactHitMeasure
{
    private const int PacedConnections = 64;
    private const double PacedPart = 0.7;

    // AFTERIMAGE_BENCH_SIZE: one of them alone, for many rounds.
    private static readonly int[] Sizes =
        Environment.GetEnvironmentVariable("AFTERIMAGE_BENCH_SIZE") is { } one ? [int.Parse(one, CultureInfo.InvariantCulture)] : [8_000, 60_000, 300_000];

    private static readonly string[] Ours = [HitServers.Memory, HitServers.Disk];

    public static async Task<int> RunAsync(bool json)
    {
        foreach (string tool in new[] { "wrk", "nginx" })
        {
            if (!ChildProcess.Exists(tool))
            {
                Console.Error.WriteLine($"exact-hit needs {tool}: apt-get install wrk nginx-light (and varnish, which is measured where it is installed)");
                return 1;
            }
        }

        string folder = Directory.CreateTempSubdirectory("afterimage-bench-").FullName;
        try
        {
            await using HitServers servers = await HitServers.StartAsync(folder);
            foreach (int size in Sizes)
            {
                await MeasureAsync(servers, size, json);
            }

            await MeasureWithoutBodyAsync(servers, folder, json);
            new Measurement("resident memory, disk tier", "MB", servers[HitServers.Disk].ResidentBytes / 1e6, null, "lower", 250).Print(json);
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task MeasureAsync(HitServers servers, int size, bool json)
    {
        var runs = servers.Names.ToDictionary(name => name, _ => new List<WrkRun>());
        var allocated = Ours.ToDictionary(name => name, _ => double.MaxValue);
        await EachRoundAsync(servers, async name =>
        {
            await servers.WarmAsync(name, size);
            double before = Ours.Contains(name) ? await servers.AllocatedAsync(name) : 0;
            WrkRun run = await WrkRun.RunAsync(servers.Url(name, size));
            runs[name].Add(run);
            if (Ours.Contains(name))
            {
                allocated[name] = Math.Min(allocated[name], (await servers.AllocatedAsync(name) - before) / run.Requests);
            }
        });

        WrkRun nginx = WrkRun.Best(runs[HitServers.Nginx]);
        var paced = servers.Names.ToDictionary(name => name, _ => new List<PacedResult>());
        await EachRoundAsync(servers, async name => paced[name].Add(await PacedLoad.RunAsync(servers.Url(name, size), nginx.PerSecond * PacedPart, 4, PacedConnections)));
        foreach (string tier in Ours)
        {
            string title = $"exact hit {size / 1000} KB, {tier} tier";
            WrkRun ours = WrkRun.Best(runs[tier]);
            double aim = tier == HitServers.Disk ? 0.95 : size > 100_000 ? 1.1 : 1.0;
            new Measurement(title, "req/s", ours.PerSecond, nginx.PerSecond, "higher", aim).Print(json);
            new Measurement(title + ", p99 at full load", "ms", ours.P99, nginx.P99, "lower", null).Print(json);
            new Measurement(title + ", p99 at 70 %", "ms", P99(paced[tier]), P99(paced[HitServers.Nginx]), "lower", 1.2).Print(json);
            new Measurement(title + ", p99 at 70 %, worst round", "ms", paced[tier].Max(r => r.P99), paced[HitServers.Nginx].Max(r => r.P99), "lower", null).Print(json);
            new Measurement(title + ", allocated", "B/hit", allocated[tier], null, "lower", 1024).Print(json);
            if (runs.TryGetValue(HitServers.Varnish, out List<WrkRun>? varnish))
            {
                new Measurement(title + ", beside Varnish", "req/s", ours.PerSecond, WrkRun.Best(varnish).PerSecond, "higher", null).Print(json);
                new Measurement(title + ", p99 at 70 %, beside Varnish", "ms", P99(paced[tier]), P99(paced[HitServers.Varnish]), "lower", null).Print(json);
            }
        }
    }

    /// <summary>304 by the entity tag that each server gives, and HEAD (which wrk cannot read); 60 KB.</summary>
    private static async Task MeasureWithoutBodyAsync(HitServers servers, string folder, bool json)
    {
        const int size = 60_000;
        var conditional = servers.Names.ToDictionary(name => name, _ => 0.0);
        var head = servers.Names.ToDictionary(name => name, _ => 0.0);
        await EachRoundAsync(servers, async name =>
        {
            string script = Path.Combine(folder, $"{name}.lua");
            string etag = await servers.WarmAsync(name, size);
            await File.WriteAllTextAsync(script, $"wrk.headers[\"If-None-Match\"] = '{etag}'");
            conditional[name] = Math.Max(conditional[name], (await WrkRun.RunAsync(servers.Url(name, size), script)).PerSecond);
            head[name] = Math.Max(head[name], (await PacedLoad.RunAsync(servers.Url(name, size), 0, 3, PacedConnections, "HEAD")).PerSecond);
        });
        foreach ((string kind, Dictionary<string, double> rates) in new[] { ("304", conditional), ("HEAD", head) })
        {
            foreach (string tier in Ours)
            {
                new Measurement($"{kind}, {tier} tier", "req/s", rates[tier], rates[HitServers.Nginx], "higher", 1.0).Print(json);
                if (rates.TryGetValue(HitServers.Varnish, out double varnish))
                {
                    new Measurement($"{kind}, {tier} tier, beside Varnish", "req/s", rates[tier], varnish, "higher", null).Print(json);
                }
            }
        }
    }

    private static async Task EachRoundAsync(HitServers servers, Func<string, Task> measure)
    {
        for (int round = 0; round < WrkRun.Rounds; round++)
        {
            foreach (string name in servers.Names)
            {
                await measure(name);
            }
        }
    }

    private static double P99(List<PacedResult> runs) =>
        runs.Exists(r => r.Errors == 0 && r.Unanswered == 0)
            ? runs.Where(r => r.Errors == 0 && r.Unanswered == 0).Min(r => r.P99)
            : throw new InvalidOperationException("a server did not keep up: " + string.Join(", ", runs));
}
