using System.Text.Json;

namespace Afterimage.Cloud.S3;

/// <summary>
/// The batches held back, as one object that all gateways on the bucket share. While it has never been read, every backfilled entry is held back: the
/// bucket being away must not serve what a person has not looked at. Thread-safe; asking takes no lock.
/// </summary>
internal sealed class S3Quarantine(S3Objects objects, string name, TimeProvider clock) : IDisposable
{
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

    /// <summary>Adds or removes a batch. Throws <see cref="IOException"/> where the bucket cannot be read or written.</summary>
    public async ValueTask SetAsync(Guid batch, bool quarantined, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (!await ReadAsync(cancellationToken))
            {
                throw new IOException("the quarantine list cannot be read from the bucket");
            }

            var batches = new HashSet<Guid>(_batches!);
            _ = quarantined ? batches.Add(batch) : batches.Remove(batch);
            byte[] json = JsonSerializer.SerializeToUtf8Bytes(batches.Order().ToArray());
            if (await objects.PutAsync(name, json, "application/json", createOnly: false, cancellationToken) != S3Answer.Done)
            {
                throw new IOException("the quarantine list cannot be written to the bucket");
            }

            _batches = batches;
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    // Never more often than once a second, whatever staleness is asked of entries.
    private static TimeSpan Max(TimeSpan age) => age < TimeSpan.FromSeconds(1) ? TimeSpan.FromSeconds(1) : age;

    private async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        (S3Answer answer, byte[] json, _) = await objects.GetAsync(name, null, cancellationToken);
        if (answer is not (S3Answer.Done or S3Answer.Missing))
        {
            return false;
        }

        try
        {
            _batches = answer == S3Answer.Missing ? [] : [.. JsonSerializer.Deserialize<Guid[]>(json) ?? []];
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
