using Microsoft.Win32.SafeHandles;

namespace Afterimage.Entries;

/// <summary>Content in memory, immutable and shared by all its readers: an array, or a file that is in memory only (<see cref="Kept"/>).</summary>
public sealed class MemoryContent : IStoredContent
{
    public static readonly MemoryContent Empty = new(ReadOnlyMemory<byte>.Empty);

    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly MemoryFile? _file;

    /// <param name="bytes">Must not change any more.</param>
    public MemoryContent(ReadOnlyMemory<byte> bytes) => _bytes = bytes;

    private MemoryContent(MemoryFile file) => _file = file;

    public long Length => _file?.Length ?? _bytes.Length;

    public ReadOnlyMemory<byte>? Body => _file is null ? new ReadOnlyMemory<byte>?(_bytes) : null;

    public (SafeFileHandle Handle, long Offset)? File => _file is null ? null : (_file.Handle, 0);

    /// <summary>The same for who keeps it: where it is large, and the system gives one, a file that goes to a socket without a copy.</summary>
    public MemoryContent Kept() => _file is null && MemoryFile.TryCreate(_bytes.Span) is { } file ? new MemoryContent(file) : this;

    /// <summary>Reads up to <c>destination.Length</c> bytes from <paramref name="offset"/>; 0 at the end.</summary>
    public int Read(long offset, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        int count = (int)Math.Clamp(Length - offset, 0, destination.Length);
        if (count == 0)
        {
            return 0;
        }

        if (_file is not null)
        {
            return RandomAccess.Read(_file.Handle, destination[..count], offset);
        }

        _bytes.Span.Slice((int)offset, count).CopyTo(destination);
        return count;
    }

    public ValueTask<int> ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellationToken) => ValueTask.FromResult(Read(offset, destination.Span));

    /// <summary>Fills <paramref name="destination"/> with the bytes from <paramref name="offset"/> on; there must be as many.</summary>
    public void CopyTo(long offset, Span<byte> destination)
    {
        for (int read; !destination.IsEmpty; offset += read, destination = destination[read..])
        {
            read = Read(offset, destination);
            if (read == 0)
            {
                throw new ArgumentOutOfRangeException(nameof(offset), offset, $"content of {Length} bytes has not that many behind it");
            }
        }
    }
}
