using Afterimage.Cloud.Postgres;
using Npgsql;

namespace Afterimage.Bench.Postgres;

/// <summary>The SQL that anybody would write for the same question, prepared, on a connection of its own, with the same settings of the graph.</summary>
internal sealed class BareQuery : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlCommand _command;

    private BareQuery(NpgsqlConnection connection, NpgsqlCommand command) => (_connection, _command) = (connection, command);

    public static async Task<BareQuery> OpenAsync(PostgresOptions options, int dimensions, int count)
    {
        var connection = new NpgsqlConnection(options.ConnectionString);
        await connection.OpenAsync();
        await using var find = new NpgsqlCommand($"SELECT table_name FROM {options.Schema}.space", connection);
        string table = (string)(await find.ExecuteScalarAsync())!;
        await using var rows = new NpgsqlCommand($"SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = to_regclass('{options.Schema}.{table}')", connection);
        int width = options.EfSearchFor((long)(await rows.ExecuteScalarAsync())!);
        await using var settings = new NpgsqlCommand(
            $"SET hnsw.ef_search = {width}; SET hnsw.iterative_scan = 'strict_order'; SET plan_cache_mode = 'force_custom_plan'", connection);
        await settings.ExecuteNonQueryAsync();
        var command = new NpgsqlCommand(
            $"SELECT entry, 1 - (embedding <=> $1::real[]::vector) FROM {options.Schema}.{table} WHERE partition = $2 ORDER BY embedding <=> $1::real[]::vector LIMIT {count}", connection)
        {
            Parameters = { new() { Value = new float[dimensions] }, new() { Value = new byte[Hash256.Size] } },
        };
        await command.PrepareAsync();
        return new BareQuery(connection, command);
    }

    /// <summary>The nearest entry; default where there is none.</summary>
    public async Task<Hash256> AskAsync(float[] vector, byte[] partition)
    {
        (_command.Parameters[0].Value, _command.Parameters[1].Value) = (vector, partition);
        Hash256 nearest = default;
        await using NpgsqlDataReader reader = await _command.ExecuteReaderAsync();
        for (bool first = true; await reader.ReadAsync(); first = false)
        {
            var entry = Hash256.FromBytes(reader.GetFieldValue<byte[]>(0));
            _ = reader.GetDouble(1);
            nearest = first ? entry : nearest;
        }

        return nearest;
    }

    public async ValueTask DisposeAsync()
    {
        await _command.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
