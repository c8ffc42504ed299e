using Afterimage.Caching;
using Afterimage.Caching.Http;
using Afterimage.Origin;

namespace Afterimage.Gateway.HttpRoute;

/// <summary>What the steps of a route share. Made once for each route.</summary>
internal sealed class RouteParts
{
    public RouteParts(HttpRouteOptions options, OriginPool pool, OriginLimits limits, ResponseStore store, DiskTier? disk, RequestLog? log, TimeProvider time)
    {
        (Options, Store, Disk, Time) = (options, store, disk, time);
        Account = new RouteAccount(log);
        Origin = new OriginExchange(pool, limits, options, time);
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
    public Task<(OriginHead? Head, OriginAnswer? Failure)> SendAsync(RouteRequest request, Preconditioned with)
    {
        InterimWriter? interim = Options.ForwardInterim && MethodRules.IsGet(request.Method) ? InterimWriter.For(request.Context) : null;
        return Origin.SendAsync(request.Key.Target, Origin.Build(request, with), interim);
    }

    /// <summary>Says that there is no answer, and why.</summary>
    public Task FailAsync(RouteRequest request, OriginAnswer failure)
    {
        (int status, string type) = ErrorAnswers.Of(failure.Fault);
        return FailAsync(request, status, type, failure.FaultDetail, failure.RetryAfter);
    }

    public Task FailAsync(RouteRequest request, int status, string type, string detail, TimeSpan? retryAfter = null)
    {
        HttpResponse response = request.Context.Response;
        if (!response.HasStarted)
        {
            response.Headers["X-Cache"] = "MISS";
            response.Headers["Cache-Status"] = $"{Options.CacheName}; fwd=uri-miss; detail={type}";
        }

        Account.Add(Tier.Error, status, 0);
        return ErrorAnswers.WriteAsync(request.Context, status, type, detail, retryAfter);
    }
}
