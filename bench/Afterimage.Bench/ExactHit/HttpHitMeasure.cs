using System.Net;
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
/// KB, and 304. Rounds are interleaved and the median counts (<see cref="ExactHitMeasure"/>); both write a line per request to a log.
/// </summary>
internal static class HttpHitMeasure
{
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
        foreach ((string name, int size, string[] options) in new (string, int, string[])[]
        {
            ("http hit 8 KB", 8_000, []), ("http hit 60 KB", 60_000, []), ("http hit 300 KB", 300_000, []),
            ("http 304", 60_000, ["-H", "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT"]),
        })
        {
            await MeasureAsync(name, size, options, nginxPort, ourPort, json);
        }

        Directory.Delete(folder, recursive: true);
        return 0;
    }

    private static async Task MeasureAsync(string name, int size, string[] options, int nginxPort, int ourPort, bool json)
    {
        var (ours, peer) = (new List<double>(), new List<double>());
        double bytesPerHit = double.MaxValue;
        for (int round = 0; round < WrkRun.Rounds; round++)
        {
            peer.Add((await WrkRun.RunAsync(Url(nginxPort, size), options)).PerSecond);
            long before = GC.GetTotalAllocatedBytes();
            WrkRun run = await WrkRun.RunAsync(Url(ourPort, size), options);
            bytesPerHit = Math.Min(bytesPerHit, (GC.GetTotalAllocatedBytes() - before) / (double)run.Requests);
            ours.Add(run.PerSecond);
        }

        new Measurement(name, "req/s", new Rounds(ours).Median, new Rounds(peer).Median, "higher", 1.0).Print(json);
        new Measurement(name + ", allocations", "B/hit", bytesPerHit, null, "lower", 1024).Print(json);
    }

    private static string Url(int port, int size) => $"http://127.0.0.1:{port}/prompt/size%20{size}?http";

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
}
