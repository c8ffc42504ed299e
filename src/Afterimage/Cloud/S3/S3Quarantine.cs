using System.Text.Json;

namespace Afterimage.Cloud.S3;

/// <summary>
/// The batches held back, as one object that all gateways on the bucket share. While it has never been read, every backfilled entry is held back: the
/// bucket being away must not serve what a person has not looked at. Thread-safe; asking takes no lock.
/// </summary>
internal sealed class S3Quarantine(S3Objects objects, string name, TimeProvider clock) : IDisposable
{
    // Another gateway that changes the list at the same moment is a rarity; a server that says so every time is a fault.
    private const int AttemptsMax = 8;

    private readonly SemaphoreSlim _gate = new(1, 1);
    private volatile HashSet<Guid>? _batches;
    private volatile HashSet<Guid> _seen = [];
    private long _read;

    public IReadOnlyCollection<Guid> Batches => _batches ?? [];

    public bool Holds(Guid batch) => batch != Guid.Empty && (_batches is not { } known || known.Contains(batch));

    /// <summary>Reads the object again where that is longer ago than <paramref name="age"/>.</summary>
    public async ValueTask RefreshAsync(TimeSpan age, CancellationToken cancellationToken)
    {
        bool due = _batches is null || (age != Timeout.InfiniteTimeSpan && clock.GetElapsedTime(Volatile.Read(ref _read)) >= Max(age));
        if (due && await _gate.WaitAsync(0, cancellationToken))
        {
            try
            {
                await ReadAsync(cancellationToken);
            }
            finally
            {
                _gate.Release();
            }
        }
    }

    /// <summary>A batch met for the first time may have been put into quarantine since the last reading.</summary>
    public async ValueTask LearnAsync(Guid batch, CancellationToken cancellationToken)
    {
        if (_seen.Contains(batch))
        {
            return;
        }

        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (await ReadAsync(cancellationToken))
            {
                _seen = [.. _seen, batch];
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Adds or removes a batch, on top of what others changed meanwhile where the server has conditional writes. Throws <see cref="IOException"/> where the bucket cannot be read or written.</summary>
    public async ValueTask SetAsync(Guid batch, bool quarantined, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            for (int attempt = 1; !await TrySetAsync(batch, quarantined, attempt == AttemptsMax, cancellationToken); attempt++)
            {
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    // False where somebody else has changed the list since it was read, unless that may not be any more.
    private async ValueTask<bool> TrySetAsync(Guid batch, bool quarantined, bool last, CancellationToken cancellationToken)
    {
        S3Content read = await objects.GetAsync(name, null, cancellationToken);
        if (!Take(read))
        {
            throw new IOException("the quarantine list cannot be read from the bucket");
        }

        var batches = new HashSet<Guid>(_batches!);
        _ = quarantined ? batches.Add(batch) : batches.Remove(batch);
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(batches.Order().ToArray());
        S3Answer answer = await objects.PutAsync(name, json, "application/json", S3Condition.Unchanged(read), cancellationToken);
        if (answer == S3Answer.Unsupported)
        {
            // A server that refuses conditions: the later change wins, as it does where they are ignored.
            answer = await objects.PutAsync(name, json, "application/json", S3Condition.None, cancellationToken);
        }

        if (answer == S3Answer.Done)
        {
            _batches = batches;
            return true;
        }

        // S3 says of a list that has gone since that it is missing, and not that the condition does not hold.
        bool changed = answer is S3Answer.Conflict or S3Answer.Missing;
        return changed && !last ? false : throw new IOException("the quarantine list cannot be written to the bucket");
    }

    // Never more often than once a second, whatever staleness is asked of entries.
    private static TimeSpan Max(TimeSpan age) => age < TimeSpan.FromSeconds(1) ? TimeSpan.FromSeconds(1) : age;

    private async ValueTask<bool> ReadAsync(CancellationToken cancellationToken) => Take(await objects.GetAsync(name, null, cancellationToken));

    private bool Take(S3Content read)
    {
        if (read.Answer is not (S3Answer.Done or S3Answer.Missing))
        {
            return false;
        }

        try
        {
            _batches = read.Answer == S3Answer.Missing ? [] : [.. JsonSerializer.Deserialize<Guid[]>(read.Bytes) ?? []];
            Volatile.Write(ref _read, clock.GetTimestamp());
            return true;
        }
        catch (JsonException)
        {
            S3Meters.Damaged.Add(1, KeyValuePair.Create<string, object?>("fault", "Quarantine"));
            return false;
        }
    }
}
