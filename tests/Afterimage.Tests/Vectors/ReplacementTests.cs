using Afterimage.Tests.Conformance;
using Afterimage.Vectors;
using Afterimage.Vectors.Kernels;
using Xunit;

namespace Afterimage.Tests.Vectors;

/// <summary>An entry that is stored again and again is there all the time, whoever looks and however.</summary>
public sealed class ReplacementTests : IDisposable
{
    private const int Dimensions = 32;

    private static readonly Hash256 Partition = Hash256.Of("p");

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("a chain", 50, 0)]
    [InlineData("a list", 4000, 3999)]
    [InlineData("the chain of a seed", 4000, 0, 7L)]
    [InlineData("a graph", 4096, 0, null, 256)]
    public async Task A_vector_that_is_replaced_while_a_search_is_under_way_is_found_by_it(
        string where, int count, int replaced, long? seed = null, int graphMin = 20_000)
    {
        var kernel = new HookedKernel();
        await using VectorIndex index = Open(graphMin, kernel);
        VectorRecord[] records = [.. Enumerable.Range(0, count).Select(i => Record(i, seed))];
        VectorRecord wanted = records[replaced];
        await index.AddAsync(records, Stop);
        await VectorIndexes.SettledAsync(index);

        // Once the search has begun, the new row comes in behind it and the old one goes out ahead of it. The list of 4,096 is full, so that the new row
        // comes into another one; maintenance, which might take it into the graph in time, is held up.
        using var searched = new ManualResetEventSlim();
        int interferences = 0;
        kernel.Hook = () =>
        {
            if (Thread.CurrentThread.Name == Maintenance.ThreadName)
            {
                searched.Wait(Stop);
            }
            else if (interferences++ == 0)
            {
                index.AddAsync([wanted], Stop).AsTask().Wait(Stop);
            }
        };
        IReadOnlyList<Neighbor> found = await index.SearchAsync(new VectorQuery(Partition, seed, wanted.Vector, 1, 0.99f), Stop);
        searched.Set();

        Assert.True(found.Count == 1 && found[0].Entry == wanted.Entry, $"a search of {where} missed it");
        Assert.True(interferences > 0);
    }

    [Fact]
    public async Task An_enumeration_meets_each_entry_once_while_all_are_being_replaced_and_removed()
    {
        await using VectorIndex index = Open(20_000);
        VectorRecord[] records = [.. Enumerable.Range(0, 3000).Select(i => Record(i, null))];
        await index.AddAsync(records, Stop);

        // Free rows before and between those in use, so that what is replaced can go either way.
        VectorRecord[] passing = [.. Enumerable.Range(10_000, 3000).Select(i => Record(i, null))];
        var random = new Random(4);
        for (int round = 0; round < 20; round++)
        {
            await index.AddAsync(passing, Stop);
            await index.RemoveAsync([.. passing.Where(_ => random.Next(3) > 0).Select(r => r.Entry)], Stop);
            var met = new List<Hash256>();
            await foreach (VectorPlace place in index.EnumerateAsync(Stop))
            {
                met.Add(place.Entry);
                if (met.Count % 64 == 0)
                {
                    await index.AddAsync([.. Enumerable.Range(0, 40).Select(_ => records[random.Next(records.Length)])], Stop);
                    await index.RemoveAsync([.. Enumerable.Range(0, 10).Select(_ => passing[random.Next(passing.Length)].Entry)], Stop);
                }
            }

            Assert.Distinct(met);
            Assert.Subset(met.ToHashSet(), records.Select(r => r.Entry).ToHashSet());
        }
    }

    private static VectorRecord Record(int number, long? seed) =>
        new(VectorIndexes.Entry(number), Partition, seed, VectorData.Unit(new Random(number), Dimensions));

    private VectorIndex Open(int graphMin, DotKernel? kernel = null) => VectorIndex.Open(new VectorIndexOptions
    {
        Folder = _folder.Path,
        SpaceId = "test/replacement",
        Dimensions = Dimensions,
        GraphMin = graphMin,
        SegmentBytesMax = 1 << 20,
        Kernel = kernel ?? DotKernel.Best,
    });
}
