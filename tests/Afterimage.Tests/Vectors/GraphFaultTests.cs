using Afterimage.Tests.Conformance;
using Afterimage.Vectors;
using Afterimage.Vectors.Graphs;
using Afterimage.Vectors.Kernels;
using Afterimage.Vectors.Storage;
using Xunit;

namespace Afterimage.Tests.Vectors;

/// <summary>Graphs where something went wrong: with the log they belong to, with the program that builds them, with data that is nearly the same everywhere.</summary>
public sealed class GraphFaultTests : IDisposable
{
    private const int Dimensions = 64;
    private const string Space = "test/graph-faults";
    private const string Defect = "a defect on purpose";

    // What 8-bit codes of so few dimensions can say of a similarity near 1.
    private const float CodeResolution = 2e-3f;

    private static readonly Hash256 Partition = Hash256.Of("p");

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Inner => VectorIndex.FolderOf(_folder.Path, Space);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_graph_file_that_knows_a_vector_the_log_lost_is_not_believed_about_the_next_one()
    {
        VectorRecord[] records = [.. Enumerable.Range(0, 600).Select(i => Record(i, VectorData.Unit(new Random(i), Dimensions)))];
        await using (VectorIndex index = Open())
        {
            await index.AddAsync(records, Stop);
            await VectorIndexes.SettledAsync(index);
        }

        // The machine dies before the last vector is flushed, but after the graph that has it was saved.
        string segment = Directory.GetFiles(Inner, "segment-*").Single();
        byte[] log = await File.ReadAllBytesAsync(segment, Stop);
        byte[] graph = await File.ReadAllBytesAsync(GraphFile.PathOf(Inner, Partition), Stop);
        await File.WriteAllBytesAsync(segment, log[..^LogRecord.AddLength(Dimensions)], Stop);

        VectorRecord next = Record(9000, [.. records[^1].Vector.ToArray().Select(x => -x)]);
        await using (VectorIndex index = Open())
        {
            Assert.Equal(599, await index.CountAsync(null, Stop));
            await index.AddAsync([next], Stop);
            await VectorIndexes.SettledAsync(index);
        }

        // It dies again before the graph is saved: the old file is what the next start finds.
        await File.WriteAllBytesAsync(GraphFile.PathOf(Inner, Partition), graph, Stop);
        await using VectorIndex again = Open();
        Neighbor found = Assert.Single(await again.SearchAsync(new VectorQuery(Partition, null, next.Vector, 1, 0.9f), Stop));
        Assert.Equal(next.Entry, found.Entry);
    }

    [Fact]
    public async Task A_defect_in_building_costs_the_graph_and_nothing_else()
    {
        await using VectorIndex index = Open(new HookedKernel { Hook = FailInMaintenance });
        VectorRecord[] records = [.. Enumerable.Range(0, 600).Select(i => Record(i, VectorData.Unit(new Random(i), Dimensions)))];
        await index.AddAsync(records, Stop);
        await VectorIndexes.SettledAsync(index);

        Assert.Contains(Defect, index.Status.Fault);
        Assert.Equal(0, index.Status.Pending);
        await index.AddAsync([Record(700, VectorData.Axis(Dimensions, 3))], Stop);
        foreach (VectorRecord record in records)
        {
            Assert.Equal(record.Entry, Assert.Single(await index.SearchAsync(new VectorQuery(Partition, null, record.Vector, 1, 0.99f), Stop)).Entry);
        }
    }

