namespace Afterimage.Tools.WordVectors;

/// <summary>Sums by 64-bit key: an open-addressed table, several times denser than a dictionary.</summary>
internal sealed class PairCounts(int capacity)
{
    private const ulong Empty = ulong.MaxValue;

    private ulong[] _keys = Filled(capacity);
    private float[] _sums = new float[capacity];
    private int _count;

    public void Add(ulong key, float weight)
    {
        if (_count * 10L > _keys.Length * 7L)
        {
            Grow();
        }

        int slot = SlotOf(key, _keys);
        if (_keys[slot] == Empty)
        {
            _keys[slot] = key;
            _count++;
        }

        _sums[slot] += weight;
    }

    /// <summary>The sums in key order.</summary>
    public IEnumerable<(ulong Key, float Sum)> Sorted()
    {
        ulong[] keys = [.. _keys.Where(k => k != Empty)];
        Array.Sort(keys);
        foreach (ulong key in keys)
        {
            yield return (key, _sums[SlotOf(key, _keys)]);
        }
    }

    private void Grow()
    {
        ulong[] keys = Filled(_keys.Length * 2);
        float[] sums = new float[keys.Length];
        for (int i = 0; i < _keys.Length; i++)
        {
            if (_keys[i] != Empty)
            {
                int slot = SlotOf(_keys[i], keys);
                (keys[slot], sums[slot]) = (_keys[i], _sums[i]);
            }
        }

        (_keys, _sums) = (keys, sums);
    }

    private static int SlotOf(ulong key, ulong[] keys)
    {
        ulong hash = (key ^ (key >> 29)) * 0xBF58476D1CE4E5B9;
        int slot = (int)((hash ^ (hash >> 32)) & (ulong)(keys.Length - 1));
        while (keys[slot] != Empty && keys[slot] != key)
        {
            slot = (slot + 1) & (keys.Length - 1);
        }

        return slot;
    }

    private static ulong[] Filled(int capacity)
    {
        ulong[] keys = new ulong[capacity];
        Array.Fill(keys, Empty);
        return keys;
    }
}
