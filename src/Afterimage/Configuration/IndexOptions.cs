namespace Afterimage.Configuration;

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

    [Setting("Candidates that a search of the graph looks at (`hnsw.ef_search`); more find more and take longer. 0: by the number of vectors, 100 to 400.", Min = 0, Max = 1000)]
    public int HnswEfSearch { get; init; }

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
