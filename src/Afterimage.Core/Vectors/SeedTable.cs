namespace Afterimage.Vectors;

/// <summary>
/// Chains of rows by seed within one large partition: an explicit seed narrows half a million rows to a handful. Four bytes a slot: the seed is read
/// from the row at the head of the chain. One writer, readers beside it; rows without a seed are in no chain.
/// </summary>
internal sealed class SeedTable
{
    private const int Removed = -1;

    private int[] _slots = new int[16];
    private int _used;
    private int _chains;

    public long Bytes => _slots.Length * sizeof(int);

    /// <summary>The first row with this seed, or -1.</summary>
    public int First(RowStore rows, long seed)
    {
        int[] slots = Volatile.Read(ref _slots);
        int mask = slots.Length - 1;
        for (int i = Start(seed) & mask; ; i = (i + 1) & mask)
        {
            int slot = Volatile.Read(ref slots[i]);
            if (slot == 0)
            {
                return -1;
            }

            if (slot > 0 && rows.Info(slot - 1).Seed == seed)
            {
                return slot - 1;
            }
        }
    }

    /// <summary>Rows in the chain that begins with <paramref name="first"/>; at least 1 where the chain is changing.</summary>
    public static int Count(RowStore rows, int first) => Math.Max(1, -Volatile.Read(ref rows.Info(first).PreviousOfSeed));

    public void Add(RowStore rows, int row)
    {
        ref RowInfo info = ref rows.Info(row);
        info.PreviousOfSeed = -1;
        info.NextOfSeed = -1;
        if (!info.HasSeed)
        {
            return;
        }

        int first = First(rows, info.Seed);
        if (first < 0)
        {
            Insert(rows, row);
            return;
        }

        ref int previousOfFirst = ref rows.Info(first).PreviousOfSeed;
        info.NextOfSeed = first;
        info.PreviousOfSeed = previousOfFirst - 1;
        previousOfFirst = row;
        Volatile.Write(ref _slots[SlotOf(rows, first)], row + 1);
    }

    public void Remove(RowStore rows, int row)
    {
        ref RowInfo info = ref rows.Info(row);
        if (!info.HasSeed)
        {
            return;
        }

        int next = info.NextOfSeed;
        if (info.PreviousOfSeed >= 0)
        {
            rows.Info(First(rows, info.Seed)).PreviousOfSeed++;
            if (next >= 0)
            {
                rows.Info(next).PreviousOfSeed = info.PreviousOfSeed;
            }

            Volatile.Write(ref rows.Info(info.PreviousOfSeed).NextOfSeed, next);
            return;
        }

        if (next >= 0)
        {
            rows.Info(next).PreviousOfSeed = info.PreviousOfSeed + 1;
        }

        _chains -= next < 0 ? 1 : 0;
        Volatile.Write(ref _slots[SlotOf(rows, row)], next >= 0 ? next + 1 : Removed);
    }

    private void Insert(RowStore rows, int row)
    {
        if ((_used + 1) * 4 > _slots.Length * 3)
        {
            Rebuild(rows);
        }

        _used += Put(rows, _slots, row) ? 1 : 0;
        _chains++;
    }

    private int SlotOf(RowStore rows, int first)
    {
        int mask = _slots.Length - 1;
        int i = Start(rows.Info(first).Seed) & mask;
        while (_slots[i] != first + 1)
        {
            i = (i + 1) & mask;
        }

        return i;
    }

    private static bool Put(RowStore rows, int[] slots, int row)
    {
        int mask = slots.Length - 1;
        int i = Start(rows.Info(row).Seed) & mask;
        while (slots[i] > 0)
        {
            i = (i + 1) & mask;
        }

        bool fresh = slots[i] == 0;
        Volatile.Write(ref slots[i], row + 1);
        return fresh;
    }

    private void Rebuild(RowStore rows)
    {
        int length = 16;
        while (length < (_chains + 1) * 2)
        {
            length *= 2;
        }

        int[] slots = new int[length];
        foreach (int slot in _slots)
        {
            if (slot > 0)
            {
                Put(rows, slots, slot - 1);
            }
        }

        _used = _chains;
        Volatile.Write(ref _slots, slots);
    }

    private static int Start(long seed) => (int)(((ulong)seed * 0x9E37_79B9_7F4A_7C15) >> 33);
}
