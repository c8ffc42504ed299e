namespace Afterimage.Entries;

/// <summary>Settings of <see cref="MemoryTier"/>.</summary>
public sealed record MemoryTierOptions
{
    public const long BytesMaxDefault = 256L << 20;
    public const long EntryBytesMaxDefault = 4L << 20;

    /// <summary>Bound on the image bytes kept in memory. 0 turns the tier off. Default 256 MiB.</summary>
    public long BytesMax { get; init; } = BytesMaxDefault;

    /// <summary>Larger images are served from the disk. Default 4 MiB.</summary>
    public long EntryBytesMax { get; init; } = EntryBytesMaxDefault;

    /// <summary>How often an entry must have been asked for, recently, before it is kept in memory, 1 to 15. Default 2: pictures asked for once do not push out popular ones.</summary>
    public int UsesMin { get; init; } = 2;
}
