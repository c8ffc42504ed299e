using Npgsql;

namespace Afterimage.Cloud.Postgres;

/// <summary>The rows of one gateway's leases, with an expiry in the database's own time. Faults are <see cref="Vectors.VectorIndexUnavailableException"/>.</summary>
/// <param name="channel">Where a lease that is let go is told.</param>
/// <param name="duration">How long a lease stays taken that is not renewed.</param>
internal sealed class PostgresLeaseTable(PostgresDatabase database, string channel, TimeSpan duration)
{
    private const int TimeoutMs = 2_000;

    private readonly Guid _holder = Guid.NewGuid();
    private readonly string _table = database.Options.Schema + ".lease";

    /// <summary>Takes a lease where it is free, expired or this gateway's already; false where another has it.</summary>
    public async Task<bool> TakeAsync(Hash256 key, CancellationToken cancellationToken)
    {
        await database.ServerAsync(TimeSpan.FromMilliseconds(TimeoutMs), cancellationToken);
        string sql = $"""
            INSERT INTO {_table} AS l (key, holder, expires) VALUES ($1, $2, clock_timestamp() + $3)
            ON CONFLICT (key) DO UPDATE SET holder = EXCLUDED.holder, expires = EXCLUDED.expires
                WHERE l.expires < clock_timestamp() OR l.holder = EXCLUDED.holder
            """;
        return await RunAsync(
            sql, async (command, token) => await command.ExecuteNonQueryAsync(token) == 1, cancellationToken, new() { Value = PostgresSql.Bytes(key) }, Holder(), Duration());
    }

    /// <summary>Whether nobody has a lease.</summary>
    public async Task<bool> IsFreeAsync(Hash256 key, CancellationToken cancellationToken)
    {
        await database.ServerAsync(TimeSpan.FromMilliseconds(TimeoutMs), cancellationToken);
        return await RunAsync(
            $"SELECT 1 FROM {_table} WHERE key = $1 AND expires >= clock_timestamp()",
            async (command, token) => await command.ExecuteScalarAsync(token) is null,
            cancellationToken,
            new NpgsqlParameter { Value = PostgresSql.Bytes(key) });
    }

    /// <summary>Lets a lease go, if it is still ours, and tells those who wait.</summary>
    public async Task ReleaseAsync(Hash256 key) => await database.RunAsync(
        async (connection, token) =>
        {
            await using var batch = new NpgsqlBatch(connection)
            {
                BatchCommands =
                {
                    new NpgsqlBatchCommand($"DELETE FROM {_table} WHERE key = $1 AND holder = $2") { Parameters = { new() { Value = PostgresSql.Bytes(key) }, Holder() } },
                    new NpgsqlBatchCommand("SELECT pg_notify($1, $2)") { Parameters = { new() { Value = channel }, new() { Value = key.ToHex() } } },
                },
            };
            return await batch.ExecuteNonQueryAsync(token);
        },
        TimeoutMs,
        CancellationToken.None);

    /// <summary>Renews leases in one statement; returns those that are still ours.</summary>
    public async Task<HashSet<Hash256>> RenewAsync(IEnumerable<Hash256> keys, CancellationToken cancellationToken) => await RunAsync(
        $"UPDATE {_table} SET expires = clock_timestamp() + $3 WHERE key = ANY($1) AND holder = $2 RETURNING key",
        async (command, token) =>
        {
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(token);
            var kept = new HashSet<Hash256>();
            while (await reader.ReadAsync(token))
            {
                kept.Add(Hash256.FromBytes(reader.GetFieldValue<byte[]>(0)));
            }

            return kept;
        },
        cancellationToken,
        new() { Value = keys.Select(PostgresSql.Bytes).ToArray() },
        Holder(),
        Duration());

    /// <summary>Removes leases of gateways that died, for pictures that nobody has asked for since.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken) => await RunAsync(
        $"DELETE FROM {_table} WHERE expires < clock_timestamp() - interval '1 minute'", (command, token) => command.ExecuteNonQueryAsync(token), cancellationToken);

    private ValueTask<T> RunAsync<T>(string sql, Func<NpgsqlCommand, CancellationToken, Task<T>> run, CancellationToken cancellationToken, params NpgsqlParameter[] parameters) =>
        database.RunAsync(
            async (connection, token) =>
            {
                // Parameters belong to one command; the work may run more than once.
                await using var command = new NpgsqlCommand(sql, connection);
                foreach (NpgsqlParameter parameter in parameters)
                {
                    command.Parameters.Add(parameter.Clone());
                }

                return await run(command, token);
            },
            TimeoutMs,
            cancellationToken);

    private NpgsqlParameter<Guid> Holder() => new() { TypedValue = _holder };

    private NpgsqlParameter<TimeSpan> Duration() => new() { TypedValue = duration };
}
