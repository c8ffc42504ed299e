using Afterimage.Caching;
using Afterimage.Requests;

namespace Afterimage.Configuration;

/// <summary>All settings. The names here are the names in files, environment and command line.</summary>
internal sealed class GatewayOptions
{
    [Setting("Addresses to listen on, separated by semicolons.")]
    public string Listen { get; init; } = "http://127.0.0.1:8080";

    [Setting("Folder for everything that is stored: entries, index, feedback, decisions.")]
    public string Data { get; init; } = "afterimage-data";

    public OriginOptions Origin { get; init; } = new();

    public StoreOptions Store { get; init; } = new();

    public SemanticOptions Semantic { get; init; } = new();

    public EmbeddingOptions Embedding { get; init; } = new();

    public IndexOptions Index { get; init; } = new();

    public AdmissionOptions Admission { get; init; } = new();

    public PollinationsOptions Pollinations { get; init; } = new();

    public VariantOptions Variants { get; init; } = new();

    public HeaderOptions Headers { get; init; } = new();

    public ScopeOptions Scope { get; init; } = new();

    public AdminOptions Admin { get; init; } = new();

    public LimitOptions Limits { get; init; } = new();

    public LogOptions Log { get; init; } = new();

    /// <summary>Which paths are read by which dialect, in order; the first that fits. None given: <c>/prompt/**</c> and <c>/image/**</c> as Pollinations.</summary>
    public List<RouteOptions> Routes { get; init; } = [];
}

/// <summary>One route.</summary>
internal sealed class RouteOptions
{
    [Setting("Paths of this route: a prefix that ends in /**, or one exact path.")]
    public string Path { get; init; } = "";

    [Setting("How its requests are read. `http` caches any path by the rules of RFC 9111, without a semantic tier.")]
    public DialectName Dialect { get; init; } = DialectName.Pollinations;

    [Setting("`Strict`: a request that names a seed is answered by that seed only. `Any`: any seed answers any request.")]
    public SeedRule Seeds { get; init; } = SeedRule.Strict;
}

internal enum DialectName
{
    Pollinations,
    Http,
}

/// <summary>The entries.</summary>
internal sealed class StoreOptions
{
    [Setting("`Files`: the data folder. `S3`: a bucket (R2, AWS, MinIO, Ceph...) that several gateways can share, with memory and the data folder in front.")]
    public StoreProvider Provider { get; init; } = StoreProvider.Files;

    public S3Options S3 { get; init; } = new();

    public EarlierCacheSettings Earlier { get; init; } = new();

    [Setting("Bytes of entries on disk; the least recently used go first. 0: no bound.", Min = 0)]
    public long BytesMax { get; init; } = 50L * 1024 * 1024 * 1024;

    [Setting("Bytes of the disk that are left free.", Min = 0)]
    public long FreeDiskBytesMin { get; init; } = 1024L * 1024 * 1024;

    [Setting("Seconds an entry lives. 0: until it is evicted.", Min = 0)]
    public long TtlSeconds { get; init; } = 30L * 24 * 3600;

    [Setting("Bytes of hot images in memory. 0: none.", Min = 0)]
    public long MemoryBytesMax { get; init; } = 256L * 1024 * 1024;

    [Setting("Bytes of responses that routes of dialect http keep in memory.", Min = 65536)]
    public long HttpBytesMax { get; init; } = 256L * 1024 * 1024;

    [Setting("Wait for the disk before an entry counts as stored.")]
    public bool Flush { get; init; } = true;
}

internal enum StoreProvider
{
    Files,
    S3,
}

/// <summary>The bucket of the S3 store. Credentials come from the usual AWS chain (environment, profile, container, instance).</summary>
internal sealed class S3Options
{
    [Setting("Name of the bucket.")]
    public string Bucket { get; init; } = "";

    [Setting("Address of the service, for example https://ACCOUNT.r2.cloudflarestorage.com; empty for AWS itself.")]
    public string ServiceUrl { get; init; } = "";

    [Setting("Region to sign for: auto for R2, the bucket's region for AWS.")]
    public string Region { get; init; } = "auto";

    [Setting("Before every object name; ends with a slash or is empty.")]
    public string Prefix { get; init; } = "afterimage/";

