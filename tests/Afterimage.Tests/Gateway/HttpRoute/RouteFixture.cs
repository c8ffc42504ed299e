using System.Net;
using Afterimage.Caching.Http;
using Afterimage.Configuration;
using Afterimage.Dialects;
using Afterimage.Gateway;
using Afterimage.Gateway.HttpRoute;
using Afterimage.Gateway.Sockets;
using Afterimage.Origin;
using Afterimage.Tests.Scenarios;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Afterimage.Tests.Gateway.HttpRoute;

/// <summary>The http route alone on a loopback port, in front of an origin under the test's control, with a clock that can be moved.</summary>
internal sealed class RouteFixture : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpCacheRoute _route;
    private readonly KnownRequests _known;
    private readonly OriginPool _pool;
    private readonly TestOrigin? _origin;

    private RouteFixture(WebApplication app, HttpCacheRoute route, KnownRequests known, OriginPool pool, ResponseStore store, MovableTime time, TestOrigin? origin)
    {
        (_app, _route, _known, _pool, Store, Time, _origin) = (app, route, known, pool, store, time, origin);
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        Client = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false, MaxConnectionsPerServer = 200 }) { BaseAddress = Address };
    }

    public Uri Address { get; }

    public HttpClient Client { get; }

    public ResponseStore Store { get; }

    public MovableTime Time { get; }

    public TestOrigin Origin => _origin!;

    /// <summary>Requests that wait for others.</summary>
    public int Waiting => _route.Waiting;

    /// <summary>Requests that were answered before they were parsed.</summary>
    public long Recognised => _known.Recognised;

    /// <param name="answer">What the origin does.</param>
    /// <param name="change">Changes the route's options.</param>
    /// <param name="protection">Limits and times towards the origin.</param>
    /// <param name="disk">Behind the store in memory; disposed with the route.</param>
    public static async Task<RouteFixture> StartAsync(Func<HttpContext, Task> answer, Func<HttpRouteOptions, HttpRouteOptions>? change = null, DiskTier? disk = null, OriginOptions? protection = null)
    {
        TestOrigin origin = await TestOrigin.StartAsync();
        var time = new MovableTime();
        origin.Answer = context =>
        {
            // The origin's clock moves with ours.
            context.Response.Headers.Date = HttpDate.Format(time.GetUtcNow());
            return answer(context);
        };
        return await StartAsync(origin.Address, time, origin, change, disk, protection);
    }

    public static Task<RouteFixture> StartAsync(Uri origin) => StartAsync(origin, new MovableTime(), null, null, null, null);

    public Task<Answer> GetAsync(string target, params (string Name, string Value)[] headers) => SendAsync(HttpMethod.Get, target, headers);

    public async Task<Answer> SendAsync(HttpMethod method, string target, params (string Name, string Value)[] headers)
    {
        using HttpRequestMessage request = Request(method, target, headers);
        using HttpResponseMessage response = await Client.SendAsync(request);
        return await Answer.OfAsync(response);
    }

    public HttpRequestMessage Request(HttpMethod method, string target, params (string Name, string Value)[] headers)
    {
        var uri = new Uri(Address.GetLeftPart(UriPartial.Authority) + target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var request = new HttpRequestMessage(method, uri);
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return request;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
        await _route.DisposeAsync();
        _pool.Dispose();
        if (_origin is not null)
        {
            await _origin.DisposeAsync();
        }
    }

    private static async Task<RouteFixture> StartAsync(Uri origin, MovableTime time, TestOrigin? owned, Func<HttpRouteOptions, HttpRouteOptions>? change, DiskTier? disk, OriginOptions? protection)
    {
        var options = new HttpRouteOptions { Origins = [origin] };
        OriginOptions settings = protection ?? new OriginOptions { ConnectTimeoutSeconds = 5, Breaker = new BreakerOptions { BreakSeconds = 0 } };
        OriginPool pool = Composition.CreatePool(settings, origin, TimeProvider.System);
        var limits = new OriginLimits(settings, TimeProvider.System);
        var store = new ResponseStore(64 << 20);
        var known = new KnownRequests(enabled: true);
        var route = new HttpCacheRoute(change?.Invoke(options) ?? options, pool, limits, store, disk, known, null, time);
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            ServerSettings.Configure(kestrel, new LimitOptions(), 0);
            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                SocketOutput.Use(listen);
                RepeatReader.Use(listen, known, 0);
            });
        });
        WebApplication app = builder.Build();
        app.Run(context => route.HandleAsync(
            context, RequestTarget.From(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget)!.Value, context.Request.Headers["X-Tenant"].ToString()));
        await app.StartAsync();
        return new RouteFixture(app, route, known, pool, store, time, owned);
    }
}
