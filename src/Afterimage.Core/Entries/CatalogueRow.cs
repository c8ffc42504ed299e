namespace Afterimage.Entries;

/// <summary>What the catalogue keeps of an entry: 96 bytes, no objects, whether the entry is ever asked for or not.</summary>
internal struct CatalogueRow
{
    public Hash256 Key;
    public UInt128 Id;

    /// <summary>Order of use: larger is later. Uses of this process count up from 1, what was read back lies below zero.</summary>
    public long Recency;

    /// <summary><see cref="EntryPlace.OwnFile"/>, or the record in a pack.</summary>
    public EntryPlace Place;

    /// <summary>Bytes on disk, at most 1 GiB and a header.</summary>
    public uint Bytes;

    /// <summary>Unix seconds rounded up; 0 for never. The header has the exact moment.</summary>
    public uint ExpiresUnixSeconds;

    /// <summary>Index into the catalogue's table of batches; 0 is live traffic.</summary>
    public int Batch;

    /// <summary>Counts the lives of this slot, so that a stale reference to it is recognised.</summary>
    public uint Generation;

    public bool BodyVerified;
    internal int NextByKey;
    internal int NextById;
    internal bool Taken;

    public readonly bool IsExpired(long nowUnixMs) => ExpiresUnixSeconds != 0 && ExpiresUnixSeconds * 1000L <= nowUnixMs;

    public static uint ExpiresFrom(long expiresUnixMs) =>
        expiresUnixMs <= 0 ? 0 : (uint)Math.Min(uint.MaxValue, (expiresUnixMs + 999) / 1000);
}
