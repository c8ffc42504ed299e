using Microsoft.Win32.SafeHandles;

namespace Afterimage.Entries;

/// <summary>Bytes that are kept, in one of the forms in which they can be sent: an array, a file that stays open, or whatever <see cref="ReadAsync"/> gives.</summary>
public interface IStoredContent
{
    /// <summary>In bytes.</summary>
    long Length { get; }

    /// <summary>The whole where it is in memory already; otherwise null.</summary>
    ReadOnlyMemory<byte>? Body { get; }

    /// <summary>Where it begins in a file that stays open as long as this is in use; null where it is not in a local file.</summary>
    (SafeFileHandle Handle, long Offset)? File { get; }

    /// <summary>Reads up to <c>destination.Length</c> bytes from <paramref name="offset"/>; 0 at the end. Throws <see cref="IOException"/> where that fails in the middle.</summary>
    ValueTask<int> ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellationToken);

    /// <summary>Fills <paramref name="destination"/> with the bytes from <paramref name="offset"/> on. Throws <see cref="IOException"/> where there are not as many.</summary>
    async ValueTask ReadExactlyAsync(long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        for (int read; !destination.IsEmpty; offset += read, destination = destination[read..])
        {
            read = await ReadAsync(offset, destination, cancellationToken);
            if (read == 0)
            {
                throw new IOException($"content of {Length} bytes ended before byte {offset + destination.Length}");
            }
        }
    }
}
