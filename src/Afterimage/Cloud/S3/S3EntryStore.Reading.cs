using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text;
using Afterimage.Entries;

namespace Afterimage.Cloud.S3;

internal sealed partial class S3EntryStore
{
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

    public async ValueTask<EntryHeader?> PeekAsync(Hash256 key, CancellationToken cancellationToken) => (await TryPeekAsync(key, cancellationToken)).Header;

    public async ValueTask<PeekedEntry> TryPeekAsync(Hash256 key, CancellationToken cancellationToken)
    {
        if (IsFresh(key) && await _local.PeekAsync(key, cancellationToken) is { } known)
        {
            return new PeekedEntry(true, known);
        }

        (EntryFault fault, EntryHeader? header) = await ReadHeaderAsync(key, cancellationToken);
        return new PeekedEntry(fault != EntryFault.Unreadable, header is null || IsExpired(header) ? null : header);
    }

    public async ValueTask<Hash256?> FindByIdAsync(string id, CancellationToken cancellationToken)
    {
        // An id becomes part of an object name: only what an id can be.
        if (id.Length is 0 or > 64 || !id.All(char.IsAsciiLetterOrDigit))
        {
            return null;
        }

        (S3Answer answer, byte[] bytes, _, _) = await _objects.GetAsync(IdNameOf(id), null, cancellationToken);
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
}
