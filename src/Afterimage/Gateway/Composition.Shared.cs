using Afterimage.Admin;
using Afterimage.Caching;
using Afterimage.Cloud;
using Afterimage.Cloud.Cloudflare;
using Afterimage.Cloud.Postgres;
using Afterimage.Cloud.S3;
using Afterimage.Configuration;
using Afterimage.Entries;
using Afterimage.Gateway.HttpRoute;
using Afterimage.Text;
using Afterimage.Vectors;

namespace Afterimage.Gateway;

// What may be outside of this machine and common to several gateways: the index, and what they tell one another.
internal static partial class Composition
{
    /// <summary>The database of the index and of what gateways tell one another; null where the settings name none. Does not connect.</summary>
    public static PostgresDatabase? OpenDatabase(GatewayOptions options)
    {
        PostgresIndexOptions postgres = options.Index.Postgres;
        return postgres.ConnectionString.Length == 0 ? null : new PostgresDatabase(new PostgresOptions
        {
            ConnectionString = postgres.ConnectionString,
            Schema = postgres.Schema,
            Store = StoreIdentity.Of(options),
            ConnectionsMax = postgres.ConnectionsMax,
            SearchTimeoutMs = postgres.SearchTimeoutMs,
            HnswFromRows = postgres.HnswFromRows,
            HnswEfSearch = postgres.HnswEfSearch,
            TransactionPooler = postgres.TransactionPooler,
        });
    }

    /// <summary>The index of a space; what else it needs (a connection pool, a client) is added to <paramref name="owned"/>.</summary>
    /// <param name="database">Where it is open already; not disposed with the index.</param>
    public static IVectorIndex OpenIndex(GatewayOptions options, EmbeddingSpace space, Stack<IAsyncDisposable> owned, PostgresDatabase? database = null)
    {
        switch (options.Index.Provider)
        {
            case IndexProvider.Postgres:
                PostgresIndexOptions postgres = options.Index.Postgres;
                if (database is null)
                {
                    owned.Push(database = OpenDatabase(options)!);
                }

                var shared = new PostgresVectorIndex(database, space.Id, space.Dimensions);
                if (!postgres.HotTier)
                {
                    return shared;
                }

                // Scratch of an earlier run: the database is the truth.
                string hot = Path.Combine(options.Data, "hot");
                if (Directory.Exists(hot))
                {
                    Directory.Delete(hot, recursive: true);
                }

                return new TieredVectorIndex(shared, shared, () => ScratchVectorIndex.Open(hot, space.Id, space.Dimensions), HotTierOf(postgres));
            case IndexProvider.Vectorize:
                var client = new CloudflareClient(CloudflareOptionsOf(options.Index.Vectorize));
                owned.Push(new OwnedDisposable(client));
                return new VectorizeIndex(client, new VectorizeOptions { NamePrefix = options.Index.Vectorize.NamePrefix, Store = StoreIdentity.Of(options) }, space.Id, space.Dimensions);
            default:
                return VectorIndex.Open(new VectorIndexOptions { Folder = Path.Combine(options.Data, "index"), SpaceId = space.Id, Dimensions = space.Dimensions });
        }
    }

    private static HotTierOptions HotTierOf(PostgresIndexOptions options) => new()
    {
        StalenessSeconds = options.HotTierStalenessSeconds,
        AwaySeconds = options.HotTierAwaySeconds,
        VectorsMax = options.HotTierVectorsMax,
    };

    /// <summary>What several gateways on one bucket share besides entries and vectors; null where there is no such bucket, or no database to share by.</summary>
    public static SharedChanges? OpenChanges(GatewayOptions options, PostgresDatabase? database, IEntryStore store, SemanticTier semantic, HttpCacheRoute? http) =>
        database is not null && store is S3EntryStore bucket ? new SharedChanges(database, bucket, semantic, http, Path.Combine(options.Data, "changes.json")) : null;

    /// <summary>See <see cref="OpenChanges"/>: gateways whose entries are their own have nothing to wait for at others.</summary>
    public static PostgresLeases? OpenLeases(PostgresDatabase? database, IEntryStore store) =>
        database is not null && store is S3EntryStore ? new PostgresLeases(database) : null;

    /// <summary>What is outside of this process, for <c>health/ready</c>.</summary>
    public static IReadOnlyList<Dependency> Dependencies(PostgresDatabase? database, IEntryStore store, SemanticTier semantic, SharedChanges? changes)
    {
        var found = new List<Dependency>();
        if (store is S3EntryStore bucket)
        {
            found.Add(new("bucket", async cancel => await bucket.FaultAsync(cancel)));
        }

        if (database is not null)
        {
            found.Add(new("database", async cancel => await database.CheckAsync(cancel) is [{ } fault, ..] ? fault : null));
        }

        if (RemoteOf(semantic.Index) is PostgresVectorIndex)
        {
            found.Add(new("index", cancel => FaultAsync(semantic.Index, cancel)));
        }
        else if (semantic.Index is VectorizeIndex)
        {
            // Asking costs a call of the account's few: what the last lookup met.
            found.Add(new("index", _ => Task.FromResult(semantic.LastFault)));
        }

        if (changes is not null)
        {
            found.Add(new("changes", _ => Task.FromResult(changes.IsListening ? null : "No notices from the database; changes of other gateways arrive within a few seconds of its answering.")));
        }

        return found;
    }

    /// <summary>What keeps a remote index from being used, as a sentence; null where nothing does. The first contact, which makes tables, is waited for.</summary>
    public static async Task<string?> FaultAsync(IVectorIndex index, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> faults = RemoteOf(index) switch
        {
            PostgresVectorIndex vectors => await vectors.CheckAsync(cancellationToken),
            VectorizeIndex vectors => await vectors.CheckAsync(cancellationToken),
            _ => [],
        };
        return faults is [{ } fault, ..] ? fault : null;
    }

    private static IVectorIndex RemoteOf(IVectorIndex index) => (index as TieredVectorIndex)?.Remote ?? index;

    public static CloudflareOptions CloudflareOptionsOf(VectorizeIndexOptions options) => new()
    {
        AccountId = options.AccountId,
        ApiToken = options.ApiToken,
        ApiBase = new Uri(options.ApiBase),
        RequestsPerFiveMinutes = options.RequestsPerFiveMinutes,
    };
}
