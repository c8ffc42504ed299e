using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Afterimage.Caching.Http;
using Afterimage.Configuration;
using Afterimage.Dialects;
using Afterimage.Gateway;
using Afterimage.Gateway.HttpRoute;
using Afterimage.Origin;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Features;

namespace Afterimage.Bench.ExactHit;

/// <summary>
/// <c>http-hit</c>: wrk against the http route (in this process, so that its allocations can be counted) and nginx <c>proxy_cache</c>: hits of 8, 60 and 300
/// KB, and 304. Rounds are interleaved and the best of each counts; both write a line per request to a log.
/// </summary>
internal static partial class HttpHitMeasure
{
    private static readonly int Rounds = int.Parse(Environment.GetEnvironmentVariable("AFTERIMAGE_BENCH_ROUNDS") ?? "3");
    private static readonly string Seconds = Environment.GetEnvironmentVariable("AFTERIMAGE_BENCH_SECONDS") ?? "4";

    public static async Task<int> RunAsync(bool json)
    {
        if (!ChildProcess.Exists("wrk") || !ChildProcess.Exists("nginx"))
        {
            Console.Error.WriteLine("http-hit needs wrk and nginx: apt-get install wrk nginx-light");
            return 1;
        }

        string folder = Directory.CreateTempSubdirectory("afterimage-bench-").FullName;
        await using PictureOrigin origin = await PictureOrigin.StartAsync();
        int nginxPort = HitServers.FreePort(), ourPort = HitServers.FreePort();
        string template = await File.ReadAllTextAsync(Path.Combine(BenchPaths.Peers, "exact-hit", "nginx.conf"));
        string config = Path.Combine(folder, "nginx.conf");
        await File.WriteAllTextAsync(
            config, template.Replace("{PORT}", nginxPort.ToString()).Replace("{ORIGIN}", origin.Address).Replace("{FOLDER}", folder));
        await using ChildProcess nginx = ChildProcess.Start("nginx", $"-c {config}");
        await using FileStream logFile = File.Create(Path.Combine(folder, "ours.log"));
        await using var log = new RequestLog(RequestLogLevel.All, logFile, TimeProvider.System);
        var settings = new OriginOptions();
        using OriginPool pool = Composition.CreatePool(settings, new Uri(origin.Address), TimeProvider.System);
        using var limits = new OriginLimits(settings, TimeProvider.System);
        await using HttpCacheRoute route = CreateRoute(pool, limits, log);
        await using WebApplication app = await ServeAsync(route, ourPort);
        foreach ((string name, int size, string headers) in new[]
        {
            ("http hit 8 KB", 8_000, ""), ("http hit 60 KB", 60_000, ""), ("http hit 300 KB", 300_000, ""),
            ("http 304", 60_000, "-H \"If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT\""),
        })
        {
            await MeasureAsync(name, size, headers, nginxPort, ourPort, json);
        }

        Directory.Delete(folder, recursive: true);
        return 0;
    }

    private static async Task MeasureAsync(string name, int size, string headers, int nginxPort, int ourPort, bool json)
    {
        double ours = 0, peer = 0, bytesPerHit = double.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            peer = Math.Max(peer, (await WrkAsync(nginxPort, size, headers)).PerSecond);
            long before = GC.GetTotalAllocatedBytes();
            (double perSecond, long requests) = await WrkAsync(ourPort, size, headers);
            bytesPerHit = Math.Min(bytesPerHit, (GC.GetTotalAllocatedBytes() - before) / (double)requests);
            ours = Math.Max(ours, perSecond);
        }

        new Measurement(name, "req/s", ours, peer, "higher", 1.0).Print(json);
        new Measurement(name + ", allocations", "B/hit", bytesPerHit, null, "lower", 1024).Print(json);
    }

    private static HttpCacheRoute CreateRoute(OriginPool pool, OriginLimits limits, RequestLog log) => new(
        new HttpRouteOptions { Origins = [.. pool.Servers.Select(s => s.Address)] },
        pool,
        limits,
        new ResponseStore(HttpRouteOptions.DefaultBytesMax),
        null,
        log,
        TimeProvider.System);

    private static async Task<WebApplication> ServeAsync(HttpCacheRoute route, int port)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            ServerSettings.Configure(kestrel, new LimitOptions());
            kestrel.Listen(IPAddress.Loopback, port);
        });
        WebApplication app = builder.Build();
        app.Run(context => route.HandleAsync(context, RequestTarget.From(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget)!.Value, ""));
        await app.StartAsync();
        return app;
    }

    private static async Task<(double PerSecond, long Requests)> WrkAsync(int port, int size, string headers)
    {
        string url = $"http://127.0.0.1:{port}/prompt/size%20{size}?http";
        string output = await ChildProcess.RunAsync("sh", "-c", $"wrk -t2 -c64 -d{Seconds}s {headers} '{url}'");
        Match rate = Rate().Match(output), count = Count().Match(output);
        return rate.Success && count.Success
            ? (double.Parse(rate.Groups[1].Value, CultureInfo.InvariantCulture), long.Parse(count.Groups[1].Value, CultureInfo.InvariantCulture))
            : throw new InvalidOperationException("wrk: " + output);
    }

    [GeneratedRegex(@"Requests/sec:\s+([\d.]+)")]
    private static partial Regex Rate();

    [GeneratedRegex(@"(\d+) requests in")]
    private static partial Regex Count();
}
