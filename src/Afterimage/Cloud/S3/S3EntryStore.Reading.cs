using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text;
using Afterimage.Entries;

namespace Afterimage.Cloud.S3;

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

    public bool TryGetHot(Hash256 key, [NotNullWhen(true)] out HotEntry? entry)
    {
        if (_local.TryGetHot(key, out entry) && IsFresh(key) && !_quarantine.Holds(entry.Header.Batch))
        {
            return true;
        }

        entry = null;
        return false;
    }

    public ValueTask<OpenEntry?> OpenAsync(Hash256 key, CancellationToken cancellationToken) =>
        TryGetHot(key, out HotEntry? hot) ? new ValueTask<OpenEntry?>(hot) : OpenSlowAsync(key, cancellationToken);

    public async ValueTask<EntryHeader?> PeekAsync(Hash256 key, CancellationToken cancellationToken)
    {
        if (IsFresh(key) && await _local.PeekAsync(key, cancellationToken) is { } known)
        {
            return known;
        }

        (_, EntryHeader? header) = await ReadHeaderAsync(key, cancellationToken);
        return header is null || IsExpired(header) ? null : header;
    }

    public async ValueTask<bool> IsGoneAsync(Hash256 key, CancellationToken cancellationToken)
    {
        (EntryFault fault, EntryHeader? header) = await ReadHeaderAsync(key, cancellationToken);
        return fault != EntryFault.Unreadable && (header is null || IsExpired(header));
    }

    public async ValueTask<Hash256?> FindByIdAsync(string id, CancellationToken cancellationToken)
    {
        // An id becomes part of an object name: only what an id can be.
        if (id.Length is 0 or > 64 || !id.All(char.IsAsciiLetterOrDigit))
        {
            return null;
        }

        (S3Answer answer, byte[] bytes, _) = await _objects.GetAsync(IdNameOf(id), null, cancellationToken);
        if (answer != S3Answer.Done || !Hash256.TryParseHex(Encoding.ASCII.GetString(bytes), out Hash256 key))
        {
            return await _local.FindByIdAsync(id, cancellationToken);
        }

        // The note outlives a replacement by another gateway; the entry itself decides.
        return await PeekAsync(key, cancellationToken) is { } header && header.Id == id ? key : null;
    }

    public async IAsyncEnumerable<EntryHeader> EnumerateAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var window = new Queue<Task<EntryHeader?>>();
        await foreach ((string name, _) in _objects.ListAsync(_options.Prefix, cancellationToken))
        {
            if (TryParseName(name, out Hash256 key))
            {
                window.Enqueue(PeekAsync(key, cancellationToken).AsTask());
            }

            if (window.Count >= _options.Parallelism && await window.Dequeue() is { } header)
            {
                yield return header;
            }
        }

        while (window.TryDequeue(out Task<EntryHeader?>? rest))
        {
            if (await rest is { } header)
            {
                yield return header;
            }
        }
    }

    public async IAsyncEnumerable<(Hash256 Key, EntryHeader? Header)> EnumerateKeysAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach ((string name, _) in _objects.ListAsync(_options.Prefix, cancellationToken))
        {
            if (TryParseName(name, out Hash256 key))
            {
                yield return (key, null);
            }
        }
    }

    /// <summary>Drops the local copy of an entry that another gateway has removed, so that the next use asks the bucket.</summary>
    public async ValueTask ForgetAsync(Hash256 key, CancellationToken cancellationToken)
    {
        int stripe = StripeOf(key);
        await _stripes[stripe].WaitAsync(cancellationToken);
        try
        {
            await _local.DeleteAsync(key, cancellationToken);
            _validated.TryRemove(key, out _);
        }
        finally
        {
            // A fetch under way may have read it just before it was removed.
            _writes[stripe]++;
            _stripes[stripe].Release();
        }
    }

    /// <summary>Asks the bucket again before any local copy is served.</summary>
    public void ForgetFreshness() => _validated.Clear();

    /// <summary>A sentence where the bucket cannot be used at the moment; null while it can.</summary>
    public async ValueTask<string?> FaultAsync(CancellationToken cancellationToken) =>
        await _objects.HeadAsync(_options.Prefix + "quarantine.json", cancellationToken) is S3Answer.Done or S3Answer.Missing
            ? null
            : $"The bucket {_options.Bucket} does not answer or refuses; the metric afterimage.store.s3.faults says why.";

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
        await _quarantine.RefreshAsync(_options.LocalStalenessMax, cancellationToken);
        OpenEntry? local = await _local.OpenAsync(key, cancellationToken);
        if (local is not null)
        {
            switch (IsFresh(key) ? Freshness.Serve : await ValidateAsync(key, local.Header, cancellationToken))
            {
                case Freshness.Serve:
                    if (!_quarantine.Holds(local.Header.Batch))
                    {
                        return local;
                    }

                    local.Dispose();
                    return null;
                case Freshness.Gone:
                    local.Dispose();
                    await _local.DeleteAsync(key, cancellationToken);
                    return null;
                default:
                    local.Dispose();
                    break;
            }
        }

        return await FetchOnceAsync(key, cancellationToken);
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

    /// <summary>Concurrent lookups of one key share a fetch. It is not cancelled with the first of them: the others, and the local store, want it.</summary>
    private async ValueTask<OpenEntry?> FetchOnceAsync(Hash256 key, CancellationToken cancellationToken)
    {
        var source = new TaskCompletionSource<OpenEntry?>(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<OpenEntry?> fetch = _fetches.GetOrAdd(key, source.Task);
        if (fetch == source.Task)
        {
            _ = CompleteAsync();
        }

        // What is fetched is in memory and shared: it needs no disposal by any of its readers.
        return await fetch.WaitAsync(cancellationToken);

        async Task CompleteAsync()
        {
            try
            {
                source.SetResult(await FetchAsync(key, _closing.Token));
            }
            catch (OperationCanceledException)
            {
                source.SetResult(null);
            }
            catch (Exception e)
            {
                // A bug: everyone who waits shall see it rather than wait for ever.
                source.SetException(e);
            }
            finally
            {
                _fetches.TryRemove(KeyValuePair.Create(key, source.Task));
            }
        }
    }

    private async Task<OpenEntry?> FetchAsync(Hash256 key, CancellationToken cancellationToken)
    {
        long writes = Volatile.Read(ref _writes[StripeOf(key)]);
        (S3Answer answer, byte[] bytes, _) = await _objects.GetAsync(NameOf(key), null, cancellationToken);
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
        ReadOnlyMemory<byte>? read = _locations is null
            ? null
            : await _locations.ReadAsync(header.Location!, header.Length > 0 ? header.Length : _options.EntryBytesMax, cancellationToken);
        if (read is not { } body || (header.Length > 0 && body.Length != header.Length))
        {
            return null;
        }

        Hash256 hash = Hash256.Of(body.Span);
        if (header.ContentHash != default && header.ContentHash != hash)
        {
            return null;
        }

        // Kept locally as an entry with a body: the next hit asks neither bucket.
        return await KeepLocallyAsync(header with { ContentHash = hash, Length = body.Length, Location = null }, body, writes, cancellationToken);
    }

    /// <summary>The header in the bucket; <see cref="EntryFault.Unreadable"/> where the bucket cannot be asked.</summary>
    private async ValueTask<(EntryFault Fault, EntryHeader? Header)> ReadHeaderAsync(Hash256 key, CancellationToken cancellationToken)
    {
        int length = EntryCodec.UsualHeadBytes;
        for (int attempt = 0; ; attempt++)
        {
            (S3Answer answer, byte[] bytes, _) = await _objects.GetAsync(NameOf(key), length, cancellationToken);
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
