using Afterimage.Vectors;

namespace Afterimage.Cloud;

/// <summary>An in-process index whose folder goes with it: for partitions of a remote index that are kept here only for speed.</summary>
public sealed class ScratchVectorIndex : IVectorIndex
{
    private readonly VectorIndex _index;
    private readonly string _folder;

    private ScratchVectorIndex(VectorIndex index, string folder)
    {
        _index = index;
        _folder = folder;
    }

    public string SpaceId => _index.SpaceId;

    public int Dimensions => _index.Dimensions;

    /// <param name="parent">Folder for scratch indexes; what an earlier run left in it may be deleted at start.</param>
    public static ScratchVectorIndex Open(string parent, string spaceId, int dimensions)
    {
        string folder = Path.Combine(parent, Guid.NewGuid().ToString("N"));
        return new ScratchVectorIndex(
            VectorIndex.Open(new VectorIndexOptions { Folder = folder, SpaceId = spaceId, Dimensions = dimensions, FlushInterval = TimeSpan.FromHours(1) }), folder);
    }

    public ValueTask AddAsync(IReadOnlyList<VectorRecord> records, CancellationToken cancellationToken) => _index.AddAsync(records, cancellationToken);

    public ValueTask<int> RemoveAsync(IReadOnlyList<Hash256> entries, CancellationToken cancellationToken) => _index.RemoveAsync(entries, cancellationToken);

    public ValueTask<IReadOnlyList<Neighbor>> SearchAsync(VectorQuery query, CancellationToken cancellationToken) => _index.SearchAsync(query, cancellationToken);

    public ValueTask<long> CountAsync(Hash256? partition, CancellationToken cancellationToken) => _index.CountAsync(partition, cancellationToken);

    public IAsyncEnumerable<VectorPlace> EnumerateAsync(CancellationToken cancellationToken) => _index.EnumerateAsync(cancellationToken);

    public ValueTask FlushAsync(CancellationToken cancellationToken) => _index.FlushAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _index.DisposeAsync();
        try
        {
            Directory.Delete(_folder, recursive: true);
        }
        catch (IOException)
        {
            // Left for the next start to clear.
        }
    }
}