    [Setting("Seconds for which an entry of the local tier is served without asking the bucket whether another gateway has removed or replaced it.", Min = 0, Max = 86400)]
    public double LocalStalenessSeconds { get; init; } = 60;
}

/// <summary>The bucket that an earlier cache (Pollinations' R2 cache) wrote: its exact hits stay hits, by its own keys. Only read from.</summary>
internal sealed class EarlierCacheSettings
{
    [Setting("Name of the bucket; empty for none.")]
    public string Bucket { get; init; } = "";

    [Setting("Address of the service, for example https://ACCOUNT.r2.cloudflarestorage.com; empty for AWS itself.")]
    public string ServiceUrl { get; init; } = "";

    [Setting("Region to sign for: auto for R2, the bucket's region for AWS.")]
    public string Region { get; init; } = "auto";

    [Setting("Before every object name, where the bucket was copied into a folder.")]
    public string Prefix { get; init; } = "";

    [Setting("Version prefixes of the keys, separated by commas, the one that counts first; `none` for keys without. Each costs a request where our own store has nothing.")]
    public string Versions { get; init; } = "brand-v1,none";

    [Setting("Models, separated by commas, whose seed the earlier cache replaced by 42 in its keys.")]
    public string FixedSeedModels { get; init; } = "gptimage";

    [Setting("Longest wait for the bucket, in seconds; then the request goes on as a miss.", Min = 0.1, Max = 60)]
    public double TimeoutSeconds { get; init; } = 3;
}

/// <summary>The semantic tier.</summary>
internal sealed class SemanticOptions
{
    [Setting("`Off`, `Shadow` (decide and record, serve the origin) or `On`.")]
    public SemanticMode Mode { get; init; } = SemanticMode.On;

    [Setting("`Matcher` reads both prompts. `Cosine` is the classic threshold, `Ramp` the same rising with length; both make mistakes that the matcher does not.")]
    public PolicyName Policy { get; init; } = PolicyName.Matcher;

    [Setting("The share of reuses that you let be wrong. The matcher serves a picture where its probability of being right is at least 1 minus this; measured at 0.01 only.", Min = 0.0001, Max = 0.5)]
    public double MaxFalseReuse { get; init; } = 0.01;

    [Setting("Similarity that the cosine policy asks for.", Min = 0, Max = 1)]
    public double Threshold { get; init; } = CosineDefaults.Threshold;

    [Setting("Similarity that the ramp policy asks of prompts up to 20 characters.", Min = 0, Max = 1)]
    public double RampShort { get; init; } = CosineDefaults.RampShort;

    [Setting("Similarity that the ramp policy asks of prompts from 400 characters.", Min = 0, Max = 1)]
    public double RampLong { get; init; } = CosineDefaults.RampLong;

    [Setting("How size enters the partition: `Exact`, or `Bucket9` (square, portrait, landscape; small, medium, large).")]
    public ResolutionBucketing Resolution { get; init; } = ResolutionBucketing.Exact;

    [Setting("Candidates judged for one request.", Min = 1, Max = 100)]
    public int Candidates { get; init; } = 6;

    [Setting("Similarity below which a stored picture is no candidate. Bounds the work; the policy decides.", Min = -1, Max = 1)]
    public double CandidateSimilarityMin { get; init; } = 0.45;

    [Setting("Seconds that browsers and CDNs may keep a semantic hit.", Min = 0, Max = 86400)]
    public int MaxAgeSeconds { get; init; } = 60;

    [Setting("What a client may ask with X-Afterimage-Semantic: `None`, `Restrict` (off and shadow) or `Any`.")]
    public OverridePermission Override { get; init; } = OverridePermission.Restrict;

    [Setting("Let a request wait for a picture under way that means the same, instead of starting another.")]
    public bool Coalesce { get; init; } = true;

    [Setting("Decisions kept for review and feedback.", Min = 100, Max = 10000000)]
    public int JournalMax { get; init; } = 20000;
}

internal enum PolicyName
{
    Matcher,
    Cosine,
    Ramp,
}

internal enum OverridePermission
{
    None,
    Restrict,
    Any,
}

/// <summary>Thresholds of the policies that decide by similarity alone.</summary>
internal static class CosineDefaults
{
    public const double Threshold = 0.93;
    public const double RampShort = 0.95;
    public const double RampLong = 0.995;
}

