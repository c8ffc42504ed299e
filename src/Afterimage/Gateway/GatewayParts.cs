using System.Diagnostics;
using Afterimage.Admin;
using Afterimage.Backfill;
using Afterimage.Caching;
using Afterimage.Cloud.Postgres;
using Afterimage.Cloud.S3;
using Afterimage.Commands.Backfill;
using Afterimage.Configuration;
using Afterimage.Dialects;
using Afterimage.Entries;
using Afterimage.Gateway.HttpRoute;
using Afterimage.Matching.Learning;
using Afterimage.Origin;
using Afterimage.Requests;
using Afterimage.Text;
using Afterimage.Vectors;
using Microsoft.Win32.SafeHandles;

namespace Afterimage.Gateway;

/// <summary>Everything that is not the web server, in the order of its making; taken down in the opposite one.</summary>
internal sealed class GatewayParts : IAsyncDisposable
{
    // EROFS. A full disk is no reason not to serve what is on it.
    private const int ReadOnlyFileSystem = 30;

    private readonly Stack<IAsyncDisposable> _owned = new();
    private IndexUpkeep? _upkeep;

    public required ImageCache Cache { get; init; }

    public required Router Router { get; init; }

    public required HttpCacheRoute? Http { get; init; }

    public required IndexQueue Indexing { get; init; }

    public required SpaceRecord Spaces { get; init; }

    public required OperatorReports EmbedderReports { get; init; }

    public required OperatorReports IndexReports { get; init; }

    public required OperatorReports StoreReports { get; init; }

    public static async Task<GatewayParts> OpenAsync(GatewayOptions options, Uri? origin, Stream logOutput, TimeProvider time)
    {
        CheckFolder(options.Data);
        var owned = new Stack<IAsyncDisposable>();
        try
        {
            return Open(options, origin, logOutput, time, owned);
        }
        catch
        {
            while (owned.TryPop(out IAsyncDisposable? part))
            {
                await part.DisposeAsync();
            }

            throw;
        }
    }

