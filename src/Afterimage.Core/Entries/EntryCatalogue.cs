namespace Afterimage.Entries;

/// <summary>
/// The entries known to be on disk: a chained hash table over chunks of structs, with a second chain by id. A garbage-collected object per entry would
/// cost more than the row itself; chunks never move, so a use is recorded without a lock. Thread-safe; its lock is a leaf, nothing is called under it.
/// </summary>
internal sealed class EntryCatalogue
{
    private const int ChunkBits = 12;
    private const int ChunkSize = 1 << ChunkBits;

    // Copies of so many rows are small enough for the youngest generation; every eviction makes them.
    private const int WalkSize = 512;

    private readonly Lock _gate = new();
    private readonly List<Guid> _batches = [Guid.Empty];
    private readonly Dictionary<Guid, int> _batchIndexes = new() { [Guid.Empty] = 0 };
    private CatalogueRow[][] _chunks = [];
    private int[] _byKey = new int[1024];
    private int[] _byId = new int[1024];
    private int _slots;
    private int _free = -1;
    private int _count;
    private long _bytes;
    private long _uses;

    public EntryCatalogue()
    {
        Array.Fill(_byKey, -1);
        Array.Fill(_byId, -1);
    }

    public int Count => Volatile.Read(ref _count);

    /// <summary>Bytes of all rows.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    public bool TryGet(Hash256 key, out CatalogueRow row, out CatalogueTicket ticket)
    {
        lock (_gate)
        {
            int slot = FindByKey(key);
            row = slot < 0 ? default : Row(slot);
            ticket = new CatalogueTicket(slot, row.Generation);
            return slot >= 0;
        }
    }

    public bool Contains(Hash256 key)
    {
        lock (_gate)
        {
            return FindByKey(key) >= 0;
        }
    }

    /// <summary>Whether the row is still the one that the ticket was given for.</summary>
    public bool IsCurrent(CatalogueTicket ticket, Hash256 key)
    {
        lock (_gate)
        {
            return Row(ticket.Slot) is { Taken: true } row && row.Generation == ticket.Generation && row.Key == key;
        }
    }

    /// <summary>Inserts or replaces the row of <c>row.Key</c>; <paramref name="batch"/> becomes its batch. Returns whether one was replaced.</summary>
    public bool Publish(CatalogueRow row, Guid batch, out CatalogueRow replaced)
    {
        lock (_gate)
        {
            row.Batch = IndexOf(batch);
            int slot = FindByKey(row.Key);
            bool exists = slot >= 0;
            replaced = exists ? Row(slot) : default;
            if (exists)
            {
                RemoveSlot(slot);
            }

            Insert(row);
            return exists;
        }
    }

    /// <summary>Removes the row if it is still the ticket's.</summary>
    public bool Remove(CatalogueTicket ticket, Hash256 key)
    {
        lock (_gate)
        {
            ref CatalogueRow row = ref Row(ticket.Slot);
            if (!row.Taken || row.Generation != ticket.Generation || row.Key != key)
            {
                return false;
            }

            RemoveSlot(ticket.Slot);
            return true;
        }
    }

    /// <summary>Records that the bytes are elsewhere now; false where the row is no longer the ticket's.</summary>
    public bool Move(CatalogueTicket ticket, Hash256 key, EntryPlace place)
    {
        lock (_gate)
        {
            ref CatalogueRow row = ref Row(ticket.Slot);
            if (!row.Taken || row.Generation != ticket.Generation || row.Key != key)
            {
                return false;
            }

            row.Place = place;
            return true;
        }
    }

    public bool TryFindId(UInt128 id, out Hash256 key)
    {
        lock (_gate)
        {
            for (int slot = _byId[Bucket(id, _byId)]; slot >= 0; slot = Row(slot).NextById)
            {
                if (Row(slot).Id == id)
                {
                    key = Row(slot).Key;
                    return true;
                }
            }

            key = default;
            return false;
        }
    }

    /// <summary>Records a use. A stale ticket may mark another entry as used, which is harmless.</summary>
    public void Use(CatalogueTicket ticket) => Volatile.Write(ref Row(ticket.Slot).Recency, NextUse());

    public void Use(Hash256 key)
    {
        lock (_gate)
        {
            int slot = FindByKey(key);
            if (slot >= 0)
            {
                Row(slot).Recency = NextUse();
            }
        }
    }

    /// <summary>The next number in the order of use.</summary>
    public long NextUse() => Interlocked.Increment(ref _uses);

