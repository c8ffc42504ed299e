namespace Afterimage.Entries;

/// <summary>Reads the images of in-place entries (<see cref="EntryHeader.Location"/>) from where they are. Thread-safe.</summary>
public interface ILocationReader
{
    /// <summary>
    /// The whole object at <paramref name="location"/>, at most <paramref name="lengthMax"/> bytes. Null where it is gone, larger, not allowed or cannot be
    /// reached now: that is a miss. Throws only for cancellation. The caller keeps the memory, so it must not come from a pool.
    /// </summary>
    ValueTask<ReadOnlyMemory<byte>?> ReadAsync(string location, long lengthMax, CancellationToken cancellationToken);
}
