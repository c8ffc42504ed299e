using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Afterimage.Diagnostics;
using Afterimage.Vectors;
using Npgsql;
using NpgsqlTypes;

namespace Afterimage.Cloud.Postgres;

/// <summary>
/// Tells all gateways what one of them was told: a table of changes, with a notice as wake-up. The table is what counts: after a lost connection a gateway
/// reads on from where it was, so nothing is missed; and behind a pooler that swallows notices changes still arrive within <see cref="LookEvery"/>. What cannot
/// be published now is kept and published later. Thread-safe.
/// </summary>
public sealed class PostgresChangeFeed : IAsyncDisposable
{
    /// <summary>The kind that is kept for ever, because a gateway that comes new must know it too.</summary>
    public const string FeedbackKind = "feedback";

    private const int TimeoutMs = 5_000;
    private const int PageRows = 500;
    private const int PayloadCharsMax = 1_000_000;
    private const int WaitingMax = 1_000;

    /// <summary>How long a change waits at most where notices do not arrive.</summary>
    internal static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(3);

    private static readonly Counter<long> HandlerFaults = Telemetry.Meter.CreateCounter<long>(
        "afterimage.changes.handler_faults", "{fault}", "Changes from other gateways that could not be acted on.");

    private static readonly Counter<long> ReadFaults = Telemetry.Meter.CreateCounter<long>(
        "afterimage.changes.read_faults", "{fault}", "Times that the changes of other gateways could not be read; it is tried again within seconds.");

    private static readonly Counter<long> Dropped = Telemetry.Meter.CreateCounter<long>(
        "afterimage.changes.dropped", "{change}", "Changes that could not be published and were too many to be kept for later.");

    private readonly PostgresDatabase _database;
    private readonly Func<Change, ValueTask> _handle;
    private readonly FeedPosition _position;
    private readonly ConcurrentQueue<(string Kind, string Payload)> _waiting = [];
    private readonly string _schema;
    private readonly string _channel;
    private readonly int _keptDays;
    private readonly SemaphoreSlim _woken = new(0, 1);
    private readonly PostgresNotices _notices;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _reading;
    private bool _begun;

    /// <param name="database">Shared; not disposed here.</param>
    /// <param name="handle">Told of every published change, this gateway's own included, one after another, in the order of publishing. What it throws is counted and does not stop the feed.</param>
    /// <param name="position">Where to begin; moved on behind <paramref name="handle"/>.</param>
    /// <param name="keptDays">Days that changes are kept for gateways that are away; feedback is kept for ever.</param>
    public PostgresChangeFeed(PostgresDatabase database, Func<Change, ValueTask> handle, FeedPosition position, int keptDays = 7)
    {
        ArgumentNullException.ThrowIfNull(database);
        _database = database;
        _handle = handle;
        _position = position;
        _keptDays = keptDays;
        _schema = database.Options.Schema;
        _channel = _schema + "_change";
        _notices = new PostgresNotices(database, [_channel], (_, _) => Wake(), Wake);
        _reading = ReadAsync(_stopping.Token);
    }

    /// <summary>The last change that was handed out.</summary>
    public long Position => _position.Read;

    /// <summary>Whether notices arrive at the moment; without them changes come within a few seconds.</summary>
    public bool IsListening => _notices.IsConnected;

    /// <summary>Publishes to all gateways, this one included. False where the database is away: then it is published when that is back, if this process still runs.</summary>
    /// <param name="kind">What it is, for example <c>purge</c>; 1 to 40 characters.</param>
    /// <param name="payload">JSON of the kind's own form, at most 1 MB.</param>
    public async ValueTask<bool> PublishAsync(string kind, string payload, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(kind);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(kind.Length, 40, nameof(kind));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, PayloadCharsMax, nameof(payload));
        try
        {
            // In the order in which they were told: nothing overtakes what waits.
            if (_waiting.IsEmpty)
            {
                await PublishNowAsync(kind, payload, TimeSpan.FromMilliseconds(TimeoutMs), cancellationToken);
                return true;
            }
        }
        catch (VectorIndexUnavailableException)
        {
            // Kept below.
        }

        if (_waiting.Count >= WaitingMax)
        {
            Dropped.Add(1);
            return false;
        }

        _waiting.Enqueue((kind, payload));
        return false;
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

    private async Task PublishNowAsync(string kind, string payload, TimeSpan patience, CancellationToken cancellationToken)
    {
        await _database.ServerAsync(patience, cancellationToken);
        await _database.RunAsync((connection, token) => InsertAsync(connection, kind, payload, token), TimeoutMs, cancellationToken);
    }

