using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Afterimage.Entries;

/// <summary>
/// Open entry files kept for the next hit, at most a fixed number, replaced by the CLOCK rule (Corbató 1968): a hit sets a bit, the hand spares what has
/// one. Opening, checking and parsing cost about 20 µs, a hit here well under one. A hit takes no lock.
/// </summary>
internal sealed class HandleCache(int filesMax)
{
    private readonly ConcurrentDictionary<Hash256, EntryFile> _files = new();
    private readonly Lock _gate = new();
    private readonly Queue<EntryFile> _clock = new();

    // The dictionary's own count takes all of its locks.
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public IEnumerable<Hash256> Keys => _files.Select(pair => pair.Key);

    /// <summary>Finds and holds an open file; the caller releases it.</summary>
    public bool TryHold(Hash256 key, [NotNullWhen(true)] out EntryFile? file)
    {
        if (!_files.TryGetValue(key, out file) || !file.TryHold())
        {
            return false;
        }

        if (!file.Visited)
        {
            file.Visited = true;
        }

        return true;
    }

    /// <summary>Keeps a file that the caller holds; the cache holds it too from now on.</summary>
    public void Add(EntryFile file)
    {
        if (filesMax == 0 || !file.TryHold())
        {
            return;
        }

        lock (_gate)
        {
            if (!_files.TryAdd(file.Header.Key, file))
            {
                // Two readers opened the same entry at once; the first one's file stays.
                file.Release();
                return;
            }

            Interlocked.Increment(ref _count);
            _clock.Enqueue(file);
            while (Count > filesMax || _clock.Count > 2 * filesMax)
            {
                Advance();
            }
        }
    }

    /// <summary>Lets go of a key's file; readers that hold it finish.</summary>
    public void Remove(Hash256 key)
    {
        if (_files.TryRemove(key, out EntryFile? file))
        {
            Interlocked.Decrement(ref _count);
            file.Release();
        }
    }

    /// <summary>Lets go of exactly this file.</summary>
    public void Remove(EntryFile file)
    {
        if (_files.TryRemove(KeyValuePair.Create(file.Header.Key, file)))
        {
            Interlocked.Decrement(ref _count);
            file.Release();
        }
    }

    public void Clear()
    {
        foreach (Hash256 key in _files.Keys)
        {
            Remove(key);
        }
    }

    private void Advance()
    {
        EntryFile file = _clock.Dequeue();
        bool kept = _files.TryGetValue(file.Header.Key, out EntryFile? current) && current == file;
        if (kept && file.Visited)
        {
            file.Visited = false;
            _clock.Enqueue(file);
        }
        else if (kept)
        {
            Remove(file);
        }
    }
}
