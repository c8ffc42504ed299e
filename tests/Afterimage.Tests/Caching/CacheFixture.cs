using Afterimage.Caching;
using Afterimage.Configuration;
using Afterimage.Entries;
using Afterimage.Gateway;
using Afterimage.Requests;
using Afterimage.Text;
using Afterimage.Vectors;

namespace Afterimage.Tests.Caching;

/// <summary>The engine without a server, on a folder of its own.</summary>
internal sealed class CacheFixture : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Stack<IAsyncDisposable> _owned = new();
    private readonly ImageCache _cache;

    private CacheFixture(Func<IVectorIndex, IVectorIndex> change)
    {
        var options = new GatewayOptions { Data = _folder.Path, Store = new StoreOptions { Flush = false, FreeDiskBytesMin = 0 } };
        Store = Own(Composition.OpenStore(options, TimeProvider.System));
        ITextEmbedder embedder = Composition.CreateEmbedder(options, TimeProvider.System, new OperatorReports(TimeProvider.System));
        Index = change(Own(Composition.OpenIndex(options, embedder.Space, _owned)));
        var tier = new SemanticTier(
            embedder, Index, Composition.CreatePolicy(options.Semantic, embedder.Space), Store, Own(Composition.OpenLearner(options, TimeProvider.System)),
            Composition.TierOptions(options.Semantic, ResolutionBuckets.Exact), TimeProvider.System);
        Indexing = Own(new IndexQueue(tier, Store));
        _cache = new ImageCache(
            Store, tier, Composition.Admission(options.Admission), Indexing, new DecisionJournal(10, TimeProvider.System), Composition.CacheOptions(options, new BufferBudget(1 << 20)), TimeProvider.System);
    }

    public IEntryStore Store { get; }

    public IVectorIndex Index { get; }

    public IndexQueue Indexing { get; }

    /// <param name="change">Puts something before the index.</param>
    public static CacheFixture Open(Func<IVectorIndex, IVectorIndex>? change = null) => new(change ?? (index => index));

    public Generation Generate(ImageRequest request, RequestPlan plan, Func<CancellationToken, Task<OriginAnswer>> call, out bool leads) => _cache.Generate(request, plan, call, out leads);

    public async ValueTask DisposeAsync()
    {
        while (_owned.TryPop(out IAsyncDisposable? part))
        {
            await part.DisposeAsync();
        }

        _folder.Dispose();
    }

    private T Own<T>(T part)
    {
        _owned.Push(part as IAsyncDisposable ?? new OwnedDisposable((IDisposable)part!));
        return part;
    }
}
