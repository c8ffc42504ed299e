using Microsoft.Win32.SafeHandles;

namespace Afterimage.Entries;

/// <summary>
/// An image that is in memory: header and body, immutable and shared by all its readers. The body is an array, or a file that is in memory only.
/// <see cref="Dispose"/> does nothing, so a hit costs no allocation and a forgotten disposal leaks nothing.
/// </summary>
public sealed class HotEntry : OpenEntry
{
    private readonly ReadOnlyMemory<byte> _body;
    private readonly MemoryFile? _file;
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
    {
        Header = header;
        _body = body;
        ExpiresUtcTicks = header.Expires?.UtcTicks ?? long.MaxValue;
    }

    /// <summary>An image whose body is a file in memory.</summary>
    internal HotEntry(EntryHeader header, MemoryFile file)
        : this(header, ReadOnlyMemory<byte>.Empty) => _file = file;

    public override EntryHeader Header { get; }

    public override ReadOnlyMemory<byte>? Body => _file is null ? new ReadOnlyMemory<byte>?(_body) : null;

    public override (SafeFileHandle Handle, long Offset)? File => _file is null ? null : (_file.Handle, 0);

    /// <summary>Of the body, in bytes.</summary>
    public int Length => _file?.Length ?? _body.Length;

    /// <summary><see cref="long.MaxValue"/> for never.</summary>
    internal long ExpiresUtcTicks { get; }

    public override object? Prepared
    {
        get => Volatile.Read(ref _prepared);
        set => Volatile.Write(ref _prepared, value);
    }

    public override ValueTask<int> ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        int count = (int)Math.Clamp(Length - offset, 0, destination.Length);
        if (_file is not null)
        {
            return ValueTask.FromResult(count > 0 ? RandomAccess.Read(_file.Handle, destination.Span[..count], offset) : 0);
        }

        if (count > 0)
        {
            _body.Span.Slice((int)offset, count).CopyTo(destination.Span);
        }

        return ValueTask.FromResult(count);
    }

    public override void Dispose()
    {
    }
}
