using Afterimage.Vectors;

namespace Afterimage.Cloud.Cloudflare;

/// <summary>
/// The writes that Vectorize does not show yet: what this gateway has added or removed and not yet sent, or sent in the last minutes. Searches ask it
/// first and believe it over Vectorize. Thread-safe.
/// </summary>
internal sealed class VectorizeOverlay
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Hash256, Write> _writes = [];
    private readonly Dictionary<Hash256, HashSet<Hash256>> _byPartition = [];
    private readonly Queue<(Hash256 Entry, Write Write)> _sent = [];
    private int _unsent;

    /// <summary>Writes held, sent or not.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _writes.Count;
            }
        }
    }

    /// <summary>Writes that wait to be sent.</summary>
    public int Unsent
    {
        get
        {
            lock (_lock)
            {
                return _unsent;
            }
        }
    }

    public void Add(VectorRecord record) => Set(record.Entry, record);

    public void Remove(Hash256 entry) => Set(entry, null);

    /// <summary>What the overlay knows of an entry: added (true), removed (false), or nothing (null).</summary>
    public bool? Knows(Hash256 entry)
    {
        lock (_lock)
        {
            return _writes.TryGetValue(entry, out Write? write) ? write.Record is not null : null;
        }
    }

    /// <summary>Neighbours among the added vectors, and how many of Vectorize's answers for this partition may be outdated.</summary>
    public List<Neighbor> Search(VectorQuery query, out int outdated)
    {
        var found = new List<Neighbor>();
        lock (_lock)
        {
            outdated = _writes.Count;
            if (!_byPartition.TryGetValue(query.Partition, out HashSet<Hash256>? entries))
            {
                return found;
            }

            foreach (Hash256 entry in entries)
            {
                VectorRecord record = _writes[entry].Record!.Value;
                float similarity = query.Seed is null || record.Seed == query.Seed ? ExactCosine.Of(record.Vector.Span, query.Vector.Span) : float.MinValue;
                if (similarity >= query.SimilarityMin)
                {
                    found.Add(new Neighbor(entry, similarity));
                }
            }
        }

        return found;
    }

    /// <summary>Every write now: the record, or null for a removal.</summary>
    public Dictionary<Hash256, VectorRecord?> Snapshot()
    {
        lock (_lock)
        {
            return _writes.ToDictionary(w => w.Key, w => w.Value.Record);
        }
    }

    /// <summary>Up to <paramref name="max"/> writes that wait to be sent. Give them back to <see cref="Sent"/> or leave them for the next try.</summary>
    public List<Write> TakeUnsent(int max)
    {
        lock (_lock)
        {
            return [.. _writes.Values.Where(w => w.SentAt is null).Take(max)];
        }
    }

    /// <summary>Marks writes as accepted by Vectorize. One that was overwritten meanwhile is not touched: its successor is still unsent.</summary>
    public void Sent(IEnumerable<Write> writes, DateTimeOffset now, string mutation)
    {
        lock (_lock)
        {
            foreach (Write write in writes)
            {
                if (_writes.TryGetValue(write.Entry, out Write? current) && ReferenceEquals(current, write))
                {
                    write.SentAt = now;
                    write.Mutation = mutation;
                    _unsent--;
                    _sent.Enqueue((write.Entry, write));
                }
            }
        }
    }

    /// <summary>When the oldest sent write was sent; null for none.</summary>
    public DateTimeOffset? OldestSent
    {
        get
        {
            lock (_lock)
            {
                SkipReplaced();
                return _sent.TryPeek(out var oldest) ? oldest.Write.SentAt : null;
            }
        }
    }

    /// <summary>Forgets what was sent before <paramref name="sentBefore"/> and has been processed.</summary>
    public void Forget(DateTimeOffset sentBefore, VectorizeProgress progress, TimeSpan clockSkew)
    {
        lock (_lock)
        {
            for (SkipReplaced(); _sent.TryPeek(out var oldest) && oldest.Write.SentAt <= sentBefore; SkipReplaced())
            {
                // Another write may have overtaken the one whose mutation id we know, so the time counts as well.
                if (oldest.Write.SentAt + clockSkew > progress.ProcessedUpTo && oldest.Write.Mutation != progress.Mutation)
                {
                    return;
                }

                Drop(_sent.Dequeue().Entry);
            }
        }
    }

    /// <summary>Forgets the oldest sent writes until at most <paramref name="max"/> writes are held.</summary>
    public void Trim(int max)
    {
        lock (_lock)
        {
            for (SkipReplaced(); _writes.Count > max && _sent.Count > 0; SkipReplaced())
            {
                Drop(_sent.Dequeue().Entry);
            }
        }
    }

    private void Set(Hash256 entry, VectorRecord? record)
    {
        lock (_lock)
        {
            Drop(entry);
            _writes[entry] = new Write(entry, record);
            _unsent++;
            if (record is { } added)
            {
                if (!_byPartition.TryGetValue(added.Partition, out HashSet<Hash256>? entries))
                {
                    _byPartition[added.Partition] = entries = [];
                }

                entries.Add(entry);
            }
        }
    }

    private void Drop(Hash256 entry)
    {
        if (!_writes.Remove(entry, out Write? write))
        {
            return;
        }

        _unsent -= write.SentAt is null ? 1 : 0;
        if (write.Record is { } record && _byPartition.TryGetValue(record.Partition, out HashSet<Hash256>? entries) && entries.Remove(entry) && entries.Count == 0)
        {
            _byPartition.Remove(record.Partition);
        }
    }

    private void SkipReplaced()
    {
        while (_sent.TryPeek(out var oldest) && (!_writes.TryGetValue(oldest.Entry, out Write? current) || !ReferenceEquals(current, oldest.Write)))
        {
            _sent.Dequeue();
        }
    }

    /// <summary>One add (with record) or removal (without).</summary>
    internal sealed class Write(Hash256 entry, VectorRecord? record)
    {
        public Hash256 Entry => entry;

        public VectorRecord? Record => record;

        public DateTimeOffset? SentAt { get; set; }

        public string? Mutation { get; set; }
    }
}
