using Afterimage.Tests.Conformance;
using Afterimage.Vectors;
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
    [InlineData(50, null, "a chain")]
    [InlineData(4000, null, "a list")]
    [InlineData(4000, 7L, "the chain of a seed")]
    [InlineData(4000, null, "a graph", 256)]
    public async Task A_vector_that_is_being_replaced_is_found_by_every_search(int count, long? seed, string where, int graphMin = 20_000)
    {
        await using VectorIndex index = Open(graphMin);
        VectorRecord[] records = [.. Enumerable.Range(0, count).Select(i => Record(i, seed))];
        await index.AddAsync(records, Stop);
        using var over = new CancellationTokenSource();
        Task writer = Task.Run(
            async () =>
            {
                while (!over.IsCancellationRequested)
                {
                    await index.AddAsync([records[0]], Stop);
                }
            },
            Stop);

        int missed = 0;
        for (int i = 0; i < 2000; i++)
        {
            IReadOnlyList<Neighbor> found = await index.SearchAsync(new VectorQuery(Partition, seed, records[0].Vector, 1, 0.99f), Stop);
            missed += found.Count == 1 && found[0].Entry == records[0].Entry ? 0 : 1;
        }

        await over.CancelAsync();
        await writer;
        Assert.True(missed == 0, $"{missed} of 2000 searches of {where} missed it");
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
        new(VectorIndexConformance.Entry(number), Partition, seed, VectorData.Unit(new Random(number), Dimensions));

    private VectorIndex Open(int graphMin) => VectorIndex.Open(
        new VectorIndexOptions { Folder = _folder.Path, SpaceId = "test/replacement", Dimensions = Dimensions, GraphMin = graphMin, SegmentBytes = 1 << 20 });
}