    /// <summary>Makes the data folder where it is absent. Throws where nothing can be written into it, for each part would say that in its own words.</summary>
    private static void CheckFolder(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            using SafeFileHandle probe = File.OpenHandle(Path.Combine(folder, $".write-{Guid.NewGuid():N}"), FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.DeleteOnClose);
        }
        catch (Exception e) when (e is UnauthorizedAccessException || (e is IOException && (e.HResult & 0xFFFF) == ReadOnlyFileSystem))
        {
            throw new IOException($"Nothing can be written into the data folder {Path.GetFullPath(folder)}: {e.Message}", e);
        }
    }

    private static GatewayParts Open(GatewayOptions options, Uri? originAddress, Stream logOutput, TimeProvider time, Stack<IAsyncDisposable> owned)
    {
        T Own<T>(T part)
        {
            owned.Push(part as IAsyncDisposable ?? new OwnedDisposable((IDisposable)part!));
            return part;
        }

        MetricsCollector metrics = Own(new MetricsCollector());
        RequestLog log = Own(new RequestLog(options.Log.Requests, logOutput, time));
        IEntryStore store = Own(Composition.OpenStore(options, time));
        var embedderReports = new OperatorReports(time);
        ITextEmbedder embedder = Composition.CreateEmbedder(options, time, embedderReports);
        if (embedder is IDisposable or IAsyncDisposable)
        {
            Own(embedder);
        }

        PostgresDatabase? database = Composition.OpenDatabase(options);
        if (database is not null)
        {
            Own(database);
        }

        IVectorIndex index = Own(Composition.OpenIndex(options, embedder.Space, owned, database));
        CalibrationLearner learner = Own(Composition.OpenLearner(options, time));
        ResolutionBuckets buckets = new(options.Semantic.Resolution);
        var semantic = new SemanticTier(embedder, index, Composition.CreatePolicy(options.Semantic, embedder.Space), store, learner, Composition.TierOptions(options.Semantic, buckets), time);
        IndexQueue indexing = Own(new IndexQueue(semantic, store));
        var indexReports = new OperatorReports(time);
        indexing.Faulted += fault => indexReports.Report($"an entry has no vector before the next reconcile: {fault}");
        var journal = new DecisionJournal(options.Semantic.JournalMax, time);
        Own(new DecisionFile(Path.Combine(options.Data, "decisions"), journal));
        var buffers = new BufferBudget(options.Limits.BufferBytesMax);
        OriginPool pool = Own(Composition.CreatePool(options.Origin, originAddress, time));
        OriginLimits limits = Own(new OriginLimits(options.Origin, time));
        var known = new KnownRequests(enabled: !options.Scope.Separates);
        HttpCacheRoute? http = Composition.CreateHttpRoute(options, pool, limits, buffers, known, log, time);
        if (http is not null)
        {
            Own(http);
        }

        PostgresLeases? leases = Composition.OpenLeases(database, store);
        SharedChanges? changes = Composition.OpenChanges(options, database, store, semantic, http);
        if (leases is not null && changes is not null)
        {
            Own(leases);
            Own(changes);
        }

        var cache = new ImageCache(store, semantic, Composition.Admission(options.Admission), indexing, journal, Composition.CacheOptions(options, buffers), time, leases);
        var storeReports = new OperatorReports(time);
        cache.Keeper.FaultChanged += fault => storeReports.Report(fault is null ? "pictures are stored again" : $"pictures are not stored, and asked for again each time: {fault}");

        var origin = new OriginClient(options.Origin, pool, limits, time);
        var forwarder = new Forwarder(pool);
        var headers = new CacheHeaders(options, buckets, time);
        var hot = new HotPath(store, headers, known, log, options, time);
        EarlierCache? earlier = Composition.OpenEarlier(options, store, indexing, time, owned);
        VariantPicker variants = Own(new VariantPicker(options.Variants, store, time));
        var images = new ImageRoute(cache, earlier, origin, forwarder, headers, hot, variants, log, options, time);
        var dialect = new PollinationsDialect(options.Pollinations);
        var routes = new RouteTable(options.Routes, dialect);
        var spaces = SpaceRecord.Open(options.Data, embedder.Space.Id);
        BackfillService backfill = Own(new BackfillService(BackfillSession.Context(options, store, embedder, index, semantic.Policy, spaces)));
        AdminEndpoint[] endpoints =
        [
            .. new StatusAdmin(cache, metrics, pool, limits, options.Semantic.Mode, journal, Composition.Dependencies(database, store, semantic, changes), spaces).Endpoints,
            .. new EntriesAdmin(store, journal, changes).Endpoints,
            .. new PurgeAdmin(store, journal, routes, http, changes, options.Scope, time).Endpoints,
            .. new DecisionsAdmin(journal, semantic, changes).Endpoints,
            .. new BackfillAdmin(backfill, options.Admission.MaxBytes).Endpoints,
            .. Dashboard.Endpoints,
        ];
        var router = new Router(routes, options.Scope, known, hot, images, http, forwarder, new AdminRoutes(new AdminAccess(options.Admin.Token), endpoints), headers);
        var parts = new GatewayParts { Cache = cache, Router = router, Http = http, Indexing = indexing, Spaces = spaces, EmbedderReports = embedderReports, IndexReports = indexReports, StoreReports = storeReports };
        foreach (IAsyncDisposable part in owned.Reverse())
        {
            parts._owned.Push(part);
        }

        return parts;
    }

    /// <summary>Begins to keep the index in agreement with the entries.</summary>
    public IndexUpkeep StartUpkeep(ILogger logger) => _upkeep = new IndexUpkeep(Cache, Indexing, Spaces, logger);

    /// <summary>Gives answers under way, which are paid for, the time to arrive and be stored.</summary>
    public async Task DrainAsync(TimeSpan time)
    {
        for (long start = Stopwatch.GetTimestamp(); (Cache.Running > 0 || Http?.Running > 0) && Stopwatch.GetElapsedTime(start) < time;)
        {
            await Task.Delay(20);
        }
    }

    public async ValueTask DisposeAsync()
    {
        List<Exception> faults = [];
        await EndAsync(_upkeep);
        while (_owned.TryPop(out IAsyncDisposable? part))
        {
            await EndAsync(part);
        }

        if (faults.Count > 0)
        {
            throw new AggregateException(faults);
        }

        // One part that cannot end must not keep the others from writing down what they hold.
        async ValueTask EndAsync(IAsyncDisposable? part)
        {
            try
            {
                await (part?.DisposeAsync() ?? ValueTask.CompletedTask);
            }
            catch (Exception e)
            {
                faults.Add(e);
            }
        }
    }
}
