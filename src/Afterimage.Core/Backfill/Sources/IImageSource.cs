using System.Buffers;

namespace Afterimage.Backfill.Sources;

/// <summary>An object of a source, as its listing tells it.</summary>
/// <param name="Key">Its name within the source: a relative path with slashes, or the object key behind the prefix.</param>
/// <param name="Location">A URI that a location reader understands: <c>file:///...</c> or <c>s3://bucket/key</c>.</param>
/// <param name="Length">Bytes.</param>
public readonly record struct SourceImage(string Key, string Location, long Length, DateTimeOffset? Modified);

/// <summary>An object's bytes and what is stored beside them.</summary>
/// <param name="Metadata">User metadata of the object, names in lower case; empty where the source has none.</param>
public sealed record SourceContent(ReadOnlyMemory<byte> Bytes, IReadOnlyDictionary<string, string> Metadata) : IDisposable
{
    /// <summary>The array of the shared pool that holds the bytes; null where they are in one of their own. Large arrays made anew for every image would keep the
    /// garbage collector busy beside live traffic.</summary>
    internal byte[]? Rented { get; init; }

    /// <summary>Gives the bytes back, once and only where nobody looks at them any more. Optional.</summary>
    public void Dispose()
    {
        if (Rented is { } rented)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}

/// <summary>Why an object could not be read.</summary>
/// <param name="transient">Trying again later may help.</param>
public sealed class SourceException(string message, bool transient, Exception? inner = null) : IOException(message, inner)
{
    public bool IsTransient { get; } = transient;
}

/// <summary>Where images already are. Thread-safe for reading; a listing is used by one caller.</summary>
public interface IImageSource : IAsyncDisposable
{
    /// <summary>What names this source in reports and in the jobs' files: a full path, or <c>s3://bucket/prefix</c>.</summary>
    string Name { get; }

    /// <summary>Whether images are left where they are unless the operator says otherwise.</summary>
    bool InPlaceByDefault { get; }

    /// <summary>Every object that may be an image, in ordinal order of its key, strictly after <paramref name="after"/>. Throws <see cref="SourceException"/>.</summary>
    IAsyncEnumerable<SourceImage> ListAsync(string? after, CancellationToken cancellationToken);

    /// <summary>How many objects <see cref="ListAsync"/> gives from the beginning. Throws <see cref="SourceException"/>.</summary>
    async ValueTask<long> CountAsync(CancellationToken cancellationToken)
    {
        long count = 0;
        await foreach (SourceImage _ in ListAsync(null, cancellationToken))
        {
            count++;
        }

        return count;
    }

    /// <summary>Reads an object whole; null where it is gone. Throws <see cref="SourceException"/>.</summary>
    ValueTask<SourceContent?> ReadAsync(SourceImage image, CancellationToken cancellationToken);

    /// <summary>The text beside an image (<c>name.json</c>, <c>name.txt</c>) that other tools write; null where there is none.</summary>
    ValueTask<string?> ReadSidecarAsync(SourceImage image, CancellationToken cancellationToken);
}
