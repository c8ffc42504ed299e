using Microsoft.Win32.SafeHandles;

namespace Afterimage.Entries;

/// <summary>
/// An entry's open file with its parsed header, shared by readers and by the <see cref="HandleCache"/>. Counted: the handle closes when the last of them
/// lets go, so replacing or deleting the entry never disturbs a reader.
/// </summary>
internal sealed class EntryFile(EntryVolume volume, SafeFileHandle handle, in EntryPreamble preamble, EntryHeader header)
{
    private readonly long _bodyOffset = preamble.BodyOffset;
    private int _holders = 1;

    /// <summary>Set on a hit, cleared when the cache's clock hand passes.</summary>
    public bool Visited;

    public object? Prepared;

    public EntryHeader Header { get; } = header;

    public long BodyLength { get; } = preamble.BodyLength;

    /// <summary>The handle, and where the body begins in it. For holders only.</summary>
    public (SafeFileHandle Handle, long Offset) Part => (handle, _bodyOffset);

    public Hash256 ContentHash { get; } = preamble.ContentHash;

    public long TotalLength { get; } = preamble.TotalLength;

    public long ExpiresUtcTicks { get; } = header.Expires?.UtcTicks ?? long.MaxValue;

    /// <summary>Row of the catalogue that this file belonged to when opened.</summary>
    public CatalogueTicket Ticket { get; set; }

    /// <summary>Takes part in holding the handle open; false where it has closed meanwhile.</summary>
    public bool TryHold()
    {
        int holders = Volatile.Read(ref _holders);
        while (holders > 0)
        {
            int seen = Interlocked.CompareExchange(ref _holders, holders + 1, holders);
            if (seen == holders)
            {
                return true;
            }

            holders = seen;
        }

        return false;
    }

    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
        {
            handle.Dispose();
        }
    }

    /// <summary>Reads body bytes; 0 at the end. A file that ends before its body does is an error, never a short image.</summary>
    public int Read(long offset, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        long left = BodyLength - offset;
        if (left <= 0 || destination.IsEmpty)
        {
            return 0;
        }

        int read = volume.Read(handle, left < destination.Length ? destination[..(int)left] : destination, _bodyOffset + offset);
        return read > 0 ? read : throw new IOException($"entry {Header.Id} ends {left} bytes early");
    }

    /// <summary>Fills the buffer from <paramref name="offset"/> on.</summary>
    public void ReadFully(long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            int read = Read(offset, destination);
            if (read == 0)
            {
                throw new IOException($"entry {Header.Id} has no byte {offset}");
            }

            offset += read;
            destination = destination[read..];
        }
    }
}