    private async Task<int> InsertAsync(NpgsqlConnection connection, string kind, string payload, CancellationToken cancellationToken)
    {
        // One publisher at a time, so that ids appear in the order in which they become visible and a reader never steps over one that commits late.
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await PostgresSql.LockAsync(connection, $"changes of {_schema}.change", cancellationToken);
        string trim = $"""
            WITH gone AS (DELETE FROM {_schema}.change WHERE made < clock_timestamp() - $1 AND kind <> '{FeedbackKind}' RETURNING id)
            UPDATE {_schema}.feed SET trimmed = greatest(trimmed, (SELECT max(id) FROM gone)) WHERE EXISTS (SELECT 1 FROM gone)
            """;
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand(trim) { Parameters = { new NpgsqlParameter<TimeSpan> { TypedValue = TimeSpan.FromDays(_keptDays) } } },
                new NpgsqlBatchCommand($"INSERT INTO {_schema}.change (sender, kind, payload) VALUES ($1, $2, $3)")
                {
                    Parameters = { new NpgsqlParameter<Guid> { TypedValue = _position.Sender }, new() { Value = kind }, new() { Value = payload } },
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
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await PublishWaitingAsync(stopping);
                await ReadOnAsync(stopping);
            }
#pragma warning disable CA1031 // A gateway that no longer hears of changes serves what was purged: no fault may end this, not even one of ours.
            catch (Exception e) when (e is not OutOfMemoryException)
#pragma warning restore CA1031
            {
                // Read on from the same place when the database, or the disk that keeps the position, is back; however long that takes.
                _begun = false;
                if (!stopping.IsCancellationRequested)
                {
                    ReadFaults.Add(1, KeyValuePair.Create<string, object?>("fault", e.GetType().Name));
                }
            }

            await ((Task)_woken.WaitAsync(LookEvery, stopping)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task PublishWaitingAsync(CancellationToken cancellationToken)
    {
        while (_waiting.TryPeek(out (string Kind, string Payload) change))
        {
            await PublishNowAsync(change.Kind, change.Payload, Timeout.InfiniteTimeSpan, cancellationToken);
            _waiting.TryDequeue(out _);
        }
    }

    private async Task ReadOnAsync(CancellationToken cancellationToken)
    {
        await _database.ServerAsync(Timeout.InfiniteTimeSpan, cancellationToken);
        if (!_begun)
        {
            await BeginAsync(cancellationToken);
            _begun = true;
        }

        for (List<Change> page = await PageAsync(cancellationToken); page.Count > 0; page = page.Count < PageRows ? [] : await PageAsync(cancellationToken))
        {
            foreach (Change change in page)
            {
                await HandleAsync(change);
            }

            _position.MoveTo(page[^1].Id);
        }
    }

    // A gateway that has read nothing yet knows nothing that could be out of date. One that was away for too long does; so does one that is further than the
    // table has ever been, because the database is not the one it was.
    private async Task BeginAsync(CancellationToken cancellationToken)
    {
        (long trimmed, long last) = await _database.RunAsync(
            async (connection, token) =>
            {
                await using var command = new NpgsqlCommand(
                    $"SELECT trimmed, greatest(trimmed, (SELECT max(id) FROM {_schema}.change)) FROM {_schema}.feed", connection);
                await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(token);
                await reader.ReadAsync(token);
                return (reader.GetInt64(0), reader.GetInt64(1));
            },
            TimeoutMs,
            cancellationToken);
        long read = _position.Read;
        if (read > 0 && (read < trimmed || read > last))
        {
            await HandleAsync(new Change(read, Change.ResyncKind, "", false));
            _position.MoveTo(read > last ? 0 : read);
        }
    }

    private async Task<List<Change>> PageAsync(CancellationToken cancellationToken) => await _database.RunAsync(
        async (connection, token) =>
        {
            await using var command = new NpgsqlCommand($"SELECT id, kind, payload, sender FROM {_schema}.change WHERE id > $1 ORDER BY id LIMIT {PageRows}", connection)
            {
                Parameters = { new NpgsqlParameter<long> { TypedValue = _position.Read, NpgsqlDbType = NpgsqlDbType.Bigint } },
            };
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(token);
            var page = new List<Change>();
            while (await reader.ReadAsync(token))
            {
                page.Add(new Change(reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.GetGuid(3) == _position.Sender));
            }

            return page;
        },
        TimeoutMs,
        cancellationToken);

    private async ValueTask HandleAsync(Change change)
    {
        try
        {
            await _handle(change);
        }
#pragma warning disable CA1031 // A handler that fails must not stop the changes of the others.
        catch (Exception e) when (e is not OutOfMemoryException)
#pragma warning restore CA1031
        {
            HandlerFaults.Add(1);
        }
    }
}
