namespace Afterimage.Entries;

/// <summary>Where an entry's bytes begin: a file of its own, or an offset in a numbered pack.</summary>
internal readonly record struct EntryPlace(long Value)
{
    private const int OffsetBits = 32;

    public static EntryPlace OwnFile => new(-1);

    public static EntryPlace InPack(int pack, long offset) => new(((long)pack << OffsetBits) | (uint)offset);

    public bool IsPacked => Value >= 0;

    public int Pack => (int)(Value >> OffsetBits);

    public long Offset => (uint)Value;
}
