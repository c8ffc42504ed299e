namespace Afterimage.Entries;

/// <summary>
/// Says roughly how often a key was used lately, in four rows of 4-bit counters that are halved after each sample period. It is the frequency sketch of
/// TinyLFU (Einziger, Friedman, Manes, "TinyLFU: A Highly Efficient Cache Admission Policy", 2017). Thread-safe by tolerance: a lost increment only
/// delays an admission by one use.
/// </summary>
internal sealed class UseSketch
{
    private const int Rows = 4;
    private readonly ulong[] _counters;
    private readonly int _mask;
    private readonly int _samplePeriod;
    private int _samples;

    /// <param name="keys">Keys to tell apart; rounded up to a power of two.</param>
    public UseSketch(int keys)
    {
        // Sixteen 4-bit counters to a word; one word per key keeps four counters a key, so that chance collisions stay rare.
        int words = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(keys / 4, 64, 1 << 22));
        _counters = new ulong[words];
        _mask = words - 1;
        _samplePeriod = words * 16;
    }

    /// <summary>Counts a use and returns how many are known now, this one included, at most 15. Writes nothing for a key that is at 15.</summary>
    public int Use(Hash256 key)
    {
        ulong hash = Mix(key);
        int least = 15;
        bool counted = false;
        for (int row = 0; row < Rows; row++)
        {
            ref ulong word = ref _counters[IndexOf(hash, row)];
            int shift = ShiftOf(hash, row);
            int counter = (int)(word >> shift) & 15;
            if (counter < 15)
            {
                word += 1UL << shift;
                counter++;
                counted = true;
            }

            least = Math.Min(least, counter);
        }

        if (counted && Interlocked.Increment(ref _samples) == _samplePeriod)
        {
            Halve();
        }

        return least;
    }

    /// <summary>Uses known of a key, without counting one.</summary>
    public int Estimate(Hash256 key)
    {
        ulong hash = Mix(key);
        int least = 15;
        for (int row = 0; row < Rows; row++)
        {
            least = Math.Min(least, (int)(_counters[IndexOf(hash, row)] >> ShiftOf(hash, row)) & 15);
        }

        return least;
    }

    private int IndexOf(ulong hash, int row) => (int)((hash >> (row * 12)) ^ (hash >> 40)) & _mask;

    // Each row has a quarter of the word, four counters wide.
    private static int ShiftOf(ulong hash, int row) => (row * 16) + ((int)(hash >> ((row * 4) + 44)) & 3) * 4;

    private void Halve()
    {
        foreach (ref ulong word in _counters.AsSpan())
        {
            word = (word >> 1) & 0x7777_7777_7777_7777;
        }

        Volatile.Write(ref _samples, _samplePeriod / 2);
    }

    private static ulong Mix(Hash256 key)
    {
        // The rows need 64 bits of the (already random) key; GetHashCode has only 32.
        Span<byte> bytes = stackalloc byte[Hash256.Size];
        key.WriteTo(bytes);
        return BitConverter.ToUInt64(bytes);
    }
}
