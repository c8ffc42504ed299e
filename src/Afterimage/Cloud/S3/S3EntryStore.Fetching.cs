using Afterimage.Entries;

namespace Afterimage.Cloud.S3;

// What is near against what the bucket has: whether a local copy may be served, and how an entry comes near.
internal sealed partial class S3EntryStore
{
    private enum Freshness
    {
        /// <summary>The bucket has the same entry, or is not to be asked, or cannot be.</summary>
        Serve,

        /// <summary>The bucket has another entry under the key.</summary>
        Replaced,

        /// <summary>The bucket no longer has it.</summary>
        Gone,
    }

    private bool IsFresh(Hash256 key)
    {
        if (!_validated.TryGetValue(key, out long validated))
        {
            return false;
        }

        return _options.LocalStalenessMax == Timeout.InfiniteTimeSpan || _clock.GetElapsedTime(validated) < _options.LocalStalenessMax;
    }

    private void MarkFresh(Hash256 key) => _validated[key] = _clock.GetTimestamp();

    private async ValueTask<OpenEntry?> OpenSlowAsync(Hash256 key, CancellationToken cancellationToken)
    {
        // Beside the look-up, and waited for only by what a backfill brought: a bucket that is silent costs its time once.
        Task quarantine = _quarantine.RefreshAsync(_options.LocalStalenessMax, _closing.Token).AsTask();
        OpenEntry? entry = await OpenLocalAsync(key, cancellationToken) ?? await _fetches.FindAsync(key, () => FetchAsync(key, _closing.Token)).WaitAsync(cancellationToken);
        if (entry is null || entry.Header.Batch == Guid.Empty)
        {
            return entry;
        }

        await quarantine.WaitAsync(cancellationToken);
        if (!_quarantine.Holds(entry.Header.Batch))
        {
            return entry;
        }

        entry.Dispose();
        return null;
    }

    /// <summary>The local copy, unless the bucket says that it is no longer what it has.</summary>
    private async ValueTask<OpenEntry?> OpenLocalAsync(Hash256 key, CancellationToken cancellationToken)
    {
        if (await _local.OpenAsync(key, cancellationToken) is not { } local)
        {
            return null;
        }

        Freshness freshness = IsFresh(key) ? Freshness.Serve : await ValidateAsync(key, local.Header, cancellationToken);
        if (freshness == Freshness.Serve)
        {
            return local;
        }

        local.Dispose();
        if (freshness == Freshness.Gone)
        {
            await _local.DeleteAsync(key, cancellationToken);
        }

        return null;
    }

    private async ValueTask<Freshness> ValidateAsync(Hash256 key, EntryHeader local, CancellationToken cancellationToken)
    {
        (EntryFault fault, EntryHeader? header) = await ReadHeaderAsync(key, cancellationToken);
        if (fault == EntryFault.Unreadable)
        {
            // Away: what is local is the best there is. Asked again on the next use; the breaker keeps that cheap.
            return Freshness.Serve;
        }

        if (header is null)
        {
            return Freshness.Gone;
        }

        if (header.Id != local.Id || header.ContentHash != local.ContentHash)
        {
            return Freshness.Replaced;
        }

        MarkFresh(key);
        return Freshness.Serve;
    }

    private async Task<OpenEntry?> FetchAsync(Hash256 key, CancellationToken cancellationToken)
    {
        long writes = Volatile.Read(ref _writes[StripeOf(key)]);
        (S3Answer answer, byte[] bytes, _, _) = await _objects.GetAsync(NameOf(key), null, cancellationToken);
        if (answer != S3Answer.Done)
        {
            S3Meters.CountFetch(answer.ToString());
            return null;
        }

        EntryFault fault = EntryCodec.TryDecode(bytes, key, out EntryHeader? header, out ReadOnlyMemory<byte> body);
        if (header is null)
        {
            S3Meters.Damaged.Add(1, KeyValuePair.Create<string, object?>("fault", fault.ToString()));
            return null;
        }

        if (IsExpired(header))
        {
            await DeleteAsync(key, cancellationToken);
            S3Meters.CountFetch("expired");
            return null;
        }

        if (header.Batch != Guid.Empty)
        {
            await _quarantine.LearnAsync(header.Batch, cancellationToken);
        }

        if (_quarantine.Holds(header.Batch))
        {
            return null;
        }

        S3Meters.CountFetch("hit");
        return header.Location is null ? await KeepLocallyAsync(header, body, writes, cancellationToken) : await ReadInPlaceAsync(header, writes, cancellationToken);
    }

    private async ValueTask<OpenEntry> KeepLocallyAsync(EntryHeader header, ReadOnlyMemory<byte> body, long writes, CancellationToken cancellationToken)
    {
        int stripe = StripeOf(header.Key);
        await _stripes[stripe].WaitAsync(cancellationToken);
        try
        {
            if (_writes[stripe] == writes && await _local.PutAsync(header, body, cancellationToken) is PutOutcome.Stored or PutOutcome.Replaced)
            {
                MarkFresh(header.Key);
            }
        }
        finally
        {
            _stripes[stripe].Release();
        }

        return new HotEntry(header, body);
    }

    private async ValueTask<OpenEntry?> ReadInPlaceAsync(EntryHeader header, long writes, CancellationToken cancellationToken)
    {
        if (await InPlaceImage.ReadAsync(_locations, header, _options.EntryBytesMax, cancellationToken) is not { } entry)
        {
            return null;
        }

        // Kept locally as an entry with a body: the next hit asks neither bucket.
        return await KeepLocallyAsync(entry.Header with { Location = null }, entry.Body!.Value, writes, cancellationToken);
    }

    /// <summary>The header in the bucket; <see cref="EntryFault.Unreadable"/> where the bucket cannot be asked.</summary>
    private async ValueTask<(EntryFault Fault, EntryHeader? Header)> ReadHeaderAsync(Hash256 key, CancellationToken cancellationToken)
    {
        int length = EntryCodec.UsualHeadBytes;
        for (int attempt = 0; ; attempt++)
        {
            (S3Answer answer, byte[] bytes, _, _) = await _objects.GetAsync(NameOf(key), length, cancellationToken);
            if (answer != S3Answer.Done)
            {
                return (answer == S3Answer.Missing ? EntryFault.Missing : EntryFault.Unreadable, null);
            }

            EntryFault fault = EntryCodec.TryDecodeHeader(bytes, key, out EntryHeader? header, out long totalLength);
            if (fault != EntryFault.Truncated || totalLength <= bytes.Length || attempt > 0)
            {
                return (fault, header);
            }

            // A header longer than usual: a prompt of many kilobytes.
            length = (int)Math.Min(totalLength, _options.EntryBytesMax);
        }
    }
}
