namespace Afterimage.Entries;

/// <summary>When written bytes are forced to the disk.</summary>
public enum FlushPolicy
{
    /// <summary>The operating system decides: a power cut may lose the last half minute of entries; damaged ones are recognised and set aside.</summary>
    Never,

    /// <summary>An entry's bytes are on the disk before it appears under its name (default). A power cut may lose what was stored in the file system's last commit interval (5 s on ext4), whole entries only.</summary>
    BeforePublish,
}

/// <summary>Settings of <see cref="FileEntryStore"/>.</summary>
public sealed record FileEntryStoreOptions
{
    public const long BytesMaxDefault = 20L << 30;
    public const long FreeDiskBytesMinDefault = 1L << 30;
    public const long EntryBytesMaxDefault = 64L << 20;
    public const int OpenFilesMaxDefault = 1024;

    /// <summary>The store's own folder; created where absent.</summary>
    public required string Folder { get; init; }

    /// <summary>Bound on the bytes of all entries, headers included; the least recently used leave first. 0 for none. Default 20 GiB.</summary>
    public long BytesMax { get; init; } = BytesMaxDefault;

    /// <summary>Entries are evicted, and finally refused, rather than leave less free space than this on the volume. 0 for none. Default 1 GiB.</summary>
    public long FreeDiskBytesMin { get; init; } = FreeDiskBytesMinDefault;

    /// <summary>Bound on the number of entries. 0 for none (default).</summary>
    public long EntriesMax { get; init; }

    /// <summary>Larger entries are refused with <see cref="PutOutcome.TooLarge"/>. At most 1 GiB. Default 64 MiB.</summary>
    public long EntryBytesMax { get; init; } = EntryBytesMaxDefault;

    /// <summary>Open files kept for repeated hits, 0 to 65,536. Default 1,024: each holds one file descriptor and a parsed header.</summary>
    public int OpenFilesMax { get; init; } = OpenFilesMaxDefault;

    /// <summary>Default <see cref="FlushPolicy.BeforePublish"/>.</summary>
    public FlushPolicy Flush { get; init; } = FlushPolicy.BeforePublish;

    /// <summary>Entries written at the same time, 1 to 64. Default 4.</summary>
    public int WritersMax { get; init; } = 4;

    /// <summary>How often expired entries are looked for. Default one minute.</summary>
    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How often the order of use is saved, for eviction after a restart. Default one hour.</summary>
    public TimeSpan RecencyInterval { get; init; } = TimeSpan.FromHours(1);

    public MemoryTierOptions Memory { get; init; } = new();
}
