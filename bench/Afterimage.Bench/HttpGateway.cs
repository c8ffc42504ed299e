using System.Net;
using Afterimage.Caching.Http;
using Afterimage.Dialects;
using Afterimage.Gateway.HttpRoute;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Afterimage.Bench;

/// <summary>
/// <c>http-gateway --origin URL --port N</c>: nothing but the http route on loopback, for the conformance suite and for measurements of it alone.
/// Runs until it is stopped.
/// </summary>
internal static class HttpGateway
{
    public static async Task<int> RunAsync(bool json)
    {
        string[] args = Environment.GetCommandLineArgs();
        var origin = new Uri(Option(args, "--origin") ?? "http://127.0.0.1:8000");
        int port = int.Parse(Option(args, "--port") ?? "8080");
        var options = new HttpRouteOptions { Origin = origin };
        var invoker = new HttpMessageInvoker(OriginTransport.CreateHandler(TimeSpan.FromSeconds(5)));
        await using var route = new HttpCacheRoute(options, invoker, new ResponseStore(HttpRouteOptions.DefaultBytesMax), null, null, TimeProvider.System);

        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            HttpRouteHost.Configure(kestrel);
            kestrel.Listen(IPAddress.Loopback, port);
        });
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        WebApplication app = builder.Build();
        app.Run(context => RequestTarget.From(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget) is { } target
            ? route.HandleAsync(context, target, scope: "")
            : Task.CompletedTask);
        await app.StartAsync();
        Console.WriteLine($"http route on http://127.0.0.1:{port} for {origin}");
        await app.WaitForShutdownAsync();
        return 0;
    }

    private static string? Option(string[] args, string name)
    {
        int at = Array.IndexOf(args, name);
        return at >= 0 && at + 1 < args.Length ? args[at + 1] : null;
    }
}
