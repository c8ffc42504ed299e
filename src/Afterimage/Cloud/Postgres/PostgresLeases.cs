using System.Collections.Concurrent;
using Afterimage.Caching;
using Afterimage.Vectors;
using Npgsql;

namespace Afterimage.Cloud.Postgres;

/// <summary>
/// Leases as rows with an expiry in the database's own time. A row rather than an advisory lock, because a lock would keep a connection each for as long
/// as an origin takes, and could not be held through a pooler. Holders renew all their leases in one statement; a holder that dies stops renewing, and
/// its leases expire.
/// </summary>
public sealed class PostgresLeases : IGenerationLeases, IAsyncDisposable
{
    private const int TimeoutMs = 2_000;

    // Should a notice be lost, those who wait look by themselves.
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan SweepEvery = TimeSpan.FromMinutes(5);

    private readonly PostgresDatabase _database;
    private readonly TimeSpan _duration;
    private readonly Guid _holder = Guid.NewGuid();
    private readonly string _table;
    private readonly string _channel;
    private readonly ConcurrentDictionary<Hash256, Held> _held = [];
    private readonly ConcurrentDictionary<Hash256, TaskCompletionSource> _released = [];
    private readonly PostgresNotices _notices;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _renewing;

    /// <param name="database">Shared; not disposed here.</param>
    /// <param name="duration">How long the leases of a gateway that died stay taken. Default 15 s; renewed after a third of it.</param>
    public PostgresLeases(PostgresDatabase database, TimeSpan? duration = null)
    {
        ArgumentNullException.ThrowIfNull(database);
        _database = database;
        _duration = duration ?? TimeSpan.FromSeconds(15);
        _table = database.Options.Schema + ".lease";
        _channel = database.Options.Schema + "_lease";
        _notices = new PostgresNotices(database, [_channel], Noticed, static () => { });
        _renewing = RenewAsync(_stopping.Token);
    }

