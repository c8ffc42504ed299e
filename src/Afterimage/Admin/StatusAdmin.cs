using System.Diagnostics;
using Afterimage.Caching;
using Afterimage.Entries;
using Afterimage.Gateway;
using Afterimage.Origin;
using Afterimage.Vectors;

namespace Afterimage.Admin;

/// <summary>Health, metrics and the figures that an operator looks at first.</summary>
internal sealed class StatusAdmin(
    ImageCache cache, MetricsCollector metrics, OriginPool pool, OriginLimits limits, SemanticMode mode, DecisionJournal journal, IReadOnlyList<Dependency> dependencies, SpaceRecord spaces)
{
    private readonly long _started = Stopwatch.GetTimestamp();

    public IEnumerable<AdminEndpoint> Endpoints =>
    [
        new("GET", "health/live", (context, _) => AdminRoutes.WriteJsonAsync(context, new { status = "live" })),
        new("GET", "health/ready", (context, _) => ReadyAsync(context)),
        new("GET", "metrics", (context, _) => MetricsAsync(context)),
        new("GET", "stats", (context, _) => StatsAsync(context)),
    ];

    // Ready from the first moment, and whatever is away: requests are answered, only with fewer hits. What is away is said. Ready too while the origin is down:
    // hits go on, and a balancer that took this gateway out would lose them as well.
    private async Task ReadyAsync(HttpContext context)
    {
        EntryStoreStatus status = cache.Store.Status;
        object[] states = await Task.WhenAll(dependencies.Select(d => d.StateAsync(context.RequestAborted)));
        await AdminRoutes.WriteJsonAsync(context, new
        {
            status = "ready",
            store = new { loaded = status.Loaded, progress = Math.Round(status.LoadProgress, 3), entries = status.Entries, fault = cache.Keeper.Fault },
            semantic = new { mode, space = cache.Semantic.Embedder.Space.Id, fault = cache.Semantic.LastFault },
            origin = new
            {
                status = pool.Servers.All(s => s.BreakerState == "open") ? "open" : pool.Servers.All(s => s.IsHealthy && s.BreakerState is "closed" or "off") ? "well" : "degraded",
                servers = pool.Servers.Select(s => new { server = s.Name, healthy = s.IsHealthy, breaker = s.BreakerState, active = s.Active }),
                waiting = limits.Waiting,
            },
            dependencies = states,
            running = cache.Running,
        });
    }

    private Task MetricsAsync(HttpContext context)
    {
        context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        return context.Response.WriteAsync(metrics.ToPrometheus(), context.RequestAborted);
    }

    private async Task StatsAsync(HttpContext context)
    {
        SortedDictionary<string, double> tiers = metrics.By("afterimage.requests", "tier");
        double answered = tiers.Where(t => t.Key is "exact" or "semantic" or "joined" or "miss").Sum(t => t.Value);
        double Share(string tier) => answered > 0 ? Math.Round(tiers.GetValueOrDefault(tier) / answered, 4) : 0;
        EntryStoreStatus status = cache.Store.Status;
        (long? vectors, string? indexFault) = await CountVectorsAsync(context.RequestAborted);
        await AdminRoutes.WriteJsonAsync(context, new
        {
            uptimeSeconds = Math.Round(Stopwatch.GetElapsedTime(_started).TotalSeconds),
            requests = tiers,
            shares = new { exact = Share("exact"), semantic = Share("semantic"), joined = Share("joined"), miss = Share("miss") },
            originSecondsSaved = Math.Round(metrics.Sum("afterimage.origin.saved"), 1),
            semantic = new { mode, outcomes = metrics.By("afterimage.semantic.lookups", "outcome"), blockedPairs = cache.Semantic.Learner.BlockedPairs, decisionsKept = journal.Latest(int.MaxValue).Count },
            admission = metrics.By("afterimage.admission", "reason"),
            store = new { status.Entries, status.Bytes, status.BytesMax, status.Loaded },
            index = new { space = cache.Semantic.Index.SpaceId, vectors, fault = indexFault, reindexOffered = spaces.IsOffered },
            running = cache.Running,
            joined = cache.Joined,
            waiting = limits.Waiting,
        });
    }

    // The other figures are wanted most while something is away.
    private async Task<(long? Vectors, string? Fault)> CountVectorsAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await cache.Semantic.Index.CountAsync(null, cancellationToken), null);
        }
        catch (VectorIndexUnavailableException e)
        {
            return (null, e.Message);
        }
    }
}
