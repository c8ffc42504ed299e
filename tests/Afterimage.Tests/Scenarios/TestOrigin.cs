using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Afterimage.Tests.Images;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Afterimage.Tests.Scenarios;

/// <summary>An image service under the test's control: answers <c>/prompt/...</c> with a PNG of the size asked that differs each time, unless told otherwise.</summary>
internal sealed class TestOrigin : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _calls;

    private TestOrigin(WebApplication app) => _app = app;

    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>Requests so far.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <summary>Raw targets in order of arrival.</summary>
    public ConcurrentQueue<string> Targets { get; } = new();

    /// <summary>Replaces the answer.</summary>
    public Func<HttpContext, Task>? Answer { get; set; }

    /// <summary>Runs before every answer; hold it to keep requests waiting.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public static async Task<TestOrigin> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestLineSize = 64 * 1024;
            kestrel.Limits.MaxRequestBodySize = null;
        }).UseUrls("http://127.0.0.1:0");
        WebApplication app = builder.Build();
        var origin = new TestOrigin(app);
        app.Run(origin.HandleAsync);
        await app.StartAsync();
        return origin;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    /// <summary>The standard answer: a picture of the size asked that carries its prompt, as real services write it.</summary>
    public static Task PictureAsync(HttpContext context, int call)
    {
        int width = int.TryParse(context.Request.Query["width"], NumberStyles.None, CultureInfo.InvariantCulture, out int w) ? w : 1024;
        int height = int.TryParse(context.Request.Query["height"], NumberStyles.None, CultureInfo.InvariantCulture, out int h) ? h : 1024;
        byte[] png = ImageFixtures.SmallPng(width, height, ImageFixtures.Text("parameters", "prompt of somebody else"), ("eXIf", Encoding.ASCII.GetBytes($"II call {call}")));
        context.Response.ContentType = "image/png";
        context.Response.ContentLength = png.Length;
        context.Response.Headers.CacheControl = "public, max-age=31536000, immutable";
        context.Response.Headers.ContentDisposition = "inline; filename=\"somebody-elses-prompt.png\"";
        context.Response.Headers["X-Model-Used"] = "flux";
        return context.Response.Body.WriteAsync(png).AsTask();
    }

    private async Task HandleAsync(HttpContext context)
    {
        int call = Interlocked.Increment(ref _calls);
        Targets.Enqueue(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
        await Gate;
        await (Answer is { } answer ? answer(context) : PictureAsync(context, call));
    }
}
