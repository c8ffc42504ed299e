using Afterimage.Caching;
using Afterimage.Caching.Http;
using Afterimage.Cloud.HuggingFace;
using Afterimage.Cloud.S3;
using Afterimage.Configuration;
using Afterimage.Entries;
using Afterimage.Gateway.HttpRoute;
using Afterimage.Matching;
using Afterimage.Matching.Learning;
using Afterimage.Origin;
using Afterimage.Requests;
using Afterimage.Text;

namespace Afterimage.Gateway;

/// <summary>From settings to the engine's parts: the one place where a provider's name becomes its type.</summary>
internal static partial class Composition
{
    public static IEntryStore OpenStore(GatewayOptions options, TimeProvider time)
    {
        var local = new FileEntryStoreOptions
        {
            Folder = Path.Combine(options.Data, "entries"),
            BytesMax = options.Store.BytesMax,
            FreeDiskBytesMin = options.Store.FreeDiskBytesMin,
            EntryBytesMax = options.Admission.MaxBytes + 65536L,
            Flush = options.Store.Flush ? FlushPolicy.BeforePublish : FlushPolicy.Never,
            Memory = new MemoryTierOptions { BytesMax = options.Store.MemoryBytesMax },
        };
        S3Options s3 = options.Store.S3;
        return options.Store.Provider == StoreProvider.Files ? FileEntryStore.Open(local, time, BackfillParts.Locations) : S3EntryStore.Open(
            new S3StoreOptions
            {
                Bucket = s3.Bucket,
                ServiceUrl = s3.ServiceUrl.Length > 0 ? s3.ServiceUrl : null,
                Region = s3.Region,
                Prefix = s3.Prefix,
                LocalStalenessMax = TimeSpan.FromSeconds(s3.LocalStalenessSeconds),
                EntryBytesMax = local.EntryBytesMax,
            },
            local,
            time,
            BackfillParts.Locations);
    }

    /// <summary>The bucket of an earlier cache; null where none is named.</summary>
    public static EarlierCache? OpenEarlier(GatewayOptions options, IEntryStore store, IndexQueue indexing, TimeProvider time, Stack<IAsyncDisposable> owned)
    {
        EarlierCacheSettings earlier = options.Store.Earlier;
        if (earlier.Bucket.Length == 0)
        {
            return null;
        }

        var bucket = new S3StoreOptions
        {
            Bucket = earlier.Bucket,
            ServiceUrl = earlier.ServiceUrl.Length > 0 ? earlier.ServiceUrl : null,
            Region = earlier.Region,
            RequestTimeout = TimeSpan.FromSeconds(earlier.TimeoutSeconds),
            AnswerTimeout = TimeSpan.FromSeconds(earlier.TimeoutSeconds),
            RetriesMax = 0,
            EntryBytesMax = options.Admission.MaxBytes,
        };
        var objects = new S3Objects(bucket, S3Clients.Connect(bucket), time);
        owned.Push(new OwnedDisposable(objects));
        var reader = new EarlierCacheReader(objects, new EarlierCacheOptions
        {
            Prefix = earlier.Prefix,
            Versions = [.. Names(earlier.Versions).Select(version => version == "none" ? "" : version)],
            FixedSeedModels = Names(earlier.FixedSeedModels).ToHashSet(),
        });

        // It served pictures in sizes that a model chose by itself, and goes on doing so here.
        return new EarlierCache(reader, Admission(options.Admission, SizeCheck.Off), store, indexing, TtlOf(options.Store), bucket.AnswerTimeout, time);
    }

    public static ITextEmbedder CreateEmbedder(GatewayOptions options, TimeProvider time, OperatorReports reports) =>
        EmbedderFactory.Create(options.Embedding, HubSettings.FromEnvironment(), time, reports.Report);

    /// <summary>The embedder of a command that ends; what fails is said on the error stream.</summary>
    public static ITextEmbedder CreateEmbedder(GatewayOptions options)
    {
        var reports = new OperatorReports(TimeProvider.System);
        reports.WriteTo(Console.Error.WriteLine);
        return CreateEmbedder(options, TimeProvider.System, reports);
    }

    public static IMatchPolicy CreatePolicy(SemanticOptions options, EmbeddingSpace space) => options.Policy switch
    {
        PolicyName.Cosine => new CosinePolicy((float)options.Threshold),
        PolicyName.Ramp => new RampPolicy((float)options.RampShort, (float)options.RampLong),
        _ => new Matching.MatcherPolicy(new MatcherOptions { MaxFalseReuse = options.MaxFalseReuse, SpaceId = space.Id }),
    };

