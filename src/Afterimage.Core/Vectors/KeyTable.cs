using System.Runtime.CompilerServices;

namespace Afterimage.Vectors;

/// <summary>Says the key that a number stands for, so that a table of numbers need not store keys again.</summary>
internal interface IKeys
{
    ref readonly Hash256 KeyOf(int number);
}

/// <summary>
/// Numbers by key, open addressing, four bytes a slot. One writer under the index's lock; any number of readers beside it: a slot is one word, a
/// removed one stays marked, and a new table is filled before it is published.
/// </summary>
internal sealed class KeyTable<TKeys>(TKeys keys)
    where TKeys : IKeys
{
    private const int Removed = -1;

    private int[] _slots = new int[16];
    private int _used;

    public int Count { get; private set; }

    public long Bytes => _slots.Length * sizeof(int);

    /// <summary>The number, or -1.</summary>
    public int Find(in Hash256 key)
    {
        int[] slots = Volatile.Read(ref _slots);
        int mask = slots.Length - 1;
        for (int i = Start(key) & mask; ; i = (i + 1) & mask)
        {
            int slot = Volatile.Read(ref slots[i]);
            if (slot == 0)
            {
                return -1;
            }

            if (slot > 0 && keys.KeyOf(slot - 1) == key)
            {
                return slot - 1;
            }
        }
    }

    /// <summary>Adds a key that is not there.</summary>
    public void Add(int number)
    {
        if ((_used + 1) * 4 > _slots.Length * 3)
        {
            Rebuild();
        }

        _used += Put(_slots, number) ? 1 : 0;
        Count++;
    }

    /// <summary>Makes an existing key stand for another number.</summary>
    public void Replace(int old, int number)
    {
        Volatile.Write(ref _slots[SlotOf(old)], number + 1);
    }

    public void Remove(int number)
    {
        Volatile.Write(ref _slots[SlotOf(number)], Removed);
        Count--;
    }

    private int SlotOf(int number)
    {
        int mask = _slots.Length - 1;
        int i = Start(keys.KeyOf(number)) & mask;
        while (_slots[i] != number + 1)
        {
            i = (i + 1) & mask;
        }

        return i;
    }

    /// <summary>Puts a number into the first free slot; true where the slot was never used.</summary>
    private bool Put(int[] slots, int number)
    {
        int mask = slots.Length - 1;
        int i = Start(keys.KeyOf(number)) & mask;
        while (slots[i] > 0)
        {
            i = (i + 1) & mask;
        }

        bool fresh = slots[i] == 0;
        Volatile.Write(ref slots[i], number + 1);
        return fresh;
    }

    private void Rebuild()
    {
        int length = 16;
        while (length < (Count + 1) * 2)
        {
            length *= 2;
        }

        int[] slots = new int[length];
        foreach (int slot in _slots)
        {
            if (slot > 0)
            {
                Put(slots, slot - 1);
            }
        }

        _used = Count;
        Volatile.Write(ref _slots, slots);
    }

    // Keys are digests, but nothing here relies on all of their bits being good.
    private static int Start(in Hash256 key)
    {
        ref ulong words = ref Unsafe.As<Hash256, ulong>(ref Unsafe.AsRef(in key));
        ulong mixed = words ^ (Unsafe.Add(ref words, 1) * 3) ^ (Unsafe.Add(ref words, 2) * 5) ^ (Unsafe.Add(ref words, 3) * 7);
        return (int)((mixed * 0x9E37_79B9_7F4A_7C15) >> 33);
    }
}
