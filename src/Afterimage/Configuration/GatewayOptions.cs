using Afterimage.Caching;

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

    /// <summary>Whether two tenants may ask for one URL, so that a cache which knows only that must not share what is there.</summary>
    public bool IsOutsideUrl => Header.Length > 0 || ApiKey;
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

    [Setting("Bytes per second that a client must send of a body, and take of an answer, after five seconds and on the average of a message; slower ones are cut off. 0: no bound.", Min = 0, Max = 100000000)]
    public int BodyBytesPerSecondMin { get; init; } = 1024;

    [Setting("Bytes of answers under way that are kept for those who wait and for the store. Beyond it answers stream through to whoever asked and are not stored.", Min = 1048576)]
    public long BufferBytesMax { get; init; } = 512L * 1024 * 1024;

    [Setting("Open client connections; more are closed at once. 0: as many as the files that the process may have open (`ulimit -n`) leave room for.", Min = 0)]
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
