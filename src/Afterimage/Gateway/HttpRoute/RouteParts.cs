using Afterimage.Caching.Http;

namespace Afterimage.Gateway.HttpRoute;

/// <summary>What the steps of a route share. Made once for each route.</summary>
internal sealed class RouteParts
{
    public RouteParts(HttpRouteOptions options, HttpMessageInvoker invoker, ResponseStore store, DiskTier? disk, RequestLog? log, TimeProvider time)
    {
        (Options, Store, Disk, Time) = (options, store, disk, time);
        Account = new RouteAccount(log);
        Origin = new OriginExchange(invoker, options, time);
        Invalidations = new InvalidationLog(time);
        Flights = new FlightTable(time);
        Admission = new HttpAdmission(options, store, disk, Invalidations);
        Writer = new ResponseWriter(options, Account, time);
        Relay = new Relay(options, Admission, Flights, Account);
    }

    public HttpRouteOptions Options { get; }

    public ResponseStore Store { get; }

    /// <summary>Behind <see cref="Store"/>; null where responses are in memory only.</summary>
    public DiskTier? Disk { get; }

    public TimeProvider Time { get; }

    public RouteAccount Account { get; }

    public OriginExchange Origin { get; }

    public InvalidationLog Invalidations { get; }

    public FlightTable Flights { get; }

    public HttpAdmission Admission { get; }

    public ResponseWriter Writer { get; }

    public Relay Relay { get; }

    /// <summary>Removes a response that is no longer what the origin would say.</summary>
    public void Forget(ResourceKey key, StoredResponse stored)
    {
        Store.Remove(key, stored);
        Disk?.Forget(key, stored);
    }

    /// <summary>Sends a request to the origin; interim responses go to the client of a GET meanwhile.</summary>
    public Task<(OriginHead? Head, OriginFailure Failure)> SendAsync(RouteRequest request, Preconditioned with)
    {
        InterimWriter? interim = Options.ForwardInterim && MethodRules.IsGet(request.Method) ? InterimWriter.For(request.Context) : null;
        return Origin.SendAsync(Origin.Build(request, with), interim, CancellationToken.None);
    }

    /// <summary>Says that there is no answer, and why.</summary>
    public Task FailAsync(RouteRequest request, OriginFailure failure) => failure switch
    {
        OriginFailure.TimedOut => FailAsync(request, StatusCodes.Status504GatewayTimeout, "origin-timed-out", "The origin did not begin to answer in time."),
        OriginFailure.Invalid => FailAsync(request, StatusCodes.Status502BadGateway, "origin-invalid", "What the origin answered is not valid HTTP."),
        _ => FailAsync(request, StatusCodes.Status502BadGateway, "origin-unreachable", "The origin cannot be reached, or broke the connection before it answered."),
    };

    public Task FailAsync(RouteRequest request, int status, string type, string detail)
    {
        HttpResponse response = request.Context.Response;
        if (!response.HasStarted)
        {
            response.Headers["X-Cache"] = "MISS";
            response.Headers["Cache-Status"] = $"{Options.CacheName}; fwd=uri-miss; detail={type}";
        }

        Account.Add(Tier.Error, status, 0);
        return ErrorAnswers.WriteAsync(request.Context, status, type, detail);
    }
}
