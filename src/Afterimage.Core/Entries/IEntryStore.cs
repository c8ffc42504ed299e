using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;

namespace Afterimage.Entries;

/// <summary>How a write ended.</summary>
public enum PutOutcome
{
    Stored,

    /// <summary>An entry with this key was there and has been replaced.</summary>
    Replaced,

    /// <summary>Larger than the store's bound for one entry.</summary>
    TooLarge,

    /// <summary>The byte bound or the free-disk bound could not be met even after eviction.</summary>
    NoSpace,

    /// <summary>The disk or the bucket refused; logged and counted by the store's owner.</summary>
    Failed,
}

/// <summary>What a store says of a key.</summary>
/// <param name="Answered">False where the store cannot be asked now; then nothing is known of the entry.</param>
/// <param name="Header">Null where there is no entry, or nothing is known.</param>
public readonly record struct PeekedEntry(bool Answered, EntryHeader? Header);

/// <summary>
/// An entry opened for reading. The header is in memory; the body is either in memory already or read from <see cref="ReadAsync"/>.
/// Dispose it: it may hold a pooled file handle, and its entry is not deleted from disk under a reader.
/// </summary>
public abstract class OpenEntry : IStoredContent, IDisposable
{
    public abstract EntryHeader Header { get; }

    /// <summary>Of the body, in bytes.</summary>
    public virtual long Length => Header.Length;

    /// <summary>The whole body where it is in memory already; otherwise null.</summary>
    public virtual ReadOnlyMemory<byte>? Body => null;

    /// <summary>Where the body begins in a file that stays open until <see cref="Dispose"/>; null where it is not in a local file.</summary>
    public virtual (SafeFileHandle Handle, long Offset)? File => null;

    /// <summary>
    /// A place for what the gateway prepared for this entry (its response headers), kept as long as the entry stays in memory or its file stays open.
    /// Never stored. Null at first, and always null where the store keeps nothing open.
    /// </summary>
    public virtual object? Prepared
    {
        get => null;
        set { }
    }

    /// <summary>Reads up to <c>destination.Length</c> body bytes from <paramref name="offset"/>; 0 at the end. Throws <see cref="IOException"/> where the store fails in the middle.</summary>
    public abstract ValueTask<int> ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellationToken);

    /// <summary>Told by whoever could not read it to its end: before the store hands it out again, it looks whether the file is still what it was.</summary>
    public virtual void Distrust()
    {
    }

    public abstract void Dispose();
}

/// <summary>The stored images. Entries are the truth; every index is derived from them. Thread-safe.</summary>
public interface IEntryStore : IAsyncDisposable
{
    /// <summary>Opens an entry, or null where there is none, it is expired, or it is damaged (a damaged entry is set aside and counted).</summary>
    ValueTask<OpenEntry?> OpenAsync(Hash256 key, CancellationToken cancellationToken);

    /// <summary>
    /// Finds a hot image in the memory tier: synchronous, no allocation, no lock. The result needs no disposal. False says nothing about
    /// <see cref="OpenAsync"/>.
    /// </summary>
    bool TryGetHot(Hash256 key, [NotNullWhen(true)] out HotEntry? entry)
    {
        entry = null;
        return false;
    }

    /// <summary>Only the header, without counting as a use for eviction.</summary>
    ValueTask<EntryHeader?> PeekAsync(Hash256 key, CancellationToken cancellationToken);

    /// <summary>As <see cref="PeekAsync"/>, but tells an entry that is not there from a store that cannot be asked now.</summary>
    async ValueTask<PeekedEntry> TryPeekAsync(Hash256 key, CancellationToken cancellationToken) => new(true, await PeekAsync(key, cancellationToken));

    /// <summary>
    /// Whether the store knows that it has no such entry. False where it has one, and where it cannot be asked now: what is derived from an entry goes only
    /// once the entry is known to be gone.
    /// </summary>
    async ValueTask<bool> IsGoneAsync(Hash256 key, CancellationToken cancellationToken) => await TryPeekAsync(key, cancellationToken) is { Answered: true, Header: null };

    /// <summary>Stores header and body as one entry that appears whole or not at all.</summary>
    ValueTask<PutOutcome> PutAsync(EntryHeader header, ReadOnlyMemory<byte> body, CancellationToken cancellationToken);

    /// <summary>Removes an entry; false where there was none.</summary>
    ValueTask<bool> DeleteAsync(Hash256 key, CancellationToken cancellationToken);

    /// <summary>
    /// Stores many entries at the price of few flushes; the returned outcomes are in the order given. Each of them appears whole or not at all. The bodies are the
    /// caller's again on return.
    /// </summary>
    async ValueTask<IReadOnlyList<PutOutcome>> PutManyAsync(IReadOnlyList<NewEntry> entries, CancellationToken cancellationToken)
    {
        var outcomes = new PutOutcome[entries.Count];
        for (int i = 0; i < entries.Count; i++)
        {
            outcomes[i] = await PutAsync(entries[i].Header, entries[i].Body, cancellationToken);
        }

        return outcomes;
    }

    /// <summary>
    /// Puts a backfill batch into quarantine (none of its entries is opened until released) or releases it. Durable on return. Quarantine the batch before
    /// putting its first entry.
    /// </summary>
    ValueTask SetQuarantineAsync(Guid batch, bool quarantined, CancellationToken cancellationToken) =>
        throw new NotSupportedException("this store keeps no quarantine");

    /// <summary>The batches in quarantine.</summary>
    IReadOnlyCollection<Guid> Quarantined => [];

    /// <summary>Removes every entry of a batch; returns how many there were. Throws <see cref="IOException"/> where some may be left.</summary>
    async ValueTask<long> DeleteBatchAsync(Guid batch, CancellationToken cancellationToken)
    {
        long deleted = 0;
        await foreach (EntryHeader header in EnumerateAsync(cancellationToken))
        {
            if (header.Batch == batch && await DeleteAsync(header.Key, cancellationToken))
            {
                deleted++;
            }
        }

        return deleted;
    }

    /// <summary>Every readable entry's header, in no order.</summary>
    IAsyncEnumerable<EntryHeader> EnumerateAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Every entry's exact key, in no order, with its header where that costs nothing more: a bucket can be listed a thousand keys at a time, but each header
    /// is a request.
    /// </summary>
    async IAsyncEnumerable<(Hash256 Key, EntryHeader? Header)> EnumerateKeysAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (EntryHeader header in EnumerateAsync(cancellationToken))
        {
            yield return (header.Key, header);
        }
    }

    /// <summary>Finds the exact key of an entry id; null where unknown.</summary>
    ValueTask<Hash256?> FindByIdAsync(string id, CancellationToken cancellationToken);

    /// <summary>Counts and bytes now, and how far the read-back at start has come.</summary>
    EntryStoreStatus Status { get; }

    /// <summary>Raised after an entry is gone (evicted, expired, deleted), so that its vector can go too. Handlers are quick and do not throw.</summary>
    event Action<Hash256>? Removed;
}

/// <summary>What a store holds.</summary>
/// <param name="Entries">Entries known so far.</param>
/// <param name="Bytes">Their bytes on disk, headers included.</param>
/// <param name="BytesMax">The configured bound; 0 for none.</param>
/// <param name="Loaded">Whether the read-back at start is complete.</param>
/// <param name="LoadProgress">0 to 1.</param>
public readonly record struct EntryStoreStatus(long Entries, long Bytes, long BytesMax, bool Loaded, double LoadProgress);
