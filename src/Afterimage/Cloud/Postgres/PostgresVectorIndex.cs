using System.Runtime.CompilerServices;
using Afterimage.Vectors;
using Npgsql;

namespace Afterimage.Cloud.Postgres;

/// <summary>
/// The vectors of one space in a table of PostgreSQL with pgvector. Every gateway sees what another has added as soon as the add has returned.
/// Ranking is the engine's (b-tree and exact sort, or an HNSW graph for large partitions); the similarities told are recomputed from the stored vectors.
/// </summary>
public sealed class PostgresVectorIndex : IVectorIndex, IPartitionReader
{
    // A statement each up to here, COPY above: a staging table costs about as much as a few dozen inserts.
    private const int InsertRowsMax = 64;

    // What live traffic writes is waited for by requests that mean the same; more than this and it is left to the next reconcile.
    private const int InsertTimeoutMs = 5_000;
    private const int PageRows = 5_000;
    private const int KeysPerStatement = 5_000;

    // A transaction that is this much older than its commit would be missed by an incremental read; the count then differs and all keys are compared.
    private const long OverlapMicroseconds = 60_000_000;

    private readonly PostgresDatabase _database;
    private readonly PostgresGraph _graph;
    private readonly Preparation<PostgresStatements> _statements;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _maintenance;
    private int _disposed;

