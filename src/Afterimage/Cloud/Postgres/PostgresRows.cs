using Afterimage.Vectors;
using Npgsql;

namespace Afterimage.Cloud.Postgres;

/// <summary>Vectors of one space to rows of its table and back, each call on a connection that is given.</summary>
internal static class PostgresRows
{
    // A transaction that is this much older than its commit would be missed by an incremental read; the count then differs and all keys are compared.
    private const long OverlapMicroseconds = 60_000_000;

    /// <summary>Adds or replaces a few vectors, a statement each in one round trip.</summary>
    public static async Task InsertAsync(NpgsqlConnection connection, PostgresStatements statements, List<VectorRecord> rows, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        foreach (VectorRecord row in rows)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(statements.Upsert)
            {
                Parameters =
                {
                    new() { Value = PostgresSql.Bytes(row.Entry) },
                    new() { Value = PostgresSql.Bytes(row.Partition) },
                    new NpgsqlParameter<long?> { TypedValue = row.Seed, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Bigint },
                    new NpgsqlParameter<Guid> { TypedValue = row.Batch },
                    new() { Value = row.Vector.ToArray() },
                },
            });
        }

        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Neighbours with exact similarities, in the order of the engine.</summary>
    /// <param name="vector">The vector of <paramref name="query"/> as an array.</param>
    public static async Task<List<Neighbor>> SearchAsync(
        NpgsqlConnection connection, PostgresStatements statements, VectorQuery query, float[] vector, CancellationToken cancellationToken)
    {
        // One round trip and one implicit transaction, so that settings, where they are sent, hold for this search alone.
        await using var batch = new NpgsqlBatch(connection);
        if (statements.Settings is { } settings)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(settings));
        }

        var search = new NpgsqlBatchCommand(query.Seed is null ? statements.Search(query.Count) : statements.SearchSeed(query.Count))
        {
            Parameters =
            {
                new() { Value = vector },
                new() { Value = PostgresSql.Bytes(query.Partition) },
                // A little below the floor: the engine works in float32, the exact similarity decides below.
                new NpgsqlParameter<double> { TypedValue = 1 - query.SimilarityMin + 1e-4 },
            },
        };
        if (query.Seed is { } seed)
        {
            search.Parameters.Add(new NpgsqlParameter<long> { TypedValue = seed });
        }

        batch.BatchCommands.Add(search);
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
        if (statements.Settings is not null)
        {
            await reader.NextResultAsync(cancellationToken);
        }

        var found = new List<Neighbor>(query.Count);
        while (await reader.ReadAsync(cancellationToken))
        {
            float similarity = ExactCosine.Of(query.Vector.Span, PostgresSql.Vector(reader.GetFieldValue<byte[]>(1)));
            if (similarity >= query.SimilarityMin)
            {
                found.Add(new Neighbor(Hash256.FromBytes(reader.GetFieldValue<byte[]>(0)), similarity));
            }
        }

        return found;
    }

    /// <summary>Places of up to <paramref name="rows"/> vectors whose keys are greater than <paramref name="after"/>, in the order of their keys.</summary>
    public static async Task<List<VectorPlace>> PageAsync(NpgsqlConnection connection, PostgresStatements statements, byte[] after, int rows, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(statements.Page(rows), connection) { Parameters = { new() { Value = after } } };
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        var page = new List<VectorPlace>();
        while (await reader.ReadAsync(cancellationToken))
        {
            page.Add(new VectorPlace(
                Hash256.FromBytes(reader.GetFieldValue<byte[]>(0)),
                Hash256.FromBytes(reader.GetFieldValue<byte[]>(1)),
                reader.IsDBNull(2) ? null : reader.GetInt64(2),
                reader.GetGuid(3)));
        }

        return page;
    }

    /// <summary>See <see cref="IPartitionReader.ReadChangesAsync"/>.</summary>
    public static async Task<PartitionChanges> ReadChangesAsync(
        NpgsqlConnection connection, PostgresStatements statements, Hash256 partition, PartitionMark since, CancellationToken cancellationToken)
    {
        byte[] key = PostgresSql.Bytes(partition);
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand(statements.PartitionNow) { Parameters = { new() { Value = key } } },
                new NpgsqlBatchCommand(statements.PartitionChanges)
                {
                    Parameters = { new() { Value = key }, new NpgsqlParameter<long> { TypedValue = since.Microseconds } },
                },
            },
        };
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        long count = reader.GetInt64(0);
        var mark = new PartitionMark(Math.Max(1, reader.GetInt64(1) - OverlapMicroseconds));
        await reader.NextResultAsync(cancellationToken);
        var records = new List<VectorRecord>();
        while (await reader.ReadAsync(cancellationToken))
        {
            records.Add(new VectorRecord(
                Hash256.FromBytes(reader.GetFieldValue<byte[]>(0)), partition, reader.IsDBNull(1) ? null : reader.GetInt64(1), PostgresSql.Vector(reader.GetFieldValue<byte[]>(3)), reader.GetGuid(2)));
        }

        return new PartitionChanges(records, count, mark);
    }

    /// <summary>Exact keys of all vectors of a partition.</summary>
    public static async Task<List<Hash256>> KeysAsync(NpgsqlConnection connection, PostgresStatements statements, Hash256 partition, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(statements.PartitionKeys, connection) { Parameters = { new() { Value = PostgresSql.Bytes(partition) } } };
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        var keys = new List<Hash256>();
        while (await reader.ReadAsync(cancellationToken))
        {
            keys.Add(Hash256.FromBytes(reader.GetFieldValue<byte[]>(0)));
        }

        return keys;
    }
}
