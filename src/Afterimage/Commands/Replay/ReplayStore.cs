using System.Runtime.CompilerServices;
using Afterimage.Entries;

namespace Afterimage.Commands.Replay;

/// <summary>Entries without pictures: enough for the semantic tier to decide on. One thread.</summary>
internal sealed class ReplayStore : IEntryStore
{
    private readonly Dictionary<Hash256, EntryHeader> _entries = [];

    public event Action<Hash256>? Removed;

    public EntryStoreStatus Status => new(_entries.Count, 0, 0, Loaded: true, 1);

    public bool Contains(Hash256 key) => _entries.ContainsKey(key);

    public ValueTask<OpenEntry?> OpenAsync(Hash256 key, CancellationToken cancellationToken) => ValueTask.FromResult<OpenEntry?>(null);

    public ValueTask<EntryHeader?> PeekAsync(Hash256 key, CancellationToken cancellationToken) => ValueTask.FromResult(_entries.GetValueOrDefault(key));

    public ValueTask<PutOutcome> PutAsync(EntryHeader header, ReadOnlyMemory<byte> body, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_entries.TryAdd(header.Key, header) ? PutOutcome.Stored : PutOutcome.Replaced);

    public ValueTask<bool> DeleteAsync(Hash256 key, CancellationToken cancellationToken)
    {
        bool there = _entries.Remove(key);
        if (there)
        {
            Removed?.Invoke(key);
        }

        return ValueTask.FromResult(there);
    }

    public async IAsyncEnumerable<EntryHeader> EnumerateAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        foreach (EntryHeader header in _entries.Values)
        {
            yield return header;
        }
    }

    public ValueTask<Hash256?> FindByIdAsync(string id, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_entries.Values.FirstOrDefault(e => e.Id == id)?.Key);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