    public static CalibrationLearner OpenLearner(GatewayOptions options, TimeProvider time) => new(
        new LearnerOptions
        {
            MaxFalseReuse = Math.Min(options.Semantic.MaxFalseReuse, 0.499),
            ServedFrom = options.Semantic.Policy switch
            {
                PolicyName.Cosine => options.Semantic.Threshold,
                PolicyName.Ramp => options.Semantic.RampShort,
                _ => null,
            },
        },
        Path.Combine(options.Data, "learning.bin"),
        time);

    public static SemanticTierOptions TierOptions(SemanticOptions options, ResolutionBuckets buckets) => new()
    {
        Candidates = options.Candidates,
        CandidateSimilarityMin = (float)options.CandidateSimilarityMin,
        Resolution = buckets,
    };

    public static AdmissionRules Admission(AdmissionOptions options, SizeCheck? size = null) => new()
    {
        BytesMax = options.MaxBytes,
        BytesMin = options.MinBytes,
        SizeCheck = size ?? options.Size,
        Denied = Names(options.Deny).Select(h => Hash256.TryParseHex(h, out Hash256 hash) ? hash : default).ToHashSet(),
    };

    public static ImageCacheOptions CacheOptions(GatewayOptions options, BufferBudget buffers) => new()
    {
        Buffers = buffers,
        EntryTtl = TtlOf(options.Store),
        ReplayHeaders = Names(options.Headers.Replay).Append("Cache-Control").ToHashSet(StringComparer.OrdinalIgnoreCase),
        SemanticCoalescing = options.Semantic.Coalesce,
        LeasePatience = TimeSpan.FromSeconds(options.Origin.TotalTimeoutSeconds),
        SimilarOnFaultProbabilityMin = options.Origin.OnFailure == OriginFailurePolicy.Similar ? options.Origin.SimilarProbabilityMin : null,
    };

    /// <param name="address">The one address where the settings name no others.</param>
    public static OriginPool CreatePool(OriginOptions options, Uri? address, TimeProvider time)
    {
        OriginServer[] servers = options.Servers.Count > 0
            ? [.. options.Servers.Select(s => new OriginServer(new Uri(s.Url), s.Weight, options.Breaker, time))]
            : [new OriginServer(address!, 1, options.Breaker, time)];
        return new OriginPool(options, servers, time);
    }

    /// <summary>The route of dialect <c>http</c>; null where no route asks for it.</summary>
    public static HttpCacheRoute? CreateHttpRoute(GatewayOptions options, OriginPool pool, OriginLimits limits, BufferBudget buffers, KnownRequests known, RequestLog log, TimeProvider time)
    {
        if (!options.Routes.Exists(route => route.Dialect == DialectName.Http))
        {
            return null;
        }

        var settings = new HttpRouteOptions
        {
            Origins = [.. pool.Servers.Select(s => s.Address)],
            ObjectBytesMax = options.Admission.MaxBytes,
            Buffers = buffers,
            ReadTimeout = TimeSpan.FromSeconds(options.Origin.TotalTimeoutSeconds),
            Policy = HttpCachePolicy.Default with { ObeyRequestDirectives = options.Headers.HonorRequestCacheControl },
        };
        var entries = FileEntryStore.Open(
            new FileEntryStoreOptions
            {
                Folder = Path.Combine(options.Data, "http"),
                BytesMax = options.Store.BytesMax,
                FreeDiskBytesMin = options.Store.FreeDiskBytesMin,
                EntryBytesMax = options.Admission.MaxBytes + 65536L,
                Flush = options.Store.Flush ? FlushPolicy.BeforePublish : FlushPolicy.Never,

                // What is hot is kept as responses, ready to send.
                Memory = new MemoryTierOptions { BytesMax = 0 },
            },
            time);
        return new HttpCacheRoute(settings, pool, limits, new ResponseStore(options.Store.HttpBytesMax), new DiskTier(entries, settings.Policy), known, log, time);
    }

    private static TimeSpan? TtlOf(StoreOptions options) => options.TtlSeconds > 0 ? TimeSpan.FromSeconds(options.TtlSeconds) : null;

    private static string[] Names(string list) => list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
