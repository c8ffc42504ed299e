using Microsoft.Win32.SafeHandles;

namespace Afterimage.Entries;

/// <summary>
/// An image that is in memory: header and body, immutable and shared by all its readers.
/// <see cref="Dispose"/> does nothing, so a hit costs no allocation and a forgotten disposal leaks nothing.
/// </summary>
public sealed class HotEntry : OpenEntry
{
    private readonly MemoryContent _content;
    private object? _prepared;

    /// <summary>Neighbours in the tier's queue, towards the newer and the older end. Owned by <see cref="MemoryTier"/> under its lock.</summary>
    internal HotEntry? Newer, Older;

    /// <summary>Set by a hit, cleared when the tier's hand passes.</summary>
    internal bool Visited;

    /// <summary>Set by a hit, cleared when the owner of the disk order asks what was used.</summary>
    internal bool UsedSinceDrain;

    /// <summary>Whether it is in the tier; false once removed, so that a late removal counts its bytes only once.</summary>
    internal bool Resident;

    /// <summary>An image in memory that no tier keeps: what a store hands out when it has just fetched it.</summary>
    public HotEntry(EntryHeader header, ReadOnlyMemory<byte> body)
        : this(header, new MemoryContent(body))
    {
    }

    internal HotEntry(EntryHeader header, MemoryContent content)
    {
        Header = header;
        _content = content;
        ExpiresUtcTicks = header.Expires?.UtcTicks ?? long.MaxValue;
    }

    public override EntryHeader Header { get; }

    public override ReadOnlyMemory<byte>? Body => _content.Body;

    public override (SafeFileHandle Handle, long Offset)? File => _content.File;

    public override long Length => _content.Length;

    /// <summary><see cref="long.MaxValue"/> for never.</summary>
    internal long ExpiresUtcTicks { get; }

    public override object? Prepared
    {
        get => Volatile.Read(ref _prepared);
        set => Volatile.Write(ref _prepared, value);
    }

    public override ValueTask<int> ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        _content.ReadAsync(offset, destination, cancellationToken);

    public override void Dispose()
    {
    }
}
