namespace Afterimage.Entries;

public sealed partial class FileEntryStore
{
    // Above the soft limit entries leave in the background, in batches, down to the low mark; a write waits for eviction only at the hard limit. One walk
    // over the catalogue then pays for a twentieth of the store.
    private const double SoftShare = 0.98;
    private const double LowShare = 0.95;

    // Outermost of all locks.
    private readonly Lock _sweepGate = new();

    /// <summary>Removes what has expired, and saves the order of use when that is due.</summary>
    internal void Sweep()
    {
        lock (_sweepGate)
        {
            SweepAlone();
        }
    }

    private void SweepAlone()
    {
        long now = NowUnixMs;
        foreach ((CatalogueRow row, CatalogueTicket ticket) in _catalogue.Rows(row => row.IsExpired(now)))
        {
            Remove(row.Key, ticket, RemovalReason.Expired);
        }

        EvictAboveSoftLimit();
        CompactPacks();
        ForgetWhatOthersRemoved();
        SaveRecencyWhenDue();
    }

    /// <summary>
    /// Another process on the same folder (a backfill being rolled back, a purge) may have deleted what is open or in memory here. Everything else is met
    /// when it is opened.
    /// </summary>
    private void ForgetWhatOthersRemoved()
    {
        _quarantine.Reload();
        Memory.RemoveWhere(header => _quarantine.Holds(header.Batch));
        foreach (Hash256 key in _handles.Keys.Concat(Memory.Keys).Distinct().ToList())
        {
            if (!_catalogue.TryGet(key, out CatalogueRow row, out CatalogueTicket ticket))
            {
                continue;
            }

            if (row.Place.IsPacked)
            {
                ReadPacked(row, ticket);
            }
            else if (!File.Exists(_folder.PathOf(key)))
            {
                Remove(key, ticket, RemovalReason.Deleted);
            }
        }
    }

    private bool TryReserve(long bytes, int entries)
    {
        var evicted = new List<Hash256>();
        try
        {
            lock (_reserveGate)
            {
                if (!MakeRoom(bytes, entries, evicted))
                {
                    return false;
                }

                _reservedBytes += bytes;
                _reservedEntries += entries;
                return true;
            }
        }
        finally
        {
            foreach (Hash256 key in evicted)
            {
                RaiseRemoved(key, RemovalReason.Evicted);
            }
        }
    }

    private void Release(long bytes, int entries)
    {
        lock (_reserveGate)
        {
            _reservedBytes -= bytes;
            _reservedEntries -= entries;
        }

        if (_options.BytesMax > 0 && _catalogue.Bytes > _options.BytesMax * SoftShare && Interlocked.Exchange(ref _evicting, 1) == 0)
        {
            _ = Task.Run(EvictAboveSoftLimit);
        }
    }

    /// <summary>Whether the bounds hold with these bytes more, after evicting as needed. Under <c>_reserveGate</c>.</summary>
    private bool MakeRoom(long bytes, int entries, List<Hash256> evicted)
    {
        if (_options.BytesMax > 0 && bytes > _options.BytesMax)
        {
            return false;
        }

        // Twice: what eviction frees on the volume is known only afterwards.
        for (int attempt = 0; attempt < 2; attempt++)
        {
            long excessBytes = Math.Max(
                _options.BytesMax > 0 ? _catalogue.Bytes + _reservedBytes + bytes - _options.BytesMax : 0,
                FreeDiskLack(bytes));
            long excessEntries = _options.EntriesMax > 0 ? _catalogue.Count + _reservedEntries + entries - _options.EntriesMax : 0;
            if (excessBytes <= 0 && excessEntries <= 0)
            {
                return true;
            }

            if (attempt > 0)
            {
                return false;
            }

            EvictOldest(excessBytes, excessEntries, evicted);
        }

        return false;
    }

    private long FreeDiskLack(long bytes)
    {
        if (_options.FreeDiskBytesMin == 0)
        {
            return 0;
        }

        try
        {
            return _options.FreeDiskBytesMin + _reservedBytes + bytes - _folder.Volume.FreeBytes(_options.Folder);
        }
        catch (Exception e) when (EntryVolume.IsDiskFault(e) || e is ArgumentException)
        {
            // Unknown is not full; the write itself will tell.
            return 0;
        }
    }

    private void EvictAboveSoftLimit()
    {
        var evicted = new List<Hash256>();
        lock (_reserveGate)
        {
            if (_options.BytesMax > 0 && _catalogue.Bytes > _options.BytesMax * SoftShare)
            {
                EvictOldest(_catalogue.Bytes - (long)(_options.BytesMax * LowShare), 0, evicted);
            }

            Volatile.Write(ref _evicting, 0);
        }

        foreach (Hash256 key in evicted)
        {
            RaiseRemoved(key, RemovalReason.Evicted);
        }
    }

    /// <summary>Removes the least recently used entries that together free the given bytes and number. Under <c>_reserveGate</c>.</summary>
    private void EvictOldest(long bytes, long entries, List<Hash256> evicted)
    {
        Memory.DrainUsed(_catalogue.Use);

        // The oldest sufficient set by one pass: a heap with the most recent on top, whose top is dropped while the rest suffices.
        var oldest = new PriorityQueue<(CatalogueRow Row, CatalogueTicket Ticket), long>();
        long heldBytes = 0;
        foreach ((CatalogueRow row, CatalogueTicket ticket) in _catalogue.Rows())
        {
            if (heldBytes >= bytes && oldest.Count >= entries && oldest.TryPeek(out _, out long newest) && row.Recency >= -newest)
            {
                continue;
            }

            oldest.Enqueue((row, ticket), -row.Recency);
            heldBytes += row.Bytes;
            while (oldest.TryPeek(out var top, out _) && heldBytes - top.Row.Bytes >= bytes && oldest.Count - 1 >= entries)
            {
                heldBytes -= top.Row.Bytes;
                oldest.Dequeue();
            }
        }

        foreach (((CatalogueRow row, CatalogueTicket ticket), _) in oldest.UnorderedItems)
        {
            if (TakeAway(row.Key, ticket))
            {
                evicted.Add(row.Key);
            }
        }
    }
}
