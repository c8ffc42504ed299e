using System.Runtime.CompilerServices;
using Afterimage.Backfill.Sources;

namespace Afterimage.Tests.Backfill;

/// <summary>A bucket in memory.</summary>
internal sealed class MemorySource : IImageSource
{
    private readonly SortedDictionary<string, (byte[] Bytes, Dictionary<string, string> Metadata)> _objects = new(StringComparer.Ordinal);

    /// <summary>Runs before an object is read.</summary>
    public Action<string>? Reading { get; set; }

    /// <summary>Runs before a key is listed.</summary>
    public Action<string>? Listing { get; set; }

    public int Count => _objects.Count;

    public string Name => "memory";

    public bool InPlaceByDefault => false;

    public void Add(string key, byte[] bytes, string? originalUrl = null) => _objects[key] = (bytes, originalUrl is null ? [] : new() { ["originalurl"] = originalUrl });

    public void Remove(string key) => _objects.Remove(key);

    public async IAsyncEnumerable<SourceImage> ListAsync(string? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        foreach ((string key, (byte[] bytes, _)) in _objects)
        {
            if (after is null || string.CompareOrdinal(key, after) > 0)
            {
                Listing?.Invoke(key);
                yield return new SourceImage(key, "memory:" + key, bytes.Length, null);
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
