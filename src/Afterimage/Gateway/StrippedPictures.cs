using Afterimage.Diagnostics;
using Afterimage.Entries;
using Afterimage.Images;

namespace Afterimage.Gateway;

/// <summary>Stored pictures without the prompts of those who had them made. Thread-safe.</summary>
internal sealed class StrippedPictures
{
    private readonly RecentCache<Hash256, Hash256> _hashes = new(countMax: 50_000);

    /// <summary>The picture without metadata, and the hash of what is left.</summary>
    public async ValueTask<(ReadOnlyMemory<byte> Body, Hash256 Hash)> OfAsync(OpenEntry entry, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> whole = entry.Body ?? await ReadAllAsync(entry, cancellationToken);
        ReadOnlyMemory<byte> stripped = ImageMetadata.Strip(whole);
        if (stripped.Equals(whole))
        {
            return (stripped, entry.Header.ContentHash);
        }

        // Hashing takes longer than everything else of such a hit, and the same bytes have the same hash each time.
        if (entry.Header.ContentHash == default || !_hashes.TryGet(entry.Header.ContentHash, out Hash256 hash))
        {
            hash = Hash256.Of(stripped.Span);
            _hashes.Set(entry.Header.ContentHash, hash);
        }

        return (stripped, hash);
    }

    private static async ValueTask<ReadOnlyMemory<byte>> ReadAllAsync(OpenEntry entry, CancellationToken cancellationToken)
    {
        byte[] bytes = new byte[entry.Header.Length];
        await ((IStoredContent)entry).ReadExactlyAsync(0, bytes, cancellationToken);
        return bytes;
    }
}
