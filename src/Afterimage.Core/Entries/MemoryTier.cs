using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Afterimage.Entries;

/// <summary>
/// Hot images in memory, bounded by bytes. Eviction is SIEVE (Zhang, Yang, Yue, Vigfusson, Rashmi: "SIEVE is Simpler than LRU", NSDI 2024): one queue in
/// order of arrival, a hit only sets a bit, a hand walks from old to new and drops what was not hit since its last visit. So a hit takes no lock, and one
/// pass of one-time requests cannot push out what is popular; what enters is chosen by frequency as
/// in TinyLFU (<see cref="UseSketch"/>). Thread-safe.
/// </summary>
public sealed class MemoryTier
{
    // What an entry costs besides its body: header objects, dictionary node, prepared response headers. Counted so that small images cannot escape the bound.
    private const int EntryOverheadBytes = 2048;

    private readonly MemoryTierOptions _options;
    private readonly TimeProvider _clock;
    private readonly ConcurrentDictionary<Hash256, HotEntry> _entries = new();
    private readonly UseSketch? _uses;
    private readonly Lock _gate = new();
    private HotEntry? _newest;
    private HotEntry? _oldest;
    private HotEntry? _hand;
    private long _bytes;
    private long _evictions;

    public MemoryTier(MemoryTierOptions options, TimeProvider clock)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(options.BytesMax);
        ArgumentOutOfRangeException.ThrowIfNegative(options.EntryBytesMax);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.UsesMin, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.UsesMin, 15);
        _options = options;
        _clock = clock;
        _uses = options.BytesMax > 0 ? new UseSketch((int)Math.Clamp(options.BytesMax / 4096, 4096, 1 << 22)) : null;
    }

    /// <summary>Bytes kept, bookkeeping included.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    public int Count => _entries.Count;

    public long Evictions => Volatile.Read(ref _evictions);

    internal IEnumerable<Hash256> Keys => _entries.Select(pair => pair.Key);

    /// <summary>Finds a hot, unexpired image. Synchronous, allocates nothing, takes no lock.</summary>
    public bool TryGet(Hash256 key, [NotNullWhen(true)] out HotEntry? entry)
    {
        if (!_entries.TryGetValue(key, out entry))
        {
            return false;
        }

        if (entry.ExpiresUtcTicks != long.MaxValue && entry.ExpiresUtcTicks <= _clock.GetUtcNow().UtcTicks)
        {
            Remove(entry);
            entry = null;
            return false;
        }

        // Written only when they change: a hot picture's cache line must not travel between cores on every hit.
        if (!entry.Visited)
        {
            entry.Visited = true;
        }

        if (!entry.UsedSinceDrain)
        {
            entry.UsedSinceDrain = true;
        }

        _uses?.Use(key);
        EntryMeters.MemoryHits.Add(1);
        return true;
    }

    /// <summary>
    /// Counts a use of an image that is not in memory, and says whether it is now worth keeping: asked for often enough, and where the tier is full, more
    /// often than the image that would have to go. Without the second rule a working set larger than the tier would copy an image in on every hit.
    /// </summary>
    public bool WantsAfterUse(Hash256 key, long bodyLength)
    {
        if (!CanHold(bodyLength))
        {
            return false;
        }

        int uses = _uses?.Use(key) ?? _options.UsesMin;
        return uses >= _options.UsesMin && (Bytes + bodyLength + EntryOverheadBytes <= _options.BytesMax || IsWorthMoreThanVictim(uses));
    }

    /// <summary>Whether an image of this size may be kept at all.</summary>
    public bool CanHold(long bodyLength) =>
        bodyLength <= _options.EntryBytesMax && bodyLength + EntryOverheadBytes <= _options.BytesMax;

    /// <summary>Keeps an image, evicting others as needed. Returns the entry to serve, also where it was not kept.</summary>
    public HotEntry Add(EntryHeader header, ReadOnlyMemory<byte> body)
    {
        if (!CanHold(body.Length))
        {
            return new HotEntry(header, body);
        }

        var added = new HotEntry(header, new MemoryContent(body).Kept());
        lock (_gate)
        {
            if (_entries.TryGetValue(header.Key, out HotEntry? old))
            {
                Unlink(old);
            }

            while (_bytes + Cost(added) > _options.BytesMax && _oldest is not null)
            {
                EvictOne();
            }

            added.Older = _newest;
            if (_newest is not null)
            {
                _newest.Newer = added;
            }

            _newest = added;
            _oldest ??= added;
            _bytes += Cost(added);
            added.Resident = true;
            _entries[header.Key] = added;
        }

        return added;
    }

    /// <summary>Forgets an image; readers that hold it keep it.</summary>
    public void Remove(Hash256 key)
    {
        if (_entries.TryGetValue(key, out HotEntry? entry))
        {
            Remove(entry);
        }
    }

    /// <summary>Forgets every image of which <paramref name="gone"/> is true.</summary>
    public void RemoveWhere(Func<EntryHeader, bool> gone)
    {
        foreach (HotEntry entry in _entries.Values)
        {
            if (gone(entry.Header))
            {
                Remove(entry);
            }
        }
    }

    /// <summary>Calls back for each image used since the last drain: hits here do not reach the disk's order of use otherwise.</summary>
    internal void DrainUsed(Action<Hash256> used)
    {
        foreach ((Hash256 key, HotEntry entry) in _entries)
        {
            if (entry.UsedSinceDrain)
            {
                entry.UsedSinceDrain = false;
                used(key);
            }
        }
    }

    /// <summary>Forgets exactly this instance: a newer one under the same key stays.</summary>
    internal void Remove(HotEntry entry)
    {
        lock (_gate)
        {
            Unlink(entry);
        }
    }

    private static long Cost(HotEntry entry) => entry.Length + EntryOverheadBytes;

    private bool IsWorthMoreThanVictim(int uses)
    {
        // Under contention the answer is no: the image is served all the same, and asked for again if it is popular.
        if (_uses is null || !_gate.TryEnter())
        {
            return _uses is null;
        }

        try
        {
            return _oldest is null || uses > _uses.Estimate(FindVictim().Header.Key);
        }
        finally
        {
            _gate.Exit();
        }
    }

    private HotEntry FindVictim()
    {
        HotEntry candidate = _hand ?? _oldest!;
        while (candidate.Visited)
        {
            candidate.Visited = false;
            candidate = candidate.Newer ?? _oldest!;
        }

        _hand = candidate;
        return candidate;
    }

    private void EvictOne()
    {
        HotEntry victim = FindVictim();
        _hand = victim.Newer;
        Unlink(victim);
        _evictions++;
    }

    private void Unlink(HotEntry entry)
    {
        if (!entry.Resident)
        {
            return;
        }

        entry.Resident = false;
        if (_hand == entry)
        {
            _hand = entry.Newer;
        }

        _ = entry.Newer is null ? _newest = entry.Older : entry.Newer.Older = entry.Older;
        _ = entry.Older is null ? _oldest = entry.Newer : entry.Older.Newer = entry.Newer;
        entry.Newer = entry.Older = null;
        _bytes -= Cost(entry);
        _entries.TryRemove(KeyValuePair.Create(entry.Header.Key, entry));
    }
}