    public async ValueTask<LeaseAnswer> AcquireAsync(Hash256 key, TimeSpan patience, CancellationToken cancellationToken)
    {
        long start = _database.Time.GetTimestamp();
        TaskCompletionSource released = Waiting(key);
        try
        {
            for (bool waited = false; ; waited = true)
            {
                // Known before the look, so that a release between look and wait is not missed.
                released = Waiting(key);
                (bool ours, bool free) = await TryAsync(key, take: !waited, cancellationToken);
                if (ours)
                {
                    var held = new Held(this, key);
                    _held[key] = held;
                    return new LeaseAnswer(LeaseOutcome.Acquired, held);
                }

                TimeSpan left = patience - _database.Time.GetElapsedTime(start);
                if (free || left <= TimeSpan.Zero)
                {
                    return new LeaseAnswer(free ? LeaseOutcome.Released : LeaseOutcome.Busy);
                }

                await Task.WhenAny(released.Task, Task.Delay(left < LookEvery ? left : LookEvery, _database.Time, cancellationToken));
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        catch (VectorIndexUnavailableException)
        {
            return new LeaseAnswer(LeaseOutcome.Unavailable);
        }
        finally
        {
            Forget(key, released);
        }
    }

    /// <summary>Stops renewing and lets go of everything that is held.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_stopping.IsCancellationRequested)
        {
            await _stopping.CancelAsync();
            await _renewing;
            foreach (Held held in _held.Values)
            {
                await held.DisposeAsync();
            }

            await _notices.DisposeAsync();
            _stopping.Dispose();
        }
    }

    /// <summary>As if this gateway had died: it neither renews nor lets go. For tests.</summary>
    internal async Task DieAsync()
    {
        await _stopping.CancelAsync();
        await _renewing;
        _held.Clear();
    }

    // Takes the lease where it is free or expired; where the caller has waited, only looks, because the entry should be looked for first.
    private async Task<(bool Ours, bool Free)> TryAsync(Hash256 key, bool take, CancellationToken cancellationToken)
    {
        await _database.ServerAsync(TimeSpan.FromMilliseconds(TimeoutMs), cancellationToken);
        return await _database.RunAsync(
            async (connection, token) =>
            {
                string sql = take
                    ? $"""
                      INSERT INTO {_table} AS l (key, holder, expires) VALUES ($1, $2, clock_timestamp() + $3)
                      ON CONFLICT (key) DO UPDATE SET holder = EXCLUDED.holder, expires = EXCLUDED.expires WHERE l.expires < clock_timestamp()
                      """
                    : $"SELECT 1 FROM {_table} WHERE key = $1 AND expires >= clock_timestamp()";
                await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = PostgresSql.Bytes(key) } } };
                if (!take)
                {
                    return (false, await command.ExecuteScalarAsync(token) is null);
                }

                command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = _holder });
                command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = _duration });
                return (await command.ExecuteNonQueryAsync(token) == 1, false);
            },
            TimeoutMs,
            cancellationToken);
    }

    private async Task ReleaseAsync(Held held)
    {
        if (!_held.TryRemove(new KeyValuePair<Hash256, Held>(held.Key, held)))
        {
            return;
        }

        try
        {
            await _database.RunAsync(
                async (connection, token) =>
                {
                    await using var batch = new NpgsqlBatch(connection)
                    {
                        BatchCommands =
                        {
                            new NpgsqlBatchCommand($"DELETE FROM {_table} WHERE key = $1 AND holder = $2")
                            {
                                Parameters = { new() { Value = PostgresSql.Bytes(held.Key) }, new NpgsqlParameter<Guid> { TypedValue = _holder } },
                            },
                            new NpgsqlBatchCommand("SELECT pg_notify($1, $2)")
                            {
                                Parameters = { new() { Value = _channel }, new() { Value = held.Key.ToHex() } },
                            },
                        },
                    };
                    return await batch.ExecuteNonQueryAsync(token);
                },
                TimeoutMs,
                CancellationToken.None);
        }
        catch (VectorIndexUnavailableException)
        {
            // It expires by itself.
        }
    }

    private async Task RenewAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(_duration / 3, _database.Time);
        long swept = _database.Time.GetTimestamp();
        try
        {
            while (await timer.WaitForNextTickAsync(stopping))
            {
                Held[] held = [.. _held.Values];
                if (held.Length > 0)
                {
                    await RenewAsync(held, stopping);
                }

                if (_database.Server is not null && _database.Time.GetElapsedTime(swept) > SweepEvery)
                {
                    await SweepAsync(stopping);
                    swept = _database.Time.GetTimestamp();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }

    // Leases of gateways that died, for pictures that nobody has asked for since.
    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _database.RunAsync(
                async (connection, token) =>
                {
                    await PostgresSql.ExecuteAsync(connection, $"DELETE FROM {_table} WHERE expires < clock_timestamp() - interval '1 minute'", token);
                    return 0;
                },
                TimeoutMs,
                cancellationToken);
        }
        catch (VectorIndexUnavailableException)
        {
            // Next time.
        }
    }

    private async Task RenewAsync(Held[] held, CancellationToken cancellationToken)
    {
        try
        {
            byte[][] keys = [.. held.Select(h => PostgresSql.Bytes(h.Key))];
            HashSet<Hash256> kept = await _database.RunAsync(
                async (connection, token) =>
                {
                    await using var command = new NpgsqlCommand(
                        $"UPDATE {_table} SET expires = clock_timestamp() + $3 WHERE key = ANY($1) AND holder = $2 RETURNING key", connection)
                    {
                        Parameters = { new() { Value = keys }, new NpgsqlParameter<Guid> { TypedValue = _holder }, new NpgsqlParameter<TimeSpan> { TypedValue = _duration } },
                    };
                    await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(token);
                    var set = new HashSet<Hash256>();
                    while (await reader.ReadAsync(token))
                    {
                        set.Add(Hash256.FromBytes(reader.GetFieldValue<byte[]>(0)));
                    }

                    return set;
                },
                TimeoutMs,
                cancellationToken);
            long now = _database.Time.GetTimestamp();
            foreach (Held lease in held)
            {
                if (kept.Contains(lease.Key))
                {
                    lease.Renewed = now;
                }
                else
                {
                    lease.Lose();
                }
            }
        }
        catch (VectorIndexUnavailableException)
        {
            foreach (Held lease in held.Where(h => _database.Time.GetElapsedTime(h.Renewed) > _duration))
            {
                lease.Lose();
            }
        }
    }

    private void Noticed(string channel, string payload)
    {
        if (Hash256.TryParseHex(payload, out Hash256 key) && _released.TryRemove(key, out TaskCompletionSource? waiting))
        {
            waiting.TrySetResult();
        }
    }

    private TaskCompletionSource Waiting(Hash256 key) => _released.GetOrAdd(key, static _ => new(TaskCreationOptions.RunContinuationsAsynchronously));

    private void Forget(Hash256 key, TaskCompletionSource released)
    {
        if (_released.TryRemove(new KeyValuePair<Hash256, TaskCompletionSource>(key, released)))
        {
            // Others who wait for the same key at this gateway look again at once.
            released.TrySetResult();
        }
    }

    private sealed class Held(PostgresLeases owner, Hash256 key) : GenerationLease
    {
        private readonly CancellationTokenSource _lost = new();

        public Hash256 Key => key;

        public long Renewed { get; set; } = owner._database.Time.GetTimestamp();

        public override CancellationToken Lost => _lost.Token;

        public void Lose()
        {
            owner._held.TryRemove(new KeyValuePair<Hash256, Held>(key, this));
            _lost.Cancel();
        }

        public override async ValueTask DisposeAsync() => await owner.ReleaseAsync(this);
    }
}
