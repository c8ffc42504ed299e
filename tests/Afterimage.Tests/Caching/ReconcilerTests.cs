using Afterimage.Caching;
using Afterimage.Configuration;
using Afterimage.Entries;
using Afterimage.Gateway;
using Afterimage.Requests;
using Afterimage.Tests.Conformance;
using Afterimage.Tests.Entries;
using Afterimage.Tests.Vectors;
using Afterimage.Text;
using Afterimage.Vectors;
using Afterimage.Vectors.Storage;
using Xunit;

namespace Afterimage.Tests.Caching;

/// <summary>The index is derived: whichever way it drifted from the entries, a reconcile brings it back to them.</summary>
public sealed class ReconcilerTests : IDisposable
{
    // More than the reconciler adds at once.
    private const int Entries = 600;

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private GatewayOptions Options => new() { Data = _folder.Path, Store = new StoreOptions { Flush = false, FreeDiskBytesMin = 0 } };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Entries_without_a_vector_get_one_and_vectors_without_an_entry_go()
    {
        await using IEntryStore store = Composition.OpenStore(Options, TimeProvider.System);
        ITextEmbedder embedder = Composition.CreateEmbedder(Options, TimeProvider.System, new OperatorReports(TimeProvider.System));
        await using IVectorIndex index = Open(embedder);
        SemanticTier tier = TierOf(store, embedder, index);
        await FillAsync(store, tier, isIndexed: i => i % 2 == 0);

        // The other way round: entries that went while nobody told the index, and a vector of an entry that never came to be.
        Hash256[] gone = [.. Enumerable.Range(0, 20).Select(i => HeaderOf(i).Key)];
        foreach (Hash256 key in gone)
        {
            await store.DeleteAsync(key, Stop);
        }

        await index.AddAsync([new VectorRecord(VectorIndexes.Entry(1), Hash256.Of("p"), 1, VectorData.Unit(new Random(1), index.Dimensions))], Stop);

        ReconcileReport report = await Reconciler.RunAsync(store, tier, Stop);

        Assert.Equal(new ReconcileReport(Entries - 20, (Entries - 20) / 2, 11), report);
        await AgreeAsync(index, [.. Enumerable.Range(20, Entries - 20)]);
        SemanticLookup found = await tier.FindAsync(HeaderOf(33).Request, SeedRule.Strict, null, Stop);
        Assert.Equal(HeaderOf(33).Key, found.Best?.Entry.Key);
        Assert.Equal(new ReconcileReport(Entries - 20, 0, 0), await Reconciler.RunAsync(store, tier, Stop));
    }

    [Fact]
    public async Task What_the_disk_damaged_or_lost_of_the_index_comes_back()
    {
        await using IEntryStore store = Composition.OpenStore(Options, TimeProvider.System);
        ITextEmbedder embedder = Composition.CreateEmbedder(Options, TimeProvider.System, new OperatorReports(TimeProvider.System));
        await using (IVectorIndex index = Open(embedder))
        {
            await FillAsync(store, TierOf(store, embedder, index), isIndexed: _ => true);
        }

        string folder = VectorIndex.FolderOf(Path.Combine(_folder.Path, "index"), embedder.Space.Id);
        string log = Directory.GetFiles(folder, "segment-*").Single();
        byte[] bytes = await File.ReadAllBytesAsync(log, Stop);
        int record = LogRecord.AddLength(embedder.Space.Dimensions);
        await File.WriteAllBytesAsync(log, bytes[..(LogSegment.HeaderLength + (record * 100) + 70)], Stop);
        await using (IVectorIndex index = Open(embedder))
        {
            Assert.Equal(new ReconcileReport(Entries, Entries - 100, 0), await Reconciler.RunAsync(store, TierOf(store, embedder, index), Stop));
            await AgreeAsync(index, [.. Enumerable.Range(0, Entries)]);
        }

        Directory.Delete(folder, recursive: true);
        await using IVectorIndex empty = Open(embedder);
        Assert.Equal(new ReconcileReport(Entries, Entries, 0), await Reconciler.RunAsync(store, TierOf(store, embedder, empty), Stop));
        await AgreeAsync(empty, [.. Enumerable.Range(0, Entries)]);
    }

    private static EntryHeader HeaderOf(int number) => TestEntries.Header(number, TestEntries.Body(number, 100), $"a red bicycle at house number {number}");

    private static async Task FillAsync(IEntryStore store, SemanticTier tier, Func<int, bool> isIndexed)
    {
        for (int i = 0; i < Entries; i++)
        {
            EntryHeader header = HeaderOf(i);
            Assert.Equal(PutOutcome.Stored, await store.PutAsync(header, TestEntries.Body(i, 100), Stop));
            if (isIndexed(i))
            {
                await tier.Index.AddAsync([(await tier.RecordOfAsync(header, null, Stop))!.Value], Stop);
            }
        }
    }

    private static async Task AgreeAsync(IVectorIndex index, int[] numbers) => Assert.Equal(
        numbers.Select(i => HeaderOf(i).Key).Order(),
        (await VectorIndexes.PlacesAsync(index)).Select(p => p.Entry).Order());

    private IVectorIndex Open(ITextEmbedder embedder) => Composition.OpenIndex(Options, embedder.Space, new Stack<IAsyncDisposable>());

    private SemanticTier TierOf(IEntryStore store, ITextEmbedder embedder, IVectorIndex index) => new(
        embedder,
        index,
        Composition.CreatePolicy(Options.Semantic, embedder.Space),
        store,
        Composition.OpenLearner(Options, TimeProvider.System),
        Composition.TierOptions(Options.Semantic, ResolutionBuckets.Exact),
        TimeProvider.System);
}
