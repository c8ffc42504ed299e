using Afterimage.Entries;

namespace Afterimage.Backfill.Sources;

/// <summary>Chooses a reader by the location's scheme; a scheme without reader is a miss.</summary>
public sealed class LocationReaders(IReadOnlyDictionary<string, ILocationReader> byScheme) : ILocationReader
{
    public ValueTask<ReadOnlyMemory<byte>?> ReadAsync(string location, long lengthMax, CancellationToken cancellationToken)
    {
        int colon = location.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && byScheme.TryGetValue(location[..colon], out ILocationReader? reader) ? reader.ReadAsync(location, lengthMax, cancellationToken) : default;
    }
}