    [Theory]
    [InlineData(10, 400, 0.02f)]
    [InlineData(40, 100, 0.003f)]
    [InlineData(1, 4000, 0.05f)]
    [InlineData(1, 4000, 1e-4f, true)]
    [InlineData(80, 50, 1e-2f, true)]
    [InlineData(80, 50, 1e-3f, true)]
    [InlineData(80, 50, 1e-4f, true)]
    [InlineData(200, 50, 0.1f, true)]
    [InlineData(200, 50, 0.15f, true)]
    [InlineData(200, 50, 0.2f, true)]
    public async Task Heavy_near_duplicates_do_not_break_recall(int clusters, int size, float noise, bool inOrder = false)
    {
        var random = new Random(clusters);
        await using VectorIndex index = Open();
        await using var oracle = new ScanIndex(Space, Dimensions);
        float[][] centres = [.. Enumerable.Range(0, clusters).Select(_ => VectorData.Unit(random, Dimensions))];
        VectorRecord[] near = [.. Enumerable.Range(0, clusters * size).Select(i => Record(i, VectorData.Near(random, centres[i / size], noise)))];
        VectorRecord[] single = [.. Enumerable.Range(50_000, 400).Select(i => Record(i, VectorData.Unit(random, Dimensions)))];
        VectorRecord[] all = [.. near, .. single];
        if (!inOrder)
        {
            random.Shuffle(all);
        }

        await index.AddAsync(all, Stop);
        await oracle.AddAsync(all, Stop);
        await VectorIndexes.SettledAsync(index);

        int right = 0, asked = 0;
        foreach (VectorRecord record in near.Where((_, i) => i % (near.Length / 200) == 0).Concat(single))
        {
            var query = new VectorQuery(Partition, null, VectorData.Near(random, record.Vector.ToArray(), noise), 1, 0.85f);
            Neighbor expected = (await oracle.SearchAsync(query, Stop))[0];
            IReadOnlyList<Neighbor> found = await index.SearchAsync(query, Stop);
            asked++;

            // Among thousands that the codes cannot tell apart, one near-duplicate is as right as another.
            right += found.Count == 1 && found[0].Similarity >= expected.Similarity - CodeResolution ? 1 : 0;
        }

        Assert.True(right >= 0.99 * asked, $"{right} of {asked} found");
    }

    [Fact]
    public async Task A_node_that_waits_for_a_search_before_it_is_released_is_not_linked_again_by_the_next_repair()
    {
        var kernel = new HookedKernel();
        await using VectorIndex index = Open(kernel);
        VectorRecord[] records = [.. Enumerable.Range(0, 1000).Select(i => Record(i, VectorData.Unit(new Random(i), Dimensions)))];
        await index.AddAsync(records, Stop);
        await VectorIndexes.SettledAsync(index);

        // A search that has begun and does not end.
        using var begun = new ManualResetEventSlim();
        using var ending = new ManualResetEventSlim();
        kernel.Hook = () =>
        {
            if (Thread.CurrentThread.Name != Maintenance.ThreadName)
            {
                begun.Set();
                ending.Wait(Stop);
            }
        };
        Task search = Task.Run(async () => await index.SearchAsync(new VectorQuery(Partition, null, records[0].Vector, 1, 0.9f), Stop), Stop);
        begun.Wait(Stop);

        // Two repairs beside it. What the first took out is still there, nowhere linked, when the second looks.
        await index.RemoveAsync([.. records[..200].Select(r => r.Entry)], Stop);
        await VectorIndexes.SettledAsync(index);
        await index.RemoveAsync([.. records[200..400].Select(r => r.Entry)], Stop);
        await VectorIndexes.SettledAsync(index);
        kernel.Hook = null;
        ending.Set();
        await search;

        // Now it is released, and its numbers are given to others.
        await index.AddAsync([.. Enumerable.Range(2000, 10).Select(i => Record(i, VectorData.Unit(new Random(i), Dimensions)))], Stop);
        await VectorIndexes.SettledAsync(index);
        foreach (VectorRecord record in records[400..])
        {
            Assert.Equal(record.Entry, Assert.Single(await index.SearchAsync(new VectorQuery(Partition, null, record.Vector, 1, 0.99f), Stop)).Entry);
        }

        Assert.Null(index.Status.Fault);
    }

    private static VectorRecord Record(int number, float[] vector) => new(VectorIndexes.Entry(number), Partition, null, vector);

    private VectorIndex Open(DotKernel? kernel = null) => VectorIndex.Open(new VectorIndexOptions
    {
        Folder = _folder.Path,
        SpaceId = Space,
        Dimensions = Dimensions,
        GraphMin = 256,
        Kernel = kernel ?? DotKernel.Best,
    });

    private static void FailInMaintenance()
    {
        if (Thread.CurrentThread.Name == Maintenance.ThreadName)
        {
            throw new InvalidOperationException(Defect);
        }
    }
}
