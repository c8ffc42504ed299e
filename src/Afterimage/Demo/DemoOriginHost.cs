using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Afterimage.Demo;

/// <summary>The demo origin on a loopback port of its own, so that the gateway meets it over HTTP like any other.</summary>
internal sealed class DemoOriginHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private DemoOriginHost(WebApplication app) => _app = app;

    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public static async Task<DemoOriginHost> StartAsync(CancellationToken cancellationToken)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestLineSize = 64 * 1024).UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        WebApplication app = builder.Build();
        DemoOrigin.Map(app);
        await app.StartAsync(cancellationToken);
        return new DemoOriginHost(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
