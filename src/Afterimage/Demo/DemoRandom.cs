namespace Afterimage.Demo;

/// <summary>SplitMix64: the same picture for the same prompt and seed on every machine and every runtime.</summary>
internal sealed class DemoRandom(ulong seed)
{
    private ulong _state = seed;

    public static ulong Hash(string text, ulong seed = 0)
    {
        ulong hash = 14695981039346656037UL ^ (seed * 0x9E3779B97F4A7C15UL);
        foreach (char c in text)
        {
            hash = (hash ^ c) * 1099511628211UL;
        }

        return Mix(hash);
    }

    public ulong Next() => Mix(_state += 0x9E3779B97F4A7C15UL);

    /// <summary>0 to 1, 1 excluded.</summary>
    public float Unit() => (Next() >> 40) / (float)(1 << 24);

    public float Between(float low, float high) => low + ((high - low) * Unit());

    public int Below(int bound) => (int)(Next() % (ulong)bound);

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
