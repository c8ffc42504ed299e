using System.Globalization;
using Afterimage.Vectors;
using Npgsql;

namespace Afterimage.Cloud.Postgres;

/// <summary>
/// The HNSW graph over a space's vectors. Built only once a partition has outgrown the exact scan, because a graph makes every write several times
/// dearer; built concurrently, by one gateway, while searches and writes go on.
/// </summary>
internal sealed class PostgresGraph(PostgresDatabase database, int dimensions)
{
    private const int HalfDimensionsMax = 4_000;
    private const int FullDimensionsMax = 2_000;

    /// <summary>The distance that a search orders by; the graph is over the same expression. Above 2,000 dimensions a graph exists for half precision only.</summary>
    public static string Distance(PostgresSpace space, int dimensions)
    {
        string s = space.VectorSchema;
        return dimensions is > FullDimensionsMax and <= HalfDimensionsMax
            ? string.Create(CultureInfo.InvariantCulture, $"(embedding::{s}.halfvec({dimensions})) OPERATOR({s}.<=>) $1::real[]::{s}.vector::{s}.halfvec({dimensions})")
            : $"embedding OPERATOR({s}.<=>) $1::real[]::{s}.vector";
    }

    /// <summary>Builds the graph where it is wanted and missing. Returns whether there is one.</summary>
    public async Task<bool> EnsureAsync(PostgresSpace space, CancellationToken cancellationToken)
    {
        PostgresOptions options = database.Options;
        // Building needs a session of its own for a long time, which a pooler in transaction mode does not give.
        if (options.HnswFromRows < 0 || dimensions > HalfDimensionsMax || options.TransactionPooler)
        {
            return false;
        }

        try
        {
            await using NpgsqlConnection connection = await database.OpenAsync(cancellationToken);
            string index = space.Name + "_graph";
            bool? valid = await ValidAsync(connection, space, index, cancellationToken);
            if (valid == true)
            {
                return true;
            }

            if (!await WantedAsync(connection, space, options.HnswFromRows, cancellationToken))
            {
                return false;
            }

            return await BuildAsync(connection, space, index, cancellationToken);
        }
        catch (Exception e) when (PostgresFaults.IsFault(e))
        {
            throw new VectorIndexUnavailableException("The graph could not be built. " + PostgresFaults.Sentence(e), e);
        }
    }

    private async Task<bool> BuildAsync(NpgsqlConnection connection, PostgresSpace space, string index, CancellationToken cancellationToken)
    {
        // A session lock, because building concurrently is not possible inside a transaction. It ends with the connection at the latest.
        long number = PostgresSql.LockNumber("graph of " + space.Table);
        string locked = string.Create(CultureInfo.InvariantCulture, $"SELECT pg_try_advisory_lock({number})");
        if (await PostgresSql.ScalarAsync(connection, locked, cancellationToken) is not true)
        {
            return false;
        }

        try
        {
            // What a build that was broken off leaves behind is never used by searches but slows every write.
            if (await ValidAsync(connection, space, index, cancellationToken) == false)
            {
                await PostgresSql.ExecuteAsync(connection, $"DROP INDEX CONCURRENTLY IF EXISTS {Qualified(space, index)}", cancellationToken);
            }

            PostgresOptions options = database.Options;
            await PostgresSql.ExecuteAsync(
                connection, string.Create(CultureInfo.InvariantCulture, $"SET maintenance_work_mem = '{options.HnswBuildMemoryMb}MB'"), cancellationToken);
            await PostgresSql.ExecuteAsync(connection, CreateSql(space, index, options), cancellationToken);
            return true;
        }
        finally
        {
            await UndoAsync(connection, number);
        }
    }

    private string CreateSql(PostgresSpace space, string index, PostgresOptions options)
    {
        string s = space.VectorSchema;
        string column = dimensions > FullDimensionsMax
            ? string.Create(CultureInfo.InvariantCulture, $"(embedding::{s}.halfvec({dimensions})) {s}.halfvec_cosine_ops")
            : $"embedding {s}.vector_cosine_ops";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"CREATE INDEX CONCURRENTLY IF NOT EXISTS {index} ON {space.Table} USING hnsw ({column}) WITH (m = {options.HnswM}, ef_construction = {options.HnswEfConstruction})");
    }

    private static async Task UndoAsync(NpgsqlConnection connection, long number)
    {
        try
        {
            await PostgresSql.ExecuteAsync(connection, "RESET maintenance_work_mem", CancellationToken.None);
            await PostgresSql.ExecuteAsync(connection, string.Create(CultureInfo.InvariantCulture, $"SELECT pg_advisory_unlock({number})"), CancellationToken.None);
        }
        catch (Exception e) when (PostgresFaults.IsFault(e) || e is InvalidOperationException)
        {
            // The connection is gone, which the driver says in one way or the other, and the lock with it.
        }
    }

    // True: there and usable. False: left over from a build that failed. Null: none.
    private static async Task<bool?> ValidAsync(NpgsqlConnection connection, PostgresSpace space, string index, CancellationToken cancellationToken) =>
        await PostgresSql.ScalarAsync(
            connection, $"SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('{Qualified(space, index)}')", cancellationToken) as bool?;

    private static async Task<bool> WantedAsync(NpgsqlConnection connection, PostgresSpace space, int rows, CancellationToken cancellationToken)
    {
        string enough = string.Create(CultureInfo.InvariantCulture, $"SELECT count(*) >= {rows} FROM (SELECT 1 FROM {space.Table} LIMIT {rows}) x");
        string largest = string.Create(
            CultureInfo.InvariantCulture, $"SELECT EXISTS (SELECT 1 FROM {space.Table} GROUP BY partition HAVING count(*) >= {rows})");
        return rows == 0
            || (await PostgresSql.ScalarAsync(connection, enough, cancellationToken) is true
                && await PostgresSql.ScalarAsync(connection, largest, cancellationToken) is true);
    }

    private static string Qualified(PostgresSpace space, string index) => space.Table[..(space.Table.IndexOf('.', StringComparison.Ordinal) + 1)] + index;
}
