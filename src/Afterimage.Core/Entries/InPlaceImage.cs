namespace Afterimage.Entries;

/// <summary>Reads the image of an in-place entry and checks that it is still the one that was adopted.</summary>
public static class InPlaceImage
{
    /// <summary>
    /// The entry with its image and with hash and length filled in where they were unknown. Null where the image is gone, has changed or is out of reach now: that
    /// is a miss and counted, and the entry stays, for a bucket that is away comes back.
    /// </summary>
    /// <param name="lengthMax">Bytes, where the header does not know the length.</param>
    public static async ValueTask<HotEntry?> ReadAsync(ILocationReader? locations, EntryHeader header, long lengthMax, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte>? read = locations is null
            ? null
            : await locations.ReadAsync(header.Location!, header.Length > 0 ? header.Length : lengthMax, cancellationToken);
        if (read is { } body && (header.Length == 0 || body.Length == header.Length))
        {
            Hash256 hash = Hash256.Of(body.Span);
            if (header.ContentHash == default || header.ContentHash == hash)
            {
                return new HotEntry(header with { ContentHash = hash, Length = body.Length }, body);
            }
        }

        EntryMeters.LocationFaults.Add(1);
        return null;
    }
}
