using System.Globalization;
using Afterimage.Vectors;
using Npgsql;

namespace Afterimage.Cloud.Postgres;

/// <summary>Makes and finds the table of an embedding space; checks that pgvector can carry it.</summary>
internal static class PostgresSpaces
{
    private static readonly Version VectorMin = new(0, 7);

    /// <summary>Makes the table of a space where it is missing and says where it is.</summary>
    public static async Task<PostgresSpace> PrepareAsync(
        NpgsqlConnection connection, PostgresOptions options, string spaceId, int dimensions, CancellationToken cancellationToken)
    {
        string schema = options.Schema;
        (string text, string vectorSchema) = await ExtensionAsync(connection, cancellationToken);
        Version version = ParseVersion(text);
        if (version < VectorMin)
        {
            throw new VectorIndexUnavailableException(
                $"The extension pgvector is version {text} in this database; Afterimage needs 0.7 or newer. Install it and run: ALTER EXTENSION vector UPDATE;");
        }

        if (options.Store.Length > 0)
        {
            await ClaimAsync(connection, options, cancellationToken);
        }

        string name = "vectors_" + Hash256.Of(spaceId).ToHex()[..24];
        string table = $"{schema}.{name}";
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await PostgresSql.LockAsync(connection, "space " + table, cancellationToken);
        await using var find = new NpgsqlCommand($"SELECT dimensions FROM {schema}.space WHERE space_id = $1", connection) { Parameters = { new() { Value = spaceId } } };
        object? known = await find.ExecuteScalarAsync(cancellationToken);
        if (known is int before && before != dimensions)
        {
            throw new VectorIndexUnavailableException($"Space {spaceId} has {before} dimensions in the database and {dimensions} here; the space id must change with the dimensions.");
        }

        if (known is null)
        {
            await PostgresSql.ExecuteAsync(connection, SpaceSql(table, name, vectorSchema, dimensions), cancellationToken);
            await using var add = new NpgsqlCommand($"INSERT INTO {schema}.space (space_id, table_name, dimensions) VALUES ($1, $2, $3)", connection)
            {
                Parameters = { new() { Value = spaceId }, new() { Value = name }, new() { Value = dimensions } },
            };
            await add.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return new PostgresSpace(table, name, vectorSchema, version);
    }

    // The first store that comes has the schema. Another one's reconcile would take all of its vectors for stale.
    private static async Task ClaimAsync(NpgsqlConnection connection, PostgresOptions options, CancellationToken cancellationToken)
    {
        await using var claim = new NpgsqlCommand($"INSERT INTO {options.Schema}.store (identity) VALUES ($1) ON CONFLICT DO NOTHING", connection)
        {
            Parameters = { new() { Value = options.Store } },
        };
        await claim.ExecuteNonQueryAsync(cancellationToken);
        object? owner = await PostgresSql.ScalarAsync(connection, $"SELECT identity FROM {options.Schema}.store", cancellationToken);
        if (owner is string other && other != options.Store)
        {
            throw new VectorIndexUnavailableException(
                $"The schema {options.Schema} holds the vectors of another store ({other}; this one is {options.Store}), and each would delete the other's. Put the entries of all gateways "
                + $"in one bucket (Store:Provider = S3), or give this one an Index:Postgres:Schema of its own. Where the other store is no more: DELETE FROM {options.Schema}.store;");
        }
    }

    private static string SpaceSql(string table, string name, string vectorSchema, int dimensions)
    {
        // A vector over 2 KB would be stored out of line and fetched by a second look-up per row; PLAIN keeps it in the row while the row fits a page.
        string storage = dimensions <= 1_900 ? $"ALTER TABLE {table} ALTER COLUMN embedding SET STORAGE PLAIN;" : "";
        return string.Create(CultureInfo.InvariantCulture, $"""
            CREATE TABLE IF NOT EXISTS {table} (
                entry bytea PRIMARY KEY, partition bytea NOT NULL, seed bigint, batch uuid NOT NULL,
                embedding {vectorSchema}.vector({dimensions}) NOT NULL, changed timestamptz NOT NULL DEFAULT clock_timestamp());
            {storage}
            CREATE INDEX IF NOT EXISTS {name}_partition ON {table} (partition, seed);
            CREATE INDEX IF NOT EXISTS {name}_changed ON {table} (partition, changed);
            CREATE INDEX IF NOT EXISTS {name}_batch ON {table} (batch) WHERE batch <> '00000000-0000-0000-0000-000000000000';
            """);
    }

    private static async Task<(string Version, string Schema)> ExtensionAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        const string Installed = "SELECT e.extversion, quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'vector'";
        if (await PostgresSql.RowAsync(connection, Installed, cancellationToken) is { } found)
        {
            return found;
        }

        if (await PostgresSql.ScalarAsync(connection, "SELECT default_version FROM pg_available_extensions WHERE name = 'vector'", cancellationToken) is null)
        {
            throw new VectorIndexUnavailableException(
                "The server does not have the extension pgvector. Install it on the database server (for example the package postgresql-17-pgvector), then start again.");
        }

        try
        {
            await PostgresSql.ExecuteAsync(connection, "CREATE EXTENSION IF NOT EXISTS vector", cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.DuplicateObject)
        {
            // Another gateway was a moment faster.
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new VectorIndexUnavailableException(
                "The extension pgvector is not enabled in this database and the user may not do it. Run once as an administrator: CREATE EXTENSION vector;", e);
        }

        return await PostgresSql.RowAsync(connection, Installed, cancellationToken)
            ?? throw new VectorIndexUnavailableException("CREATE EXTENSION vector succeeded but the extension is not there.");
    }

    private static Version ParseVersion(string text)
    {
        string digits = string.Concat(text.TakeWhile(c => char.IsAsciiDigit(c) || c == '.'));
        return Version.TryParse(digits, out Version? version) ? version : new Version(0, 0);
    }
}
