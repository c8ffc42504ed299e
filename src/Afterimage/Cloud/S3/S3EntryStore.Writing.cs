using System.Collections.Concurrent;
using System.Text;
using Afterimage.Entries;

namespace Afterimage.Cloud.S3;

internal sealed partial class S3EntryStore
{
    private const int DeleteAttempts = 3;

    public async ValueTask<PutOutcome> PutAsync(EntryHeader header, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        new NewEntry(header, body).Validate();
        byte[] bytes = EntryCodec.Encode(header, body.Span);
        if (bytes.Length > _options.EntryBytesMax)
        {
            return PutOutcome.TooLarge;
        }

        int stripe = StripeOf(header.Key);
        await _stripes[stripe].WaitAsync(cancellationToken);
        try
        {
            return await PutInOrderAsync(header, body, bytes, cancellationToken);
        }
        finally
        {
            _writes[stripe]++;
            _stripes[stripe].Release();
        }
    }

    private async ValueTask<PutOutcome> PutInOrderAsync(EntryHeader header, ReadOnlyMemory<byte> body, byte[] bytes, CancellationToken cancellationToken)
    {
        string name = NameOf(header.Key);
        S3Answer there = await _objects.HeadAsync(name, cancellationToken);
        if (there is not (S3Answer.Done or S3Answer.Missing))
        {
            return PutOutcome.Failed;
        }

        bool replaced = there == S3Answer.Done;
        S3Answer answer = await _objects.PutAsync(name, bytes, "application/octet-stream", replaced ? S3Condition.None : S3Condition.Missing, cancellationToken);
        if (answer is S3Answer.Conflict or S3Answer.Unsupported)
        {
            // Created by another gateway this very moment, or a server without conditional writes. Either picture answers the request; the later one stays.
            replaced |= answer == S3Answer.Conflict;
            answer = await _objects.PutAsync(name, bytes, "application/octet-stream", S3Condition.None, cancellationToken);
        }

        if (answer != S3Answer.Done)
        {
            return answer == S3Answer.TooLarge ? PutOutcome.TooLarge : PutOutcome.Failed;
        }

        await NoteIdAsync(header, replaced, cancellationToken);
        await KeepPutLocallyAsync(header, body, cancellationToken);
        if (!replaced)
        {
            Interlocked.Increment(ref _entries);
            Interlocked.Add(ref _bytes, bytes.Length);
        }

        return replaced ? PutOutcome.Replaced : PutOutcome.Stored;
    }

    public async ValueTask<IReadOnlyList<PutOutcome>> PutManyAsync(IReadOnlyList<NewEntry> entries, CancellationToken cancellationToken)
    {
        var outcomes = new PutOutcome[entries.Count];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = _options.Parallelism, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, entries.Count, parallel, async (i, cancel) => outcomes[i] = await PutAsync(entries[i].Header, entries[i].Body, cancel));
        return outcomes;
    }

    public async ValueTask<bool> DeleteAsync(Hash256 key, CancellationToken cancellationToken)
    {
        int stripe = StripeOf(key);
        await _stripes[stripe].WaitAsync(cancellationToken);
        try
        {
            if (!await DeleteInOrderAsync(key, cancellationToken))
            {
                return false;
            }
        }
        finally
        {
            _writes[stripe]++;
            _stripes[stripe].Release();
        }

        Removed?.Invoke(key);
        return true;
    }

    private async ValueTask<bool> DeleteInOrderAsync(Hash256 key, CancellationToken cancellationToken)
    {
        (EntryFault fault, EntryHeader? header) = await ReadHeaderAsync(key, cancellationToken);
        if (fault == EntryFault.Unreadable || (fault != EntryFault.Missing && await _objects.DeleteAsync(NameOf(key), cancellationToken) != S3Answer.Done))
        {
            return false;
        }

        await _local.DeleteAsync(key, cancellationToken);
        _validated.TryRemove(key, out _);
        if (header is not null)
        {
            await _objects.DeleteAsync(IdNameOf(header.Id), cancellationToken);
            Interlocked.Decrement(ref _entries);
            Interlocked.Add(ref _bytes, -EntryCodec.Encode(header, default).Length - (header.Location is null ? header.Length : 0));
        }

        return fault != EntryFault.Missing;
    }

    public async ValueTask<long> DeleteBatchAsync(Guid batch, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(batch, Guid.Empty);
        var left = new List<Hash256>();
        await foreach ((Hash256 key, _) in EnumerateKeysAsync(cancellationToken))
        {
            left.Add(key);
        }

        long deleted = 0;
        for (int attempt = 1; left.Count > 0; attempt++)
        {
            (long more, left) = await DeleteOfBatchAsync(batch, left, cancellationToken);
            deleted += more;
            if (left.Count > 0 && attempt == DeleteAttempts)
            {
                throw new IOException($"the bucket {_options.Bucket} does not say of {left.Count} entries whether they are of the batch, or does not remove them; do it again");
            }

            await (left.Count > 0 ? Task.Delay(_options.BreakDuration, _clock, cancellationToken) : Task.CompletedTask);
        }

        return deleted;
    }

    /// <summary>Removes those that are of the batch; also returns those of which the bucket does not say, or that it does not remove.</summary>
    private async ValueTask<(long Deleted, List<Hash256> Left)> DeleteOfBatchAsync(Guid batch, List<Hash256> keys, CancellationToken cancellationToken)
    {
        long deleted = 0;
        var left = new ConcurrentBag<Hash256>();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = _options.Parallelism, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(keys, parallel, async (key, cancel) =>
        {
            PeekedEntry there = await TryPeekAsync(key, cancel);
            if (there.Header?.Batch == batch && await DeleteAsync(key, cancel))
            {
                Interlocked.Increment(ref deleted);
            }
            else if (!there.Answered || (there.Header?.Batch == batch && await TryPeekAsync(key, cancel) is not { Answered: true, Header: null }))
            {
                left.Add(key);
            }
        });
        return (deleted, [.. left]);
    }

    /// <inheritdoc/>
    /// <remarks>Throws <see cref="IOException"/> where the bucket cannot keep it. Other gateways follow within <see cref="S3StoreOptions.LocalStalenessMax"/>.</remarks>
    public async ValueTask SetQuarantineAsync(Guid batch, bool quarantined, CancellationToken cancellationToken)
    {
        await _quarantine.SetAsync(batch, quarantined, cancellationToken);
        if (quarantined)
        {
            _local.Memory.RemoveWhere(header => header.Batch == batch);
        }
    }

    private async ValueTask NoteIdAsync(EntryHeader header, bool replaced, CancellationToken cancellationToken)
    {
        EntryHeader? before = replaced ? await _local.PeekAsync(header.Key, cancellationToken) : null;
        if (before is not null && before.Id != header.Id)
        {
            await _objects.DeleteAsync(IdNameOf(before.Id), cancellationToken);
        }

        // Without it the entry is served all the same, and only not found by its id.
        await _objects.PutAsync(IdNameOf(header.Id), Encoding.ASCII.GetBytes(header.Key.ToHex()), "text/plain", S3Condition.None, cancellationToken);
    }

    private async ValueTask KeepPutLocallyAsync(EntryHeader header, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        if (header.Location is null && await _local.PutAsync(header, body, cancellationToken) is PutOutcome.Stored or PutOutcome.Replaced)
        {
            MarkFresh(header.Key);
            return;
        }

        // An older local copy must not stand in for what the bucket has now.
        await _local.DeleteAsync(header.Key, cancellationToken);
    }
}
