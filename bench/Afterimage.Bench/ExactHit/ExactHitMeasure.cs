using System.Globalization;

namespace Afterimage.Bench.ExactHit;

/// <summary>
/// <c>exact-hit</c>: Afterimage, nginx <c>proxy_cache</c> and Varnish with the same pictures of 8, 60 and 300 KB, from the memory tier and from the disk tier
/// (page cache warm): requests per second at full load (wrk), conditional requests and HEAD, what a hit allocates, and the 99th percentile at 70 % of nginx's peak
/// rate (<see cref="PacedLoad"/>). <c>http-hit</c>: the same for a route of dialect <c>http</c>. nginx and Afterimage write a line per request to a log; Varnish logs to shared memory.
/// <para>
/// The median of the rounds counts. A machine that is not one's own disturbs each round by another amount: a 99th percentile of nginx with 300 KB lay between 0.6 and 12 ms in
/// thirty rounds, so the best of three or five says whose turn was the luckier one. Each round begins with another server, so that none is always behind the same.
/// </para>
/// </summary>
internal static class ExactHitMeasure
{
    private const int PacedConnections = 64;
    private const double PacedPart = 0.7;

    /// <summary>In bytes. AFTERIMAGE_BENCH_SIZE: one of them alone.</summary>
    public static IReadOnlyList<int> Sizes { get; } = Environment.GetEnvironmentVariable("AFTERIMAGE_BENCH_SIZE") is { } one ? [int.Parse(one, CultureInfo.InvariantCulture)] : [8_000, 60_000, 300_000];

    public static Task<int> RunAsync(bool json) => RunAsync(HitKind.Pictures, json);

    public static Task<int> RunHttpAsync(bool json) => RunAsync(HitKind.Responses, json);