    public void SetBodyVerified(CatalogueTicket ticket, bool verified)
    {
        lock (_gate)
        {
            ref CatalogueRow row = ref Row(ticket.Slot);
            if (row.Taken && row.Generation == ticket.Generation)
            {
                row.BodyVerified = verified;
            }
        }
    }

    public Guid BatchOf(in CatalogueRow row)
    {
        lock (_gate)
        {
            return _batches[row.Batch];
        }
    }

    /// <summary>
    /// Copies the rows that <paramref name="wanted"/> accepts, a chunk at a time, so that a walk over millions never holds the lock for long. Sees every
    /// row that is there during the whole walk.
    /// </summary>
    public IEnumerable<(CatalogueRow Row, CatalogueTicket Ticket)> Rows(Func<CatalogueRow, bool>? wanted = null)
    {
        var found = new List<(CatalogueRow, CatalogueTicket)>();
        for (int first = 0; first < Volatile.Read(ref _slots); first += WalkSize)
        {
            found.Clear();
            lock (_gate)
            {
                int end = Math.Min(first + WalkSize, _slots);
                for (int slot = first; slot < end; slot++)
                {
                    ref CatalogueRow row = ref Row(slot);
                    if (row.Taken && (wanted is null || wanted(row)))
                    {
                        found.Add((row, new CatalogueTicket(slot, row.Generation)));
                    }
                }
            }

            foreach ((CatalogueRow, CatalogueTicket) row in found)
            {
                yield return row;
            }
        }
    }

    /// <summary>The table index of a batch, or -1 where no entry ever had it.</summary>
    public int BatchIndex(Guid batch)
    {
        lock (_gate)
        {
            return _batchIndexes.GetValueOrDefault(batch, -1);
        }
    }

    private ref CatalogueRow Row(int slot) => ref _chunks[slot >> ChunkBits][slot & (ChunkSize - 1)];

    private int IndexOf(Guid batch)
    {
        if (!_batchIndexes.TryGetValue(batch, out int index))
        {
            index = _batches.Count;
            _batches.Add(batch);
            _batchIndexes.Add(batch, index);
        }

        return index;
    }

    private int FindByKey(Hash256 key)
    {
        int slot = _byKey[Bucket(key, _byKey)];
        while (slot >= 0 && Row(slot).Key != key)
        {
            slot = Row(slot).NextByKey;
        }

        return slot;
    }

    private void Insert(CatalogueRow row)
    {
        if (_count >= _byKey.Length)
        {
            Grow();
        }

        int slot = _free;
        if (slot >= 0)
        {
            _free = Row(slot).NextByKey;
        }
        else
        {
            slot = _slots;
            if (slot >> ChunkBits == _chunks.Length)
            {
                _chunks = [.. _chunks, new CatalogueRow[ChunkSize]];
            }

            _slots++;
        }

        ref CatalogueRow target = ref Row(slot);
        row.Generation = target.Generation + 1;
        row.Taken = true;
        row.NextByKey = row.NextById = -1;
        target = row;
        Link(slot);
        _count++;
        _bytes += row.Bytes;
    }

    private void Link(int slot)
    {
        ref CatalogueRow row = ref Row(slot);
        ref int key = ref _byKey[Bucket(row.Key, _byKey)];
        row.NextByKey = key;
        key = slot;
        ref int id = ref _byId[Bucket(row.Id, _byId)];
        row.NextById = id;
        id = slot;
    }

    private void RemoveSlot(int slot)
    {
        ref CatalogueRow row = ref Row(slot);
        ref int key = ref _byKey[Bucket(row.Key, _byKey)];
        while (key != slot)
        {
            key = ref Row(key).NextByKey;
        }

        key = row.NextByKey;
        ref int id = ref _byId[Bucket(row.Id, _byId)];
        while (id != slot)
        {
            id = ref Row(id).NextById;
        }

        id = row.NextById;
        _count--;
        _bytes -= row.Bytes;
        row = new CatalogueRow { Generation = row.Generation, NextByKey = _free };
        _free = slot;
    }

    private void Grow()
    {
        _byKey = new int[_byKey.Length * 2];
        _byId = new int[_byId.Length * 2];
        Array.Fill(_byKey, -1);
        Array.Fill(_byId, -1);
        for (int slot = 0; slot < _slots; slot++)
        {
            if (Row(slot).Taken)
            {
                Link(slot);
            }
        }
    }

    private static int Bucket(Hash256 key, int[] buckets) => key.GetHashCode() & (buckets.Length - 1);

    // The low half of a ULID is random; an id of another form is a hash.
    private static int Bucket(UInt128 id, int[] buckets) => (int)((ulong)id ^ ((ulong)id >> 32)) & (buckets.Length - 1);
}
