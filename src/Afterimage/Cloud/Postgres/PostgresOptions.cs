using Npgsql;

namespace Afterimage.Cloud.Postgres;

/// <summary><c>Index:Postgres</c>: the database that several gateways share for vectors, leases and the change feed.</summary>
public sealed class PostgresOptions
{
    private const int EfSearchMin = 100;

    /// <summary>Npgsql connection string, for example <c>Host=db;Username=afterimage;Password=...;Database=afterimage</c>. Required. Secret.</summary>
    public string ConnectionString { get; set; } = "";

    /// <summary>Schema that holds everything of Afterimage; created when missing. Lower-case letters, digits and <c>_</c>, at most 40 characters. Default <c>afterimage</c>.</summary>
    public string Schema { get; set; } = "afterimage";

    /// <summary>The entry store whose vectors these are; a schema that holds those of another is refused. Empty: not asked. Default empty.</summary>
    public string Store { get; set; } = "";

    /// <summary>Connections one gateway may open, 2 to 500. Default 20. A <c>Maximum Pool Size</c> in the connection string wins.</summary>
    public int ConnectionsMax { get; set; } = 20;

    /// <summary>A search that takes longer is a miss of the semantic tier. 50 to 60,000 ms. Default 2,000.</summary>
    public int SearchTimeoutMs { get; set; } = 2_000;

    /// <summary>Bound on one write (up to <see cref="BulkRowsMax"/> rows), a count or a page of an enumeration. 1,000 to 600,000 ms. Default 60,000.</summary>
    public int WriteTimeoutMs { get; set; } = 60_000;

    /// <summary>After repeated faults the database is left alone for this long. 1 to 300 s. Default 3.</summary>
    public int BreakSeconds { get; set; } = 3;

    /// <summary>Rows of the largest partition from which the HNSW graph is built; below it the b-tree and an exact sort are as fast. 0 builds it at once, -1 never. Default 10,000.</summary>
    public int HnswFromRows { get; set; } = 10_000;

    /// <summary>HNSW <c>m</c>: links a node keeps. 2 to 100. Default 16. Only graphs built later follow a change.</summary>
    public int HnswM { get; set; } = 16;

    /// <summary>HNSW <c>ef_construction</c>, 4 to 1,000 and at least twice <see cref="HnswM"/>. Default 64.</summary>
    public int HnswEfConstruction { get; set; } = 64;

    /// <summary>HNSW <c>ef_search</c>: candidates looked at per scan step, 1 to 1,000; 0 chooses by the number of vectors (<see cref="EfSearchFor"/>). Default 0.</summary>
    public int HnswEfSearch { get; set; }

    /// <summary><c>maintenance_work_mem</c> while a graph is built; builds are many times slower when the graph does not fit. 16 to 262,144 MB. Default 512.</summary>
    public int HnswBuildMemoryMb { get; set; } = 512;

    /// <summary>How often a gateway looks whether the graph should be built. 1 to 1,440 min. Default 10.</summary>
    public int MaintenanceMinutes { get; set; } = 10;

    /// <summary>Set where a pooler in transaction mode (PgBouncer) stands in between: settings then travel with every search instead of once per connection. Default false.</summary>
    public bool TransactionPooler { get; set; }

    /// <summary>Rows in one COPY, 100 to 50,000. Default 5,000.</summary>
    public int BulkRowsMax { get; set; } = 5_000;

    /// <summary>
    /// <c>ef_search</c> for a table of so many vectors: the same number of candidates finds fewer of the true neighbours the larger a graph is, and each candidate
    /// costs time. What the steps find and take is in docs/scaling.md.
    /// </summary>
    public int EfSearchFor(long vectors) => HnswEfSearch > 0 ? HnswEfSearch : vectors switch
    {
        <= 20_000 => EfSearchMin,
        <= 200_000 => 3 * EfSearchMin / 2,
        _ => 4 * EfSearchMin,
    };

    /// <summary>Every mistake as a sentence that names the key; empty where the options can be used.</summary>
    public IReadOnlyList<string> Validate()
    {
        var mistakes = new List<string>();
        if (string.IsNullOrWhiteSpace(ConnectionString))
        {
            mistakes.Add("Index:Postgres:ConnectionString is empty; it names the server, for example Host=db;Username=afterimage;Password=...;Database=afterimage.");
        }
        else if (ConnectionMistake(ConnectionString) is { } mistake)
        {
            mistakes.Add($"Index:Postgres:ConnectionString cannot be read: {mistake}");
        }

        if (Schema.Length is 0 or > 40 || char.IsAsciiDigit(Schema[0]) || !Schema.All(c => c is '_' || char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c)))
        {
            mistakes.Add("Index:Postgres:Schema takes lower-case letters, digits and _ (not a digit first), at most 40 characters.");
        }

        Range(mistakes, nameof(ConnectionsMax), ConnectionsMax, 2, 500);
        Range(mistakes, nameof(SearchTimeoutMs), SearchTimeoutMs, 50, 60_000);
        Range(mistakes, nameof(WriteTimeoutMs), WriteTimeoutMs, 1_000, 600_000);
        Range(mistakes, nameof(BreakSeconds), BreakSeconds, 1, 300);
        Range(mistakes, nameof(HnswFromRows), HnswFromRows, -1, int.MaxValue);
        Range(mistakes, nameof(HnswM), HnswM, 2, 100);
        Range(mistakes, nameof(HnswEfConstruction), HnswEfConstruction, Math.Max(4, 2 * HnswM), 1_000);
        Range(mistakes, nameof(HnswEfSearch), HnswEfSearch, 0, 1_000);
        Range(mistakes, nameof(HnswBuildMemoryMb), HnswBuildMemoryMb, 16, 262_144);
        Range(mistakes, nameof(MaintenanceMinutes), MaintenanceMinutes, 1, 1_440);
        Range(mistakes, nameof(BulkRowsMax), BulkRowsMax, 100, 50_000);
        return mistakes;
    }

    private static void Range(List<string> mistakes, string key, int value, int min, int max)
    {
        if (value < min || value > max)
        {
            mistakes.Add($"Index:Postgres:{key} is {value}; allowed are {min} to {max}.");
        }
    }

    private static string? ConnectionMistake(string text)
    {
        try
        {
            return string.IsNullOrEmpty(new NpgsqlConnectionStringBuilder(text).Host) ? "Host is missing." : null;
        }
        catch (ArgumentException e)
        {
            return e.Message;
        }
    }
}
