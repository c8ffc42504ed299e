using System.Collections.Concurrent;
using Afterimage.Caching;
using Afterimage.Vectors;

namespace Afterimage.Cloud.Postgres;

/// <summary>
/// Leases as rows with an expiry in the database's own time. A row rather than an advisory lock, because a lock would keep a connection each for as long
/// as an origin takes, and could not be held through a pooler. Holders renew all their leases in one statement; a holder that dies stops renewing, and
/// its leases expire.
/// </summary>
public sealed class PostgresLeases : IGenerationLeases, IAsyncDisposable
{
    // Should a notice be lost, those who wait look by themselves.
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan SweepEvery = TimeSpan.FromMinutes(5);

    private readonly PostgresDatabase _database;
    private readonly TimeSpan _duration;
    private readonly PostgresLeaseTable _table;
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
        string channel = database.Options.Schema + "_lease";
        _table = new PostgresLeaseTable(database, channel, _duration);
        _notices = new PostgresNotices(database, [channel], Noticed, static () => { });
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
                if (!waited && await TryTakeAsync(key, cancellationToken) is { } taken)
                {
                    return new LeaseAnswer(LeaseOutcome.Acquired, taken);
                }

                // Who has waited only looks: what the holder made should be looked for first.
                bool free = waited && await _table.IsFreeAsync(key, cancellationToken);
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

    /// <summary>As if the answer to an attempt had been lost: the row is there, and nobody here knows. For tests.</summary>
    internal Task<bool> TakeAndForgetAsync(Hash256 key) => _table.TakeAsync(key, CancellationToken.None);

    /// <summary>Takes a lease; null where another has it, here or elsewhere.</summary>
    private async Task<Held?> TryTakeAsync(Hash256 key, CancellationToken cancellationToken)
    {
        // Spoken for here first: a row of ours that nobody here holds is what is left of an attempt whose answer was lost, and may be taken over.
        var held = new Held(this, key);
        if (!_held.TryAdd(key, held))
        {
            return null;
        }

        try
        {
            long asked = _database.Time.GetTimestamp();
            if (await _table.TakeAsync(key, cancellationToken))
            {
                held.Renewed = asked;
                held.IsTaken = true;
                return held;
            }
        }
        finally
        {
            if (!held.IsTaken)
            {
                _held.TryRemove(new KeyValuePair<Hash256, Held>(key, held));
            }
        }

        return null;
    }

    private async Task ReleaseAsync(Held held)
    {
        if (!_held.TryRemove(new KeyValuePair<Hash256, Held>(held.Key, held)))
        {
            return;
        }

        try
        {
            await _table.ReleaseAsync(held.Key);
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
                Held[] held = [.. _held.Values.Where(h => h.IsTaken)];
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

    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _table.SweepAsync(cancellationToken);
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
            // The database counts from somewhen during the call; counted from its beginning we never hold for longer than it says.
            long asked = _database.Time.GetTimestamp();
            HashSet<Hash256> kept = await _table.RenewAsync(held.Select(h => h.Key), cancellationToken);
            foreach (Held lease in held)
            {
                if (kept.Contains(lease.Key))
                {
                    lease.Renewed = asked;
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

        /// <summary>Whether the row is known to be ours; until then nothing is renewed.</summary>
        public volatile bool IsTaken;

        /// <summary>Timestamp before the last successful call that took or renewed it.</summary>
        public long Renewed { get; set; }

        public override CancellationToken Lost => _lost.Token;

        public void Lose()
        {
            owner._held.TryRemove(new KeyValuePair<Hash256, Held>(key, this));
            _lost.Cancel();
        }

        public override async ValueTask DisposeAsync() => await owner.ReleaseAsync(this);
    }
}
