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
using Afterimage.Gateway.Sockets;
using Afterimage.Matching.Learning;
using Afterimage.Origin;
using Afterimage.Requests;
using Afterimage.Text;
using Afterimage.Vectors;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Afterimage.Gateway;

/// <summary>A running gateway: puts the rooms together, listens, and on the way down finishes what is under way.</summary>
internal sealed class GatewayHost : IAsyncDisposable
{
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(30);

    private readonly WebApplication _app;
    private readonly Parts _parts;

    private GatewayHost(WebApplication app, Parts parts) => (_app, _parts) = (app, parts);

    /// <summary>Where it listens, with the real ports.</summary>
    public IReadOnlyList<string> Addresses => [.. _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses];

    public ImageCache Cache => _parts.Cache;

    /// <summary>
    /// Builds and starts a gateway. Throws <see cref="IOException"/> where a folder cannot be used or an address is taken; the message is for the operator.
    /// </summary>
    /// <param name="options">Validated settings.</param>
    /// <param name="origin">The origin's address; null where the settings name several.</param>
    /// <param name="logOutput">Where request lines go.</param>
    public static async Task<GatewayHost> StartAsync(GatewayOptions options, Uri? origin, Stream logOutput, TimeProvider time, CancellationToken cancellationToken)
    {
        var parts = await Parts.OpenAsync(options, origin, logOutput, time);
        try
        {
            WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.WebHost.UseKestrelCore().UseSockets(sockets => sockets.UnsafePreferInlineScheduling = InlineSockets.Enabled).ConfigureKestrel(kestrel =>
            {
                HttpRouteHost.Configure(kestrel);
                kestrel.ConfigureEndpointDefaults(SocketOutput.Use);
                kestrel.AllowResponseHeaderCompression = false;
                kestrel.Limits.MaxRequestLineSize = options.Limits.RequestLineBytesMax;
                kestrel.Limits.MaxRequestBufferSize = Math.Max(options.Limits.RequestLineBytesMax * 2, 1024 * 1024);
                kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(options.Limits.RequestHeadSeconds);
                kestrel.Limits.MaxRequestBodySize = options.Limits.RequestBodyBytesMax > 0 ? options.Limits.RequestBodyBytesMax : null;
                kestrel.Limits.MaxConcurrentConnections = options.Limits.ConnectionsMax > 0 ? options.Limits.ConnectionsMax : null;
                kestrel.Limits.MinRequestBodyDataRate = null;
            });
            builder.WebHost.UseUrls(options.Listen.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
            builder.WebHost.UseShutdownTimeout(DrainTime);
            // The host makes an activity for every request as soon as its diagnostics may log anything: half of what a hit would allocate. Kestrel logs what handlers throw.
            builder.Logging.AddSimpleConsole(console => console.SingleLine = true).SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
            WebApplication app = builder.Build();
            app.Run(parts.Router.HandleAsync);
            await app.StartAsync(cancellationToken);
            parts.StartUpkeep(app.Logger);
            return new GatewayHost(app, parts);
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
    public Task ReadyAsync() => _parts.Ready.Task;

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        await _parts.DisposeAsync();
    }

    /// <summary>Everything that is not the web server, in the order of its making; taken down in the opposite one.</summary>
    private sealed class Parts : IAsyncDisposable
    {
        private readonly Stack<IAsyncDisposable> _owned = new();
        private readonly CancellationTokenSource _stop = new();
        private Task _upkeep = Task.CompletedTask;
        private bool _offerSaid;

        public required ImageCache Cache { get; init; }

        public required Router Router { get; init; }

        public required IndexQueue Indexing { get; init; }

        public required SpaceRecord Spaces { get; init; }

        public TaskCompletionSource Ready { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public static async Task<Parts> OpenAsync(GatewayOptions options, Uri? origin, Stream logOutput, TimeProvider time)
        {
            Directory.CreateDirectory(options.Data);
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

        private static Parts Open(GatewayOptions options, Uri? originAddress, Stream logOutput, TimeProvider time, Stack<IAsyncDisposable> owned)
        {
            T Own<T>(T part)
            {
                owned.Push(part as IAsyncDisposable ?? new OwnedDisposable((IDisposable)part!));
                return part;
            }

            MetricsCollector metrics = Own(new MetricsCollector());
            RequestLog log = Own(new RequestLog(options.Log.Requests, logOutput, time));
            IEntryStore store = Own(Composition.OpenStore(options, time));
            ITextEmbedder embedder = Composition.CreateEmbedder(options, time);
            if (embedder is IDisposable or IAsyncDisposable)
            {
                Own(embedder);
            }

            PostgresDatabase? database = Composition.OpenDatabase(options.Index.Postgres);
            if (database is not null)
            {
                Own(database);
            }

            IVectorIndex index = Own(Composition.OpenIndex(options, embedder.Space, owned, database));
            CalibrationLearner learner = Own(Composition.OpenLearner(options, time));
            ResolutionBuckets buckets = new(options.Semantic.Resolution);
            var semantic = new SemanticTier(embedder, index, Composition.CreatePolicy(options.Semantic, embedder.Space), store, learner, Composition.TierOptions(options.Semantic, buckets), time);
            IndexQueue indexing = Own(new IndexQueue(semantic, store));
            var journal = new DecisionJournal(options.Semantic.JournalMax, time);
            Own(new DecisionFile(Path.Combine(options.Data, "decisions"), journal));
            PostgresLeases? leases = Composition.OpenLeases(database, store);
            SharedChanges? changes = Composition.OpenChanges(options, database, store, semantic);
            if (leases is not null && changes is not null)
            {
                Own(leases);
                Own(changes);
            }

            var buffers = new BufferBudget(options.Limits.BufferBytesMax);
            var cache = new ImageCache(store, semantic, Composition.Admission(options.Admission), indexing, journal, Composition.CacheOptions(options, buffers), time, leases);

            OriginPool pool = Own(Composition.CreatePool(options.Origin, originAddress, time));
            OriginLimits limits = Own(new OriginLimits(options.Origin, time));
            var origin = new OriginClient(options.Origin, pool, limits, time);
            var forwarder = new Forwarder(pool);
            var headers = new CacheHeaders(options, buckets, time);
            var hot = new HotPath(store, headers, log, options);
            EarlierCache? earlier = Composition.OpenEarlier(options, store, indexing, time, owned);
            VariantPicker variants = Own(new VariantPicker(options.Variants, store, time));
            var images = new ImageRoute(cache, earlier, origin, forwarder, headers, hot, variants, log, options, time);
            var dialect = new PollinationsDialect(options.Pollinations);
            var routes = new RouteTable(options.Routes, dialect);
            var spaces = SpaceRecord.Open(options.Data, embedder.Space.Id);
            BackfillService backfill = Own(new BackfillService(BackfillSession.Context(options, store, embedder, index, semantic.Policy, spaces)));
            HttpCacheRoute? http = Composition.CreateHttpRoute(options, pool, limits, buffers, log, time);
            if (http is not null)
            {
                Own(http);
            }

            AdminEndpoint[] endpoints =
            [
                .. new StatusAdmin(cache, metrics, pool, limits, options.Semantic.Mode, journal, Composition.Dependencies(database, store, semantic, changes), spaces).Endpoints,
                .. new EntriesAdmin(store, journal, changes).Endpoints,
                .. new PurgeAdmin(store, journal, routes, http, changes, options.Scope, time).Endpoints,
                .. new DecisionsAdmin(journal, semantic, changes).Endpoints,
                .. new BackfillAdmin(backfill, options.Admission.MaxBytes).Endpoints,
                .. Dashboard.Endpoints,
            ];
            var router = new Router(routes, options.Scope, hot, images, http, forwarder, new AdminRoutes(new AdminAccess(options.Admin.Token), endpoints), headers);
            var parts = new Parts { Cache = cache, Router = router, Indexing = indexing, Spaces = spaces };
            foreach (IAsyncDisposable part in owned.Reverse())
            {
                parts._owned.Push(part);
            }

            return parts;
        }

        /// <summary>Reconciles index and entries once the entries are read back, and again whenever something was skipped or the last attempt failed.</summary>
        public void StartUpkeep(ILogger logger) => _upkeep = Task.Run(async () =>
        {
            bool due = true;
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
            try
            {
                while (await timer.WaitForNextTickAsync(_stop.Token))
                {
                    if (Cache.Store.Status.Loaded && (due || Indexing.HasGaps))
                    {
                        Indexing.GapsClosed();
                        due = !await TryReconcileAsync(logger);
                        timer.Period = TimeSpan.FromSeconds(30);
                    }

                    if (timer.Period.TotalSeconds > 1)
                    {
                        Cache.Semantic.Learner.Flush();
                    }
                }
            }
            catch (OperationCanceledException)
            {
                // Stopping.
            }
        });

        /// <summary>Whether the older entries wait for the operator's word because the embedding space is another one; said once.</summary>
        private async Task<bool> IsReindexOfferedAsync(ILogger logger)
        {
            (long entries, long vectors) = (Cache.Store.Status.Entries, await Cache.Semantic.Index.CountAsync(null, _stop.Token));
            if (!Spaces.Compare(entries, vectors))
            {
                return false;
            }

            if (!_offerSaid && logger.IsEnabled(LogLevel.Warning))
            {
                _offerSaid = true;
                logger.LogWarning(
                    "The embedding space is {Space}; the {Entries} entries of this data folder were embedded in {Former}, and {Vectors} of them have a vector of the new one. "
                    + "Spaces are not mixed: the others are found by their exact request only. `afterimage backfill reindex` embeds them.",
                    Cache.Semantic.Index.SpaceId, entries, Spaces.Former ?? "another one", vectors);
            }

            return true;
        }

        /// <summary>False where the store or the index could not be asked; the next tick tries again.</summary>
        private async Task<bool> TryReconcileAsync(ILogger logger)
        {
            try
            {
                if (await IsReindexOfferedAsync(logger))
                {
                    Ready.TrySetResult();
                    return true;
                }

                ReconcileReport report = await Reconciler.RunAsync(Cache.Store, Cache.Semantic, _stop.Token);
                Ready.TrySetResult();
                if (report.VectorsAdded + report.VectorsRemoved > 0 && logger.IsEnabled(LogLevel.Warning))
                {
                    logger.LogWarning("reconcile: {Entries} entries, {Added} vectors added, {Removed} removed", report.Entries, report.VectorsAdded, report.VectorsRemoved);
                }

                return true;
            }
            catch (Exception e) when (e is IOException or VectorIndexUnavailableException)
            {
                logger.LogError("reconcile failed, tried again in 30 s: {Message}", e.Message);
                return false;
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _upkeep;
            for (DateTime end = DateTime.UtcNow + DrainTime; Cache.Running > 0 && DateTime.UtcNow < end;)
            {
                // Pictures under way are paid for; they get the time to arrive and be stored.
                await Task.Delay(50);
            }

            while (_owned.TryPop(out IAsyncDisposable? part))
            {
                await part.DisposeAsync();
            }

            _stop.Dispose();
        }
    }
}