    private static async Task<int> RunAsync(HitKind kind, bool json)
    {
        foreach (string tool in new[] { "wrk", "nginx" })
        {
            if (!ChildProcess.Exists(tool))
            {
                Console.Error.WriteLine($"it needs {tool}: apt-get install wrk nginx-light (and varnish, which is measured where it is installed)");
                return 1;
            }
        }

        string folder = Directory.CreateTempSubdirectory("afterimage-bench-").FullName;
        try
        {
            await using HitServers servers = await HitServers.StartAsync(kind, folder);
            foreach (int size in Sizes)
            {
                await MeasureAsync(kind, servers, size, json);
            }

            await MeasureWithoutBodyAsync(kind, servers, folder, json);
            new Measurement("resident memory, disk tier", "MB", servers[HitServers.Disk].ResidentBytes / 1e6, null, "lower", 250).Print(json);
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task MeasureAsync(HitKind kind, HitServers servers, int size, bool json)
    {
        var runs = servers.Names.ToDictionary(name => name, _ => new List<WrkRun>());
        var allocated = kind.Gateways.ToDictionary(gateway => gateway.Tier, _ => double.MaxValue);
        await EachRoundAsync(servers, async name =>
        {
            await servers.WarmAsync(name, size);
            double before = kind.Has(name) ? await servers.AllocatedAsync(name) : 0;
            WrkRun run = await WrkRun.RunAsync(servers.Url(name, size));
            runs[name].Add(run);
            if (kind.Has(name))
            {
                allocated[name] = Math.Min(allocated[name], (await servers.AllocatedAsync(name) - before) / run.Requests);
            }
        });

        double peak = runs[HitServers.Nginx].Max(r => r.PerSecond);
        var paced = servers.Names.ToDictionary(name => name, _ => new List<double>());
        await EachRoundAsync(servers, async name => paced[name].Add(P99(await PacedLoad.RunAsync(servers.Url(name, size), peak * PacedPart, 4, PacedConnections))));
        if (paced.FirstOrDefault(p => new Rounds(p.Value).Median == double.PositiveInfinity) is { Key: { } late })
        {
            throw new InvalidOperationException($"{late} did not keep up with {peak * PacedPart:0} requests a second in most rounds");
        }

        Rounds Rate(string name) => new(runs[name].Select(r => r.PerSecond));
        Rounds FullP99(string name) => new(runs[name].Select(r => r.P99));
        Rounds PacedP99(string name) => new(paced[name]);
        foreach ((string tier, _, _) in kind.Gateways)
        {
            string title = $"{kind.Title} {size / 1000} KB, {tier} tier";
            double aim = tier == HitServers.Disk ? 0.95 : size > 100_000 ? 1.1 : 1.0;
            Print(title, "req/s", Rate(tier), Rate(HitServers.Nginx), "higher", aim, json);
            new Measurement(title + ", p99 at full load", "ms", FullP99(tier).Median, FullP99(HitServers.Nginx).Median, "lower", null).Print(json);
            Print(title + ", p99 at 70 %", "ms", PacedP99(tier), PacedP99(HitServers.Nginx), "lower", 1.2, json);
            new Measurement(title + ", allocated", "B/hit", allocated[tier], null, "lower", 1024).Print(json);
            if (runs.ContainsKey(HitServers.Varnish))
            {
                new Measurement(title + ", beside Varnish", "req/s", Rate(tier).Median, Rate(HitServers.Varnish).Median, "higher", null).Print(json);
                new Measurement(title + ", p99 at 70 %, beside Varnish", "ms", PacedP99(tier).Median, PacedP99(HitServers.Varnish).Median, "lower", null).Print(json);
            }
        }
    }

    /// <summary>304 by the entity tag that each server gives, and HEAD (which wrk cannot read); 60 KB.</summary>
    private static async Task MeasureWithoutBodyAsync(HitKind kind, HitServers servers, string folder, bool json)
    {
        const int size = 60_000;
        var conditional = servers.Names.ToDictionary(name => name, _ => new List<double>());
        var head = servers.Names.ToDictionary(name => name, _ => new List<double>());
        await EachRoundAsync(servers, async name =>
        {
            string script = Path.Combine(folder, $"{name}.lua");
            string etag = await servers.WarmAsync(name, size);
            await File.WriteAllTextAsync(script, $"wrk.headers[\"If-None-Match\"] = '{etag}'");
            conditional[name].Add((await WrkRun.RunAsync(servers.Url(name, size), "-s", script)).PerSecond);
            head[name].Add((await PacedLoad.RunAsync(servers.Url(name, size), 0, 3, PacedConnections, "HEAD")).PerSecond);
        });
        foreach ((string outcome, Dictionary<string, List<double>> rates) in new[] { ("304", conditional), ("HEAD", head) })
        {
            foreach ((string tier, _, _) in kind.Gateways)
            {
                Print($"{outcome}, {tier} tier", "req/s", new Rounds(rates[tier]), new Rounds(rates[HitServers.Nginx]), "higher", 1.0, json);
                if (rates.TryGetValue(HitServers.Varnish, out List<double>? varnish))
                {
                    new Measurement($"{outcome}, {tier} tier, beside Varnish", "req/s", new Rounds(rates[tier]).Median, new Rounds(varnish).Median, "higher", null).Print(json);
                }
            }
        }
    }

    private static void Print(string title, string unit, Rounds ours, Rounds peer, string better, double aim, bool json)
    {
        new Measurement(title, unit, ours.Median, peer.Median, better, aim).Print(json);
        new Measurement(title + ", lowest round", unit, ours.Lowest, peer.Lowest, better, null).Print(json);
        new Measurement(title + ", highest round", unit, ours.Highest, peer.Highest, better, null).Print(json);
    }

    private static async Task EachRoundAsync(HitServers servers, Func<string, Task> measure)
    {
        string[] names = [.. servers.Names];
        for (int round = 0; round < WrkRun.Rounds; round++)
        {
            for (int i = 0; i < names.Length; i++)
            {
                await measure(names[(round + i) % names.Length]);
            }
        }
    }

    // A round in which a server did not keep up has no percentile: what it left unanswered is not among the latencies.
    private static double P99(PacedResult run) => run.Errors == 0 && run.Unanswered == 0 ? run.P99 : double.PositiveInfinity;
}
