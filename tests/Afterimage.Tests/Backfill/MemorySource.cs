using System.Runtime.CompilerServices;
using Afterimage.Backfill.Sources;

namespace Afterimage.Tests.Backfill;

/// <summary>A bucket in memory.</summary>
internal sealed class MemorySource : IImageSource
{
    private readonly SortedDictionary<string, (byte[] Bytes, Dictionary<string, string> Metadata, DateTimeOffset Modified)> _objects = new(StringComparer.Ordinal);

    /// <summary>Runs before an object is read.</summary>
    public Action<string>? Reading { get; set; }

    /// <summary>Runs before a key is listed.</summary>
    public Action<string>? Listing { get; set; }

    public int Count => _objects.Count;

    public string Name => "memory";

    public bool InPlaceByDefault => false;

    /// <param name="modified">By default a second after the object that was added before.</param>
    public void Add(string key, byte[] bytes, string? originalUrl = null, DateTimeOffset? modified = null) =>
        _objects[key] = (bytes, originalUrl is null ? [] : new() { ["originalurl"] = originalUrl }, modified ?? DateTimeOffset.UnixEpoch.AddSeconds(_objects.Count));

    public void Remove(string key) => _objects.Remove(key);

    public async IAsyncEnumerable<SourceImage> ListAsync(string? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        foreach ((string key, (byte[] bytes, _, DateTimeOffset modified)) in _objects)
        {
            if (after is null || string.CompareOrdinal(key, after) > 0)
            {
                Listing?.Invoke(key);
                yield return new SourceImage(key, "memory:" + key, bytes.Length, modified);
            }
        }
    }

    public ValueTask<SourceContent?> ReadAsync(SourceImage image, CancellationToken cancellationToken)
    {
        Reading?.Invoke(image.Key);
        return ValueTask.FromResult(_objects.TryGetValue(image.Key, out var found) ? new SourceContent(found.Bytes, found.Metadata) : null);
    }

    public ValueTask<string?> ReadSidecarAsync(SourceImage image, CancellationToken cancellationToken) => default;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
