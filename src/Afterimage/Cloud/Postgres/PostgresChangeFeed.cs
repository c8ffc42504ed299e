using System.Diagnostics.Metrics;
using Afterimage.Cloud.Coordination;
using Afterimage.Diagnostics;
using Afterimage.Vectors;
using Npgsql;
using NpgsqlTypes;

namespace Afterimage.Cloud.Postgres;

/// <summary>
/// The change feed as a table with a notice as wake-up. The table is what counts: after a lost connection a gateway reads on from where it was, so
/// nothing is missed; and behind a pooler that swallows notices changes still arrive within <see cref="LookEvery"/>.
/// </summary>
public sealed class PostgresChangeFeed : IChangeFeed, IAsyncDisposable
{
    private const int TimeoutMs = 5_000;
    private const int PageRows = 500;
    private const int PayloadCharsMax = 1_000_000;

    /// <summary>How long a change waits at most where notices do not arrive.</summary>
    internal static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(3);

    private static readonly Counter<long> HandlerFaults = Telemetry.Meter.CreateCounter<long>("afterimage.changes.handler_faults", "{fault}");

    private readonly PostgresDatabase _database;
    private readonly Guid _sender = Guid.NewGuid();
    private readonly string _table;
    private readonly string _channel;
    private readonly int _keptDays;
    private readonly SemaphoreSlim _woken = new(0, 1);
    private readonly PostgresNotices _notices;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _reading;
    private long _position;

    /// <param name="database">Shared; not disposed here.</param>
    /// <param name="position">The last change that this gateway has acted on, remembered from its last run (<see cref="Position"/>); null begins with what is published from now on.</param>
    /// <param name="keptDays">Days that changes are kept for gateways that are away.</param>
    public PostgresChangeFeed(PostgresDatabase database, long? position = null, int keptDays = 7)
    {
        ArgumentNullException.ThrowIfNull(database);
        _database = database;
        _position = position ?? -1;
        _keptDays = keptDays;
        _table = database.Options.Schema + ".change";
        _channel = database.Options.Schema + "_change";
        _notices = new PostgresNotices(database, [_channel], (_, _) => Wake(), Wake);
        _reading = ReadAsync(_stopping.Token);
    }

    public event Action<Change>? Received;

    /// <summary>The last change that was handed out; -1 before the feed was first reached.</summary>
    public long Position => Volatile.Read(ref _position);

    /// <summary>Whether notices arrive at the moment; without them changes come within a few seconds.</summary>
    public bool IsListening => _notices.IsConnected;

    public async ValueTask<bool> PublishAsync(string kind, string payload, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(kind);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(kind.Length, 40, nameof(kind));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, PayloadCharsMax, nameof(payload));
        try
        {
            await _database.ServerAsync(cancellationToken);
            await _database.RunAsync((connection, token) => PublishAsync(connection, kind, payload, token), TimeoutMs, cancellationToken);
            return true;
        }
        catch (VectorIndexUnavailableException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_stopping.IsCancellationRequested)
        {
            await _stopping.CancelAsync();
            await _reading;
            await _notices.DisposeAsync();
            _stopping.Dispose();
            _woken.Dispose();
        }
    }

    private async Task<int> PublishAsync(NpgsqlConnection connection, string kind, string payload, CancellationToken cancellationToken)
    {
        // One publisher at a time, so that ids appear in the order in which they become visible and a reader never steps over one that commits late.
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await PostgresSql.LockAsync(connection, "changes of " + _table, cancellationToken);
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand($"DELETE FROM {_table} WHERE made < clock_timestamp() - $1 AND id < (SELECT max(id) FROM {_table})")
                {
                    Parameters = { new NpgsqlParameter<TimeSpan> { TypedValue = TimeSpan.FromDays(_keptDays) } },
                },
                new NpgsqlBatchCommand($"INSERT INTO {_table} (sender, kind, payload) VALUES ($1, $2, $3)")
                {
                    Parameters = { new NpgsqlParameter<Guid> { TypedValue = _sender }, new() { Value = kind }, new() { Value = payload } },
                },
                new NpgsqlBatchCommand("SELECT pg_notify($1, '')") { Parameters = { new() { Value = _channel } } },
            },
        };
        await batch.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return 0;
    }

    private void Wake()
    {
        try
        {
            _woken.Release();
        }
        catch (SemaphoreFullException)
        {
            // Awake already.
        }
    }

    private async Task ReadAsync(CancellationToken stopping)
    {
        try
        {
            while (true)
            {
                try
                {
                    await ReadOnAsync(stopping);
                }
                catch (VectorIndexUnavailableException)
                {
                    // Read on from the same place when the database is back.
                }

                using var look = new CancellationTokenSource(LookEvery, _database.Time);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(look.Token, stopping);
                try
                {
                    await _woken.WaitAsync(either.Token);
                }
                catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
                {
                    // Time to look.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }

    private async Task ReadOnAsync(CancellationToken cancellationToken)
    {
        await _database.ServerAsync(cancellationToken);
        if (_position < 0)
        {
            Volatile.Write(ref _position, await NumberAsync($"SELECT coalesce(max(id), 0) FROM {_table}", cancellationToken));
            return;
        }

        for (List<Change> page = await PageAsync(cancellationToken); page.Count > 0; page = page.Count < PageRows ? [] : await PageAsync(cancellationToken))
        {
            // The newest change always stays, so a hole before the first one read means that some were deleted unread.
            if (_position > 0 && page[0].Id > _position + 1 && await NumberAsync($"SELECT min(id) FROM {_table}", cancellationToken) > _position + 1)
            {
                Raise(new Change(page[0].Id - 1, Change.ResyncKind, "", false));
            }

            foreach (Change change in page)
            {
                Raise(change);
                Volatile.Write(ref _position, change.Id);
            }
        }
    }

    private async Task<long> NumberAsync(string sql, CancellationToken cancellationToken) => await _database.RunAsync(
        async (connection, token) => (long)(await PostgresSql.ScalarAsync(connection, sql, token))!, TimeoutMs, cancellationToken);

    private async Task<List<Change>> PageAsync(CancellationToken cancellationToken) => await _database.RunAsync(
        async (connection, token) =>
        {
            await using var command = new NpgsqlCommand($"SELECT id, kind, payload, sender FROM {_table} WHERE id > $1 ORDER BY id LIMIT {PageRows}", connection)
            {
                Parameters = { new NpgsqlParameter<long> { TypedValue = _position, NpgsqlDbType = NpgsqlDbType.Bigint } },
            };
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(token);
            var page = new List<Change>();
            while (await reader.ReadAsync(token))
            {
                page.Add(new Change(reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.GetGuid(3) == _sender));
            }

            return page;
        },
        TimeoutMs,
        cancellationToken);

    private void Raise(Change change)
    {
        try
        {
            Received?.Invoke(change);
        }
#pragma warning disable CA1031 // A handler that fails must not stop the changes of the others.
        catch (Exception)
#pragma warning restore CA1031
        {
            HandlerFaults.Add(1);
        }
    }
}
