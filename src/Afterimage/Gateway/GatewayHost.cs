using System.Diagnostics;
using Afterimage.Caching;
using Afterimage.Configuration;
using Afterimage.Gateway.Sockets;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Afterimage.Gateway;

/// <summary>A running gateway: puts the rooms together, listens, and on the way down finishes what is under way.</summary>
internal sealed class GatewayHost : IAsyncDisposable
{
    /// <summary>The longest that a stop takes: what is under way is finished, then files are closed.</summary>
    public static readonly TimeSpan ShutdownTime = TimeSpan.FromSeconds(45);

    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan FarewellMin = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan FarewellMax = TimeSpan.FromSeconds(5);

    private readonly WebApplication _app;
    private readonly GatewayParts _parts;
    private readonly IndexUpkeep _upkeep;
    private readonly Door _door;

    private GatewayHost(WebApplication app, GatewayParts parts, IndexUpkeep upkeep, Door door) => (_app, _parts, _upkeep, _door) = (app, parts, upkeep, door);

    /// <summary>Where it listens, with the real ports.</summary>
    public IReadOnlyList<string> Addresses => [.. _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses];

    public ImageCache Cache => _parts.Cache;

    /// <summary>See <see cref="KnownRequests.Recognised"/>.</summary>
    public long Recognised => _parts.Router.Known.Recognised;

    /// <summary>
    /// Builds and starts a gateway. Throws <see cref="IOException"/> where a folder cannot be used or an address is taken; the message is for the operator.
    /// </summary>
    /// <param name="options">Validated settings.</param>
    /// <param name="origin">The origin's address; null where the settings name several.</param>
    /// <param name="logOutput">Where request lines go.</param>
    public static async Task<GatewayHost> StartAsync(GatewayOptions options, Uri? origin, Stream logOutput, TimeProvider time, CancellationToken cancellationToken)
    {
        var parts = await GatewayParts.OpenAsync(options, origin, logOutput, time);
        var door = new Door();
        try
        {
            WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.WebHost.UseKestrelCore().UseSockets(sockets =>
            {
                sockets.UnsafePreferInlineScheduling = InlineSockets.Enabled;
                sockets.CreateBoundListenSocket = door.Bind;
            }).ConfigureKestrel(kestrel =>
            {
                ServerSettings.Configure(kestrel, options.Limits, options.Origin.ConcurrencyMax);
                kestrel.ConfigureEndpointDefaults(listen =>
                {
                    SocketOutput.Use(listen, door);
                    RepeatReader.Use(listen, parts.Router.Known, options.Limits.BodyBytesPerSecondMin);
                });
            });
            builder.WebHost.UseUrls(options.Listen.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
            builder.WebHost.UseShutdownTimeout(DrainTime);
            // The host makes an activity for every request as soon as its diagnostics may log anything: half of what a hit would allocate. Kestrel logs what handlers throw.
            builder.Logging.AddSimpleConsole(console => console.SingleLine = true).SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
            WebApplication app = builder.Build();
            app.Run(parts.Router.HandleAsync);
            await app.StartAsync(cancellationToken);
            parts.EmbedderReports.WriteTo(message => app.Logger.LogWarning("embedder: {Message}", message));
            parts.StoreReports.WriteTo(message => app.Logger.LogError("store: {Message}", message));
            parts.IndexReports.WriteTo(message => app.Logger.LogError("index: {Message}", message));
            return new GatewayHost(app, parts, parts.StartUpkeep(app.Logger), door);
        }
        catch
        {
            await parts.DisposeAsync();
            throw;
        }
    }

    public Task WaitForShutdownAsync(CancellationToken cancellationToken) => _app.WaitForShutdownAsync(cancellationToken);

    /// <summary>Returns once every picture stored before the call is in the index too.</summary>
    public async Task SettleAsync()
    {
        while (Cache.Running > 0)
        {
            await Task.Delay(1);
        }

        await _parts.Indexing.DrainAsync(CancellationToken.None);
    }

    /// <summary>Returns once the entries are read back and the index agrees with them.</summary>
    public Task ReadyAsync() => _upkeep.Ready;

    /// <summary>Before the end of a process: lets nobody in any more, and tells those who are in that they get their last answer here.</summary>
    public Task FarewellAsync()
    {
        _parts.Router.Known.IsClosing = true;
        return _door.ShutAsync(FarewellMin, FarewellMax);
    }

    public async ValueTask DisposeAsync()
    {
        long start = Stopwatch.GetTimestamp();
        await _app.StopAsync();
        await _app.DisposeAsync();
        await _parts.DrainAsync(DrainTime - Stopwatch.GetElapsedTime(start));
        await _parts.DisposeAsync();
    }
}
