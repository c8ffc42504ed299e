using System.Collections.Concurrent;
using System.Globalization;

namespace Afterimage.Cloud.Postgres;

/// <summary>The SQL of one space. Written once per index, so that every text is the same text to the statement cache.</summary>
internal sealed class PostgresStatements
{
    private readonly ConcurrentDictionary<(int Count, bool Seed), string> _searches = [];
    private readonly string _distance;
    private readonly PostgresOptions _options;
    private volatile string? _settings;

    public PostgresStatements(PostgresSpace space, int dimensions, PostgresOptions options)
    {
        Space = space;
        string table = space.Table, vector = space.VectorSchema;
        _distance = PostgresGraph.Distance(space, dimensions);
        _options = options;
        FitTo(0);
        const string Columns = "(entry, partition, seed, batch, embedding, changed)";
        string onConflict = $"""
            ON CONFLICT (entry) DO UPDATE SET partition = EXCLUDED.partition, seed = EXCLUDED.seed, batch = EXCLUDED.batch,
                embedding = EXCLUDED.embedding, changed = EXCLUDED.changed
            WHERE t.embedding OPERATOR({vector}.<>) EXCLUDED.embedding
                OR ROW(t.partition, t.seed, t.batch) IS DISTINCT FROM ROW(EXCLUDED.partition, EXCLUDED.seed, EXCLUDED.batch)
            """;
        Upsert = $"INSERT INTO {table} AS t {Columns} VALUES ($1, $2, $3, $4, $5::real[]::{vector}.vector, clock_timestamp()) {onConflict}";
        CreateStaging = $"CREATE TEMP TABLE afterimage_staging (entry bytea, partition bytea, seed bigint, batch uuid, embedding {vector}.vector) ON COMMIT DROP";
        CopyStaging = "COPY pg_temp.afterimage_staging (entry, partition, seed, batch, embedding) FROM STDIN (FORMAT BINARY)";
        MergeStaging = $"INSERT INTO {table} AS t {Columns} SELECT entry, partition, seed, batch, embedding, clock_timestamp() FROM pg_temp.afterimage_staging {onConflict}";
        Remove = $"DELETE FROM {table} WHERE entry = ANY($1)";
        RemoveBatch = $"DELETE FROM {table} WHERE batch = $1 AND batch <> '00000000-0000-0000-0000-000000000000'";
        CountRoughly = $"SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = to_regclass('{table}')";
        CountAll = $"SELECT count(*) FROM {table}";
        CountPartition = $"SELECT count(*) FROM {table} WHERE partition = $1";
        PartitionKeys = $"SELECT entry FROM {table} WHERE partition = $1";
        const string Micros = "(extract(epoch FROM {0}) * 1000000)::bigint";
        PartitionNow = $"SELECT count(*), {Micros.Replace("{0}", "clock_timestamp()", StringComparison.Ordinal)} FROM {table} WHERE partition = $1";
        PartitionChanges = $"SELECT entry, seed, batch, {vector}.vector_send(embedding) FROM {table} WHERE partition = $1 AND changed > to_timestamp($2::double precision / 1000000)";
    }

    public PostgresSpace Space { get; }

    /// <summary>Run before a search in the same round trip; null where the connection has the settings already.</summary>
    public string? Settings => _settings;

    public string Upsert { get; }

    public string CreateStaging { get; }

    public string CopyStaging { get; }

    public string MergeStaging { get; }

    public string Remove { get; }

    public string RemoveBatch { get; }

    /// <summary>As the server last counted, when it built the graph or analysed the table.</summary>
    public string CountRoughly { get; }

    public string CountAll { get; }

    public string CountPartition { get; }

    public string PartitionKeys { get; }

    public string PartitionNow { get; }

    public string PartitionChanges { get; }

    /// <summary>Has searches look as wide as a table of so many vectors needs.</summary>
    public void FitTo(long vectors)
    {
        int width = _options.EfSearchFor(vectors);
        bool asConnected = width == _options.EfSearchFor(0) && Space.HasIterativeScan && !_options.TransactionPooler;
        _settings = asConnected ? null : string.Create(
            CultureInfo.InvariantCulture,
            $"SELECT {(Space.HasIterativeScan ? "set_config('hnsw.iterative_scan', 'strict_order', true), " : "")}set_config('hnsw.ef_search', '{(Space.HasIterativeScan ? width : Math.Max(width, 400))}', true), set_config('plan_cache_mode', 'force_custom_plan', true)");
    }

    public string Page(int rows) => string.Create(
        CultureInfo.InvariantCulture, $"SELECT entry, partition, seed, batch FROM {Space.Table} WHERE entry > $1 ORDER BY entry LIMIT {rows}");

    /// <summary>Parameters: vector, partition, largest distance.</summary>
    public string Search(int count) => _searches.GetOrAdd((count, false), Build);

    /// <summary>Parameters: vector, partition, largest distance, seed.</summary>
    public string SearchSeed(int count) => _searches.GetOrAdd((count, true), Build);

    // The count is written out because the planner guesses badly for a LIMIT it does not know. The distance filter stands outside of the materialised
    // part, where it cannot make the scan of the graph go on in vain; the order is restored by the caller.
    private string Build((int Count, bool Seed) key) => string.Create(CultureInfo.InvariantCulture, $"""
        WITH n AS MATERIALIZED (
            SELECT entry, embedding, {_distance} AS d FROM {Space.Table}
            WHERE partition = $2{(key.Seed ? " AND seed = $4" : "")} ORDER BY {_distance} LIMIT {key.Count})
        SELECT entry, {Space.VectorSchema}.vector_send(embedding) FROM n WHERE d <= $3
        """);
}
