using Afterimage.Demo;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Afterimage.Bench.Load;

/// <summary>An image service that takes some milliseconds a picture, and fails where the prompt says so.</summary>
internal sealed class LoadOrigin : IAsyncDisposable
{
    public const string FailingWord = "failing";
    private static readonly byte[] Pixels = DemoPainter.Paint("a cat", 1, 64, 64);
    private readonly WebApplication _app;
    private long _calls;

    private LoadOrigin(WebApplication app) => _app = app;

    public string Address => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    public long Calls => Interlocked.Read(ref _calls);

    public static async Task<LoadOrigin> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        WebApplication app = builder.Build();
        var origin = new LoadOrigin(app);
        app.Run(origin.AnswerAsync);
        await app.StartAsync();
        return origin;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        Interlocked.Increment(ref _calls);
        await Task.Delay(Random.Shared.Next(5, 30));
        if (context.Request.Path.Value!.Contains(FailingWord, StringComparison.Ordinal))
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        context.Response.ContentType = "image/png";
        context.Response.ContentLength = Pixels.Length;
        context.Response.Headers.CacheControl = "public, max-age=31536000";
        await context.Response.Body.WriteAsync(Pixels);
    }
}