    /// <summary>Does not connect; the first call does.</summary>
    /// <param name="database">Shared with leases and change feed; not disposed by the index.</param>
    public PostgresVectorIndex(PostgresDatabase database, string spaceId, int dimensions)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentOutOfRangeException.ThrowIfLessThan(dimensions, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dimensions, 4_096);
        _database = database;
        SpaceId = spaceId;
        Dimensions = dimensions;
        _graph = new PostgresGraph(database, dimensions);
        _statements = new Preparation<PostgresStatements>(PrepareAsync, TimeSpan.FromSeconds(database.Options.BreakSeconds), database.Time);
        _maintenance = MaintainAsync(_stopping.Token);
    }

    public string SpaceId { get; }

    public int Dimensions { get; }

    /// <summary>Everything that keeps the index from being used now, as sentences; empty means ready. Migrates on first contact.</summary>
    public async Task<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            PostgresStatements statements = await StatementsAsync(Timeout.InfiniteTimeSpan, cancellationToken);
            await _database.RunAsync(
                (connection, token) => PostgresSql.ScalarAsync(connection, $"SELECT 1 FROM {statements.Space.Table} LIMIT 1", token), _database.Options.SearchTimeoutMs, cancellationToken);
            return [];
        }
        catch (VectorIndexUnavailableException e)
        {
            return [e.Message];
        }
    }

    /// <summary>A sentence for the log about the server's pgvector, or null; known after the first contact.</summary>
    public string? Advice => _statements.Made?.Space.Advice;

    public async ValueTask AddAsync(IReadOnlyList<VectorRecord> records, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(records);
        foreach (VectorRecord record in records)
        {
            ArgumentOutOfRangeException.ThrowIfNotEqual(record.Vector.Length, Dimensions, nameof(records));
        }

        PostgresStatements statements = await StatementsAsync(records.Count > InsertRowsMax ? Timeout.InfiniteTimeSpan : Patience, cancellationToken);
        // The last of several records of one entry counts. One order for everybody, so that two writers of the same rows wait for each other and never deadlock.
        List<VectorRecord> rows = [.. Last(records).OrderBy(r => r.Entry)];
        int bulk = _database.Options.BulkRowsMax;
        for (int from = 0; from < rows.Count; from += bulk)
        {
            List<VectorRecord> part = rows.GetRange(from, Math.Min(bulk, rows.Count - from));
            await _database.RunAsync(
                async (connection, token) =>
                {
                    await (part.Count <= InsertRowsMax ? InsertAsync(connection, statements, part, token) : PostgresBulkLoad.LoadAsync(connection, statements, part, token));
                    return true;
                },
                rows.Count > InsertRowsMax ? _database.Options.WriteTimeoutMs : Math.Min(InsertTimeoutMs, _database.Options.WriteTimeoutMs),
                cancellationToken);
        }
    }

    public async ValueTask<int> RemoveAsync(IReadOnlyList<Hash256> entries, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entries);
        PostgresStatements statements = await StatementsAsync(Patience, cancellationToken);
        int removed = 0;
        foreach (Hash256[] part in entries.Distinct().Order().Chunk(KeysPerStatement))
        {
            byte[][] keys = [.. part.Select(PostgresSql.Bytes)];
            removed += await ExecuteAsync(statements.Remove, keys, cancellationToken);
        }

        return removed;
    }

    /// <summary>Removes everything that a backfill batch added; returns how many vectors went. Backfill's rollback in one statement.</summary>
    public async ValueTask<int> RemoveBatchAsync(Guid batch, CancellationToken cancellationToken)
    {
        PostgresStatements statements = await StatementsAsync(Patience, cancellationToken);
        return await ExecuteAsync(statements.RemoveBatch, batch, cancellationToken);
    }

    public async ValueTask<IReadOnlyList<Neighbor>> SearchAsync(VectorQuery query, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(query.Vector.Length, Dimensions, nameof(query));
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Count, 1, nameof(query));
        if (ExactCosine.IsZero(query.Vector.Span))
        {
            return [];
        }

        PostgresStatements statements = await StatementsAsync(Patience, cancellationToken);
        float[] vector = query.Vector.ToArray();
        List<Neighbor> found = await _database.RunAsync(
            (connection, token) => SearchAsync(connection, statements, query, vector, token), _database.Options.SearchTimeoutMs, cancellationToken);
        found.Sort(static (a, b) => a.Similarity != b.Similarity ? b.Similarity.CompareTo(a.Similarity) : a.Entry.CompareTo(b.Entry));
        return found;
    }

    public async ValueTask<long> CountAsync(Hash256? partition, CancellationToken cancellationToken)
    {
        PostgresStatements statements = await StatementsAsync(Patience, cancellationToken);
        return await _database.RunAsync(
            async (connection, token) =>
            {
                await using var command = new NpgsqlCommand(partition is null ? statements.CountAll : statements.CountPartition, connection);
                if (partition is { } one)
                {
                    command.Parameters.Add(new() { Value = PostgresSql.Bytes(one) });
                }

                return (long)(await command.ExecuteScalarAsync(token))!;
            },
            _database.Options.WriteTimeoutMs,
            cancellationToken);
    }

    public async IAsyncEnumerable<VectorPlace> EnumerateAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        PostgresStatements statements = await StatementsAsync(Timeout.InfiniteTimeSpan, cancellationToken);
        byte[] after = [];
        for (; ; )
        {
            byte[] from = after;
            List<VectorPlace> page = await _database.RunAsync(
                (connection, token) => PageAsync(connection, statements, from, token), _database.Options.WriteTimeoutMs, cancellationToken);
            foreach (VectorPlace place in page)
            {
                yield return place;
            }

            if (page.Count < PageRows)
            {
                yield break;
            }

            after = PostgresSql.Bytes(page[^1].Entry);
        }
    }

    /// <summary>Nothing to do: a commit of PostgreSQL is on its disk when it returns.</summary>
    public ValueTask FlushAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public async Task<PartitionChanges> ReadChangesAsync(Hash256 partition, PartitionMark since, CancellationToken cancellationToken)
    {
        PostgresStatements statements = await StatementsAsync(Timeout.InfiniteTimeSpan, cancellationToken);
        return await _database.RunAsync(
            (connection, token) => ReadChangesAsync(connection, statements, partition, since, token), _database.Options.WriteTimeoutMs, cancellationToken);
    }

    public async Task<IReadOnlyList<Hash256>> ReadKeysAsync(Hash256 partition, CancellationToken cancellationToken)
    {
        PostgresStatements statements = await StatementsAsync(Timeout.InfiniteTimeSpan, cancellationToken);
        return await _database.RunAsync(
            async (connection, token) =>
            {
                await using var command = new NpgsqlCommand(statements.PartitionKeys, connection) { Parameters = { new() { Value = PostgresSql.Bytes(partition) } } };
                await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(token);
                var keys = new List<Hash256>();
                while (await reader.ReadAsync(token))
                {
                    keys.Add(Hash256.FromBytes(reader.GetFieldValue<byte[]>(0)));
                }

                return keys;
            },
            _database.Options.WriteTimeoutMs,
            cancellationToken);
    }

    /// <summary>Builds the HNSW graph now if the table has grown enough for one; also done by itself every <see cref="PostgresOptions.MaintenanceMinutes"/>.</summary>
    /// <returns>Whether the table has a graph afterwards.</returns>
    public async Task<bool> MaintainGraphAsync(CancellationToken cancellationToken) => await _graph.EnsureAsync((await StatementsAsync(Timeout.InfiniteTimeSpan, cancellationToken)).Space, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _stopping.CancelAsync();
        await _maintenance;
        _stopping.Dispose();
    }

    private static async Task InsertAsync(NpgsqlConnection connection, PostgresStatements statements, List<VectorRecord> rows, CancellationToken cancellationToken)
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

    private static async Task<List<Neighbor>> SearchAsync(
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
            float similarity = ExactCosine.Of(query.Vector.Span, reader.GetFieldValue<float[]>(1));
            if (similarity >= query.SimilarityMin)
            {
                found.Add(new Neighbor(Hash256.FromBytes(reader.GetFieldValue<byte[]>(0)), similarity));
            }
        }

        return found;
    }

    private static async Task<List<VectorPlace>> PageAsync(NpgsqlConnection connection, PostgresStatements statements, byte[] after, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(statements.Page(PageRows), connection) { Parameters = { new() { Value = after } } };
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

    private static async Task<PartitionChanges> ReadChangesAsync(
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
                Hash256.FromBytes(reader.GetFieldValue<byte[]>(0)), partition, reader.IsDBNull(1) ? null : reader.GetInt64(1), reader.GetFieldValue<float[]>(3), reader.GetGuid(2)));
        }

        return new PartitionChanges(records, count, mark);
    }

    private ValueTask<int> ExecuteAsync(string sql, object value, CancellationToken cancellationToken) => _database.RunAsync(
        async (connection, token) =>
        {
            await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = value } } };
            return await command.ExecuteNonQueryAsync(token);
        },
        _database.Options.WriteTimeoutMs,
        cancellationToken);

    private static IEnumerable<VectorRecord> Last(IReadOnlyList<VectorRecord> records)
    {
        var seen = new HashSet<Hash256>(records.Count);
        for (int i = records.Count - 1; i >= 0; i--)
        {
            if (seen.Add(records[i].Entry))
            {
                yield return records[i];
            }
        }
    }

    // What a request waits for the first contact at most: no longer than for its search.
    private TimeSpan Patience => TimeSpan.FromMilliseconds(_database.Options.SearchTimeoutMs);

    private ValueTask<PostgresStatements> StatementsAsync(TimeSpan patience, CancellationToken cancellationToken) => _statements.GetAsync(patience, cancellationToken);

    private async Task<PostgresStatements> PrepareAsync()
    {
        await _database.ServerAsync(Timeout.InfiniteTimeSpan, _stopping.Token);
        return await _database.RunAsync(
            async (connection, token) => new PostgresStatements(
                await PostgresSpaces.PrepareAsync(connection, _database.Options.Schema, SpaceId, Dimensions, token), Dimensions, _database.Options),
            _database.Options.WriteTimeoutMs,
            _stopping.Token);
    }

    private async Task MaintainAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMinutes(_database.Options.MaintenanceMinutes), _database.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping))
            {
                try
                {
                    await MaintainGraphAsync(stopping);
                }
                catch (VectorIndexUnavailableException)
                {
                    // The next tick tries again; searches without the graph are slower, not wrong.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }
}
