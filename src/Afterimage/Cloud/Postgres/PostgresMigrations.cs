using System.Globalization;
using Afterimage.Vectors;
using Npgsql;

namespace Afterimage.Cloud.Postgres;

/// <summary>
/// Brings the schema to this version's form. Steps are numbered and applied once, each whole or not at all, under an advisory lock, so that any
/// number of gateways may start at the same time. A schema of a newer version is refused.
/// </summary>
internal static class PostgresMigrations
{
    // Each step is one transaction. {0} is the schema. Never change a step that has been released; add one.
    private static readonly string[] Steps =
    [
        """
        CREATE TABLE IF NOT EXISTS {0}.space (
            space_id text PRIMARY KEY, table_name text NOT NULL UNIQUE, dimensions int NOT NULL, created timestamptz NOT NULL DEFAULT now());
        CREATE UNLOGGED TABLE IF NOT EXISTS {0}.lease (
            key bytea PRIMARY KEY, holder uuid NOT NULL, expires timestamptz NOT NULL);
        CREATE TABLE IF NOT EXISTS {0}.change (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, made timestamptz NOT NULL DEFAULT clock_timestamp(),
            sender uuid NOT NULL, kind text NOT NULL, payload text NOT NULL);
        CREATE INDEX IF NOT EXISTS change_made ON {0}.change (made);
        """,
        """
        CREATE TABLE {0}.feed (trimmed bigint NOT NULL);
        INSERT INTO {0}.feed VALUES (0);
        """,
        "CREATE TABLE {0}.store (one boolean PRIMARY KEY DEFAULT true CHECK (one), identity text NOT NULL)",
    ];

    public static async Task<PostgresServer> ApplyAsync(NpgsqlConnection connection, string schema, CancellationToken cancellationToken)
    {
        PostgresServer server = await InspectAsync(connection, cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await PostgresSql.LockAsync(connection, "migrations of " + schema, cancellationToken);
        // Asked first: IF NOT EXISTS wants the right to create even where there is nothing to do.
        if (await PostgresSql.ScalarAsync(connection, $"SELECT to_regclass('{schema}.migration')::text", cancellationToken) is null or DBNull)
        {
            await PostgresSql.ExecuteAsync(
                connection,
                $"CREATE SCHEMA IF NOT EXISTS {schema}; CREATE TABLE {schema}.migration (version int PRIMARY KEY, applied timestamptz NOT NULL DEFAULT now())",
                cancellationToken);
        }

        int version = (int)(await PostgresSql.ScalarAsync(connection, $"SELECT coalesce(max(version), 0) FROM {schema}.migration", cancellationToken))!;
        if (version > Steps.Length)
        {
            throw new VectorIndexUnavailableException(
                $"The schema {schema} was made by a newer Afterimage (version {version}, this one knows {Steps.Length}). Upgrade this gateway, or give it a schema of its own.");
        }

        for (int step = version; step < Steps.Length; step++)
        {
            await PostgresSql.ExecuteAsync(connection, string.Format(CultureInfo.InvariantCulture, Steps[step], schema), cancellationToken);
            string applied = string.Create(CultureInfo.InvariantCulture, $"INSERT INTO {schema}.migration (version) VALUES ({step + 1})");
            await PostgresSql.ExecuteAsync(connection, applied, cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return server;
    }

    private static async Task<PostgresServer> InspectAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        int version = int.Parse((string)(await PostgresSql.ScalarAsync(connection, "SHOW server_version_num", cancellationToken))!, CultureInfo.InvariantCulture);
        if (version < 150_000)
        {
            throw new VectorIndexUnavailableException($"The server is PostgreSQL {version / 10_000}; Afterimage needs 15 or newer.");
        }

        if (await PostgresSql.ScalarAsync(connection, "SELECT pg_is_in_recovery()", cancellationToken) is true)
        {
            throw new VectorIndexUnavailableException("This PostgreSQL is a read-only replica; Index:Postgres:ConnectionString must name the primary.");
        }

        return new PostgresServer(version);
    }
}