/// <summary>Where vectors are kept.</summary>
internal sealed class IndexOptions
{
    [Setting("`Local`: in this process and the data folder. `Postgres`: PostgreSQL 15+ with pgvector 0.7+. `Vectorize`: Cloudflare. The last two can be shared by several gateways.")]
    public IndexProvider Provider { get; init; } = IndexProvider.Local;

    public PostgresIndexOptions Postgres { get; init; } = new();

    public VectorizeIndexOptions Vectorize { get; init; } = new();
}

internal enum IndexProvider
{
    Local,
    Postgres,
    Vectorize,
}

/// <summary>PostgreSQL with pgvector.</summary>
internal sealed class PostgresIndexOptions
{
    [Setting("Npgsql connection string, for example Host=db;Username=afterimage;Password=...;Database=afterimage.", Secret = true)]
    public string ConnectionString { get; init; } = "";

    [Setting("Schema that holds everything of Afterimage; created when missing.")]
    public string Schema { get; init; } = "afterimage";

    [Setting("Connections this gateway may open.", Min = 2, Max = 500)]
    public int ConnectionsMax { get; init; } = 20;

    [Setting("Milliseconds after which a search is given up: a semantic miss.", Min = 50, Max = 60000)]
    public int SearchTimeoutMs { get; init; } = 2000;

    [Setting("Keep the partitions in use in this process too, so that a lookup rarely asks the database.")]
    public bool HotTier { get; init; } = true;

    [Setting("Seconds that another gateway's write may stay unseen by the hot tier.", Min = 1, Max = 600)]
    public int HotTierStalenessSeconds { get; init; } = 5;

    [Setting("Seconds that the hot tier goes on answering while the database is away.", Min = 0, Max = 86400)]
    public int HotTierAwaySeconds { get; init; } = 3600;

    [Setting("Most vectors in the hot tier; the partition unused for longest leaves. A larger partition is always asked of the database.", Min = 1000, Max = 100000000)]
    public int HotTierVectorsMax { get; init; } = 500_000;

    [Setting("Rows of the largest partition from which the HNSW graph is built. 0: at once. -1: never.", Min = -1, Max = int.MaxValue)]
    public int HnswFromRows { get; init; } = 10_000;

    [Setting("A pooler in transaction mode (PgBouncer) stands before the database: settings travel with every search, nothing is prepared, and the graph must be built by hand.")]
    public bool TransactionPooler { get; init; }
}

/// <summary>Cloudflare Vectorize v2.</summary>
internal sealed class VectorizeIndexOptions
{
    [Setting("Cloudflare account id, 32 hexadecimal digits.")]
    public string AccountId { get; init; } = "";

    [Setting("API token with the permission Vectorize Write.", Secret = true)]
    public string ApiToken { get; init; } = "";

    [Setting("Where Cloudflare's API is; another address for a proxy or a test.")]
    public string ApiBase { get; init; } = "https://api.cloudflare.com/client/v4";

    [Setting("The index of a space is called this, a dash and a hash of the space id.")]
    public string NamePrefix { get; init; } = "afterimage";

    [Setting("Requests this gateway may make in any 5 minutes. The account has 1,200 for all its gateways; one more blocks everything for 5 minutes.", Min = 10, Max = 1200)]
    public int RequestsPerFiveMinutes { get; init; } = 1100;
}

/// <summary>The check before an origin's answer becomes an entry.</summary>
internal sealed class AdmissionOptions
{
    [Setting("Largest image that is stored, in bytes. Larger ones reach the client and are not kept.", Min = 1024, Max = int.MaxValue / 2)]
    public int MaxBytes { get; init; } = 32 * 1024 * 1024;

    [Setting("Smallest image that is stored, in bytes.", Min = 1)]
    public int MinBytes { get; init; } = 64;

    [Setting("Compare the picture's pixels with the size asked: `Exact`, `Aspect` (same shape) or `Off`.")]
    public SizeCheck Size { get; init; } = SizeCheck.Exact;

    [Setting("SHA-256 (hexadecimal) of placeholder pictures that are never stored, separated by commas.")]
    public string Deny { get; init; } = "";
}

/// <summary>The Pollinations dialect.</summary>
internal sealed class PollinationsOptions
{
    [Setting("Whose defaults fill what a request leaves out: `Legacy` (image.pollinations.ai: seed 42) or `Current` (gen.pollinations.ai: seed 0).")]
    public PollinationsGeneration Generation { get; init; } = PollinationsGeneration.Legacy;

