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
        _statements = new Preparation<PostgresStatements>(PrepareAsync, TimeSpan.FromSeconds(database.Options.BreakSeconds), PostgresFaults.Late, database.Time);
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
                    await (part.Count <= InsertRowsMax ? PostgresRows.InsertAsync(connection, statements, part, token) : PostgresBulkLoad.LoadAsync(connection, statements, part, token));
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
            (connection, token) => PostgresRows.SearchAsync(connection, statements, query, vector, token), _database.Options.SearchTimeoutMs, cancellationToken);
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
                (connection, token) => PostgresRows.PageAsync(connection, statements, from, PageRows, token), _database.Options.WriteTimeoutMs, cancellationToken);
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
            (connection, token) => PostgresRows.ReadChangesAsync(connection, statements, partition, since, token), _database.Options.WriteTimeoutMs, cancellationToken);
    }

    public async Task<IReadOnlyList<Hash256>> ReadKeysAsync(Hash256 partition, CancellationToken cancellationToken)
    {
        PostgresStatements statements = await StatementsAsync(Timeout.InfiniteTimeSpan, cancellationToken);
        return await _database.RunAsync(
            (connection, token) => PostgresRows.KeysAsync(connection, statements, partition, token),
            _database.Options.WriteTimeoutMs,
            cancellationToken);
    }

    /// <summary>Builds the HNSW graph now if the table has grown enough for one; also done by itself every <see cref="PostgresOptions.MaintenanceMinutes"/>.</summary>
    /// <returns>Whether the table has a graph afterwards.</returns>
    public async Task<bool> MaintainGraphAsync(CancellationToken cancellationToken)
    {
        PostgresStatements statements = await StatementsAsync(Timeout.InfiniteTimeSpan, cancellationToken);
        bool built = await _graph.EnsureAsync(statements.Space, cancellationToken);
        await _database.RunAsync((connection, token) => FitAsync(connection, statements, token), _database.Options.WriteTimeoutMs, cancellationToken);
        return built;
    }

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
            async (connection, token) =>
            {
                PostgresSpace space = await PostgresSpaces.PrepareAsync(connection, _database.Options, SpaceId, Dimensions, token);
                return await FitAsync(connection, new PostgresStatements(space, Dimensions, _database.Options), token);
            },
            _database.Options.WriteTimeoutMs,
            _stopping.Token);
    }

    private static async Task<PostgresStatements> FitAsync(NpgsqlConnection connection, PostgresStatements statements, CancellationToken cancellationToken)
    {
        statements.FitTo(await PostgresSql.ScalarAsync(connection, statements.CountRoughly, cancellationToken) as long? ?? 0);
        return statements;
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
