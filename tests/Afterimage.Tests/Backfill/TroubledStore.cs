using System.Diagnostics.CodeAnalysis;
using Afterimage.Entries;

namespace Afterimage.Tests.Backfill;

/// <summary>A store that is silent, refuses or breaks down as a test says.</summary>
internal sealed class TroubledStore(IEntryStore inner) : IEntryStore
{
    public event Action<Hash256>? Removed
    {
        add => inner.Removed += value;
        remove => inner.Removed -= value;
    }

    /// <summary>Whether the store does not say what is under a key. Runs before each look.</summary>
    public Func<Hash256, bool> Silent { get; set; } = _ => false;

    /// <summary>What the store says instead of storing; null to store. Runs before each entry is stored.</summary>
    public Func<EntryHeader, PutOutcome?> Refuse { get; set; } = _ => null;

    /// <summary>What the store says of an entry that it has stored.</summary>
    public Func<EntryHeader, PutOutcome, PutOutcome> Say { get; set; } = (_, outcome) => outcome;

    /// <summary>Runs before a batch is deleted.</summary>
    public Action<Guid> Deleting { get; set; } = _ => { };

    public EntryStoreStatus Status => inner.Status;

    public IReadOnlyCollection<Guid> Quarantined => inner.Quarantined;

    public ValueTask<OpenEntry?> OpenAsync(Hash256 key, CancellationToken cancellationToken) => inner.OpenAsync(key, cancellationToken);

    public bool TryGetHot(Hash256 key, [NotNullWhen(true)] out HotEntry? entry) => inner.TryGetHot(key, out entry);

    public async ValueTask<EntryHeader?> PeekAsync(Hash256 key, CancellationToken cancellationToken) => (await TryPeekAsync(key, cancellationToken)).Header;

    public ValueTask<PeekedEntry> TryPeekAsync(Hash256 key, CancellationToken cancellationToken) => Silent(key) ? default : inner.TryPeekAsync(key, cancellationToken);

    public async ValueTask<PutOutcome> PutAsync(EntryHeader header, ReadOnlyMemory<byte> body, CancellationToken cancellationToken) =>
        Refuse(header) ?? Say(header, await inner.PutAsync(header, body, cancellationToken));

    public ValueTask<bool> DeleteAsync(Hash256 key, CancellationToken cancellationToken) => inner.DeleteAsync(key, cancellationToken);

    public ValueTask<long> DeleteBatchAsync(Guid batch, CancellationToken cancellationToken)
    {
        Deleting(batch);
        return inner.DeleteBatchAsync(batch, cancellationToken);
    }

    public ValueTask SetQuarantineAsync(Guid batch, bool quarantined, CancellationToken cancellationToken) => inner.SetQuarantineAsync(batch, quarantined, cancellationToken);

    public IAsyncEnumerable<EntryHeader> EnumerateAsync(CancellationToken cancellationToken) => inner.EnumerateAsync(cancellationToken);

    public ValueTask<Hash256?> FindByIdAsync(string id, CancellationToken cancellationToken) => inner.FindByIdAsync(id, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