    [Setting("Model of a request that names none.")]
    public string DefaultModel { get; init; } = "flux";

    [Setting("Width of a request that names none, in pixels.", Min = 1, Max = 65535)]
    public int DefaultWidth { get; init; } = 1024;

    [Setting("Height of a request that names none, in pixels.", Min = 1, Max = 65535)]
    public int DefaultHeight { get; init; } = 1024;
}

internal enum PollinationsGeneration
{
    Legacy,
    Current,
}

/// <summary>Headers of answers.</summary>
internal sealed class HeaderOptions
{
    [Setting("What answers tell of the decision: `Off`, `Similarity`, or `Full` (reasons too). Similarities help attackers to probe a shared cache: use `Off` towards untrusted clients.")]
    public ExplainLevel Explain { get; init; } = ExplainLevel.Similarity;

    [Setting("Origin response headers that exact hits repeat, separated by commas.")]
    public string Replay { get; init; } = "Content-Disposition,Content-Language,X-Model-Used";

    [Setting("Access-Control-Allow-Origin of image answers; empty for none.")]
    public string Cors { get; init; } = "*";

    [Setting("Cache-Control of exact hits; empty repeats the origin's.")]
    public string CacheControl { get; init; } = "";

    [Setting("Strip prompts from the metadata of exact hits too, not only of semantic ones.")]
    public bool StripExact { get; init; }

    [Setting("Obey no-cache, no-store, max-age and only-if-cached of requests.")]
    public bool HonorRequestCacheControl { get; init; } = true;
}

internal enum ExplainLevel
{
    Off,
    Similarity,
    Full,
}

/// <summary>Who shares with whom.</summary>
internal sealed class ScopeOptions
{
    [Setting("Request header whose value separates tenants, for example X-Tenant; a proxy in front must set it or take it out. Empty with the two below: everyone shares.")]
    public string Header { get; init; } = "";

    [Setting("Separate tenants by what they authenticate with: Authorization, X-Api-Key and the query's key and token, together.")]
    public bool ApiKey { get; init; }

    [Setting("Separate tenants by path: with `/t/` the tenant of /t/acme/prompt/a%20cat is acme, and routes and origin see /prompt/a%20cat. Empty: not.")]
    public string Path { get; init; } = "";

    [Setting("Send requests that do not say whose they are past the cache (nothing read, nothing stored), instead of putting them into one common scope.")]
    public bool Required { get; init; }

    /// <summary>Whether tenants are told apart at all.</summary>
    public bool Separates => Header.Length > 0 || ApiKey || Path.Length > 0;
}

/// <summary>The admin interface.</summary>
internal sealed class AdminOptions
{
    [Setting("Bearer token that opens the admin interface from other machines. Empty: loopback only.", Secret = true)]
    public string Token { get; init; } = "";
}

/// <summary>Bounds on what clients may send.</summary>
internal sealed class LimitOptions
{
    [Setting("Bytes of a request line; prompts of 8 KB need three times that when percent-encoded.", Min = 1024, Max = 1048576)]
    public int RequestLineBytesMax { get; init; } = 64 * 1024;

    [Setting("Bytes of a forwarded request body. 0: no bound.", Min = 0)]
    public long RequestBodyBytesMax { get; init; }

    [Setting("Seconds in which a client must have sent the whole head of a request, from its first byte on; slower ones are answered 408.", Min = 1, Max = 600)]
    public int RequestHeadSeconds { get; init; } = 15;

    [Setting("Bytes of answers under way that are kept for those who wait and for the store. Beyond it answers stream through to whoever asked and are not stored.", Min = 1048576)]
    public long BufferBytesMax { get; init; } = 512L * 1024 * 1024;

    [Setting("Open client connections. 0: no bound.", Min = 0)]
    public long ConnectionsMax { get; init; }
}

/// <summary>What is written to the log.</summary>
internal sealed class LogOptions
{
    [Setting("One line a request: `All`, `Decisions` (not exact hits) or `Off`.")]
    public RequestLogLevel Requests { get; init; } = RequestLogLevel.All;
}

internal enum RequestLogLevel
{
    Off,
    Decisions,
    All,
}
