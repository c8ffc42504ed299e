using Afterimage.Tests.Vectors;
using Afterimage.Vectors;
using Xunit;
using static Afterimage.Tests.Conformance.VectorIndexes;

namespace Afterimage.Tests.Conformance;

/// <summary>
/// What every <see cref="IVectorIndex"/> promises. A provider derives from this class and says how to open one; each test opens an index of
/// its own with a space id that no other test uses, so that one database can serve them all.
/// </summary>
public abstract partial class VectorIndexConformance
{
    private const int Dimensions = 48;

    private static readonly Hash256 PartitionA = Hash256.Of("partition a");
    private static readonly Hash256 PartitionB = Hash256.Of("partition b");

    /// <summary>Opens an empty index for a space that nobody used before.</summary>
    protected abstract ValueTask<IVectorIndex> OpenAsync(string spaceId, int dimensions);

    /// <summary>How far a similarity may be from the float64 cosine of what was added: storage is float16 or better.</summary>
    protected virtual float Tolerance => 2e-3f;

    /// <summary>Rounds of random operations compared with <see cref="ScanIndex"/>; slow providers lower it.</summary>
    protected virtual int Rounds => 40;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_empty_index_finds_and_counts_nothing()
    {
        await using IVectorIndex index = await OpenAsync();

        Assert.Empty(await index.SearchAsync(new VectorQuery(PartitionA, null, Direction(1), 5, -1), Stop));
        Assert.Equal(0, await index.CountAsync(null, Stop));
        Assert.Equal(0, await index.CountAsync(PartitionA, Stop));
        Assert.Empty(await PlacesAsync(index));
        await index.FlushAsync(Stop);
    }

    [Fact]
    public async Task An_index_says_what_it_was_opened_for()
    {
        string space = NewSpace();
        await using IVectorIndex index = await OpenAsync(space, Dimensions);

        Assert.Equal(space, index.SpaceId);
        Assert.Equal(Dimensions, index.Dimensions);
    }

    [Fact]
    public async Task A_vector_is_found_as_soon_as_it_was_added()
    {
        await using IVectorIndex index = await OpenAsync();
        for (int i = 0; i < 20; i++)
        {
            await index.AddAsync([Record(i, PartitionA)], Stop);

            Neighbor found = Assert.Single(await index.SearchAsync(new VectorQuery(PartitionA, null, Direction(i), 1, 0.99f), Stop));
            Assert.Equal(Entry(i), found.Entry);
            Assert.InRange(found.Similarity, 1 - Tolerance, 1 + Tolerance);
        }
    }

    [Fact]
    public async Task Similarity_is_the_cosine()
    {
        await using IVectorIndex index = await OpenAsync();
        await index.AddAsync([Record(0, PartitionA, vector: Axis(0)), Record(1, PartitionA, vector: Axis(1))], Stop);
        float[] query = Axis(0);
        query[0] = 0.6f;
        query[1] = 0.8f;

        IReadOnlyList<Neighbor> found = await index.SearchAsync(new VectorQuery(PartitionA, null, query, 10, -1), Stop);

        Assert.Equal([Entry(1), Entry(0)], found.Select(n => n.Entry));
        Assert.Equal(0.8f, found[0].Similarity, Tolerance);
        Assert.Equal(0.6f, found[1].Similarity, Tolerance);
    }

    [Fact]
    public async Task Nearly_opposite_vectors_are_found_only_by_a_floor_below_them()
    {
        await using IVectorIndex index = await OpenAsync();
        await index.AddAsync([Record(0, PartitionA, vector: Blend(-0.98f))], Stop);

        Neighbor found = Assert.Single(await index.SearchAsync(new VectorQuery(PartitionA, null, Axis(0), 1, -1), Stop));
        Assert.Equal(-0.98f, found.Similarity, Tolerance);
        Assert.Empty(await index.SearchAsync(new VectorQuery(PartitionA, null, Axis(0), 1, -0.9f), Stop));
    }

    [Fact]
    public async Task Neighbours_come_nearest_first_and_never_more_than_asked_for()
    {
        await using IVectorIndex index = await OpenAsync();
        await index.AddAsync([.. Enumerable.Range(0, 50).Select(i => Record(i, PartitionA, vector: Near(0, i / 50f)))], Stop);

        foreach (int count in new[] { 1, 7, 50 })
        {
            IReadOnlyList<Neighbor> found = await index.SearchAsync(new VectorQuery(PartitionA, null, Direction(0), count, -1), Stop);

            Assert.Equal(count, found.Count);
            Assert.Equal(Entry(0), found[0].Entry);
            Assert.Equal(found.OrderByDescending(n => n.Similarity).Select(n => n.Similarity), found.Select(n => n.Similarity));
            Assert.Distinct(found.Select(n => n.Entry));
        }
    }

    [Fact]
    public async Task Neighbours_below_the_floor_are_left_out()
    {
        await using IVectorIndex index = await OpenAsync();
        await index.AddAsync([Record(0, PartitionA, vector: Blend(0.95f)), Record(1, PartitionA, vector: Blend(0.80f))], Stop);

        Assert.Equal([Entry(0)], (await index.SearchAsync(new VectorQuery(PartitionA, null, Axis(0), 10, 0.9f), Stop)).Select(n => n.Entry));
        Assert.Equal([Entry(0), Entry(1)], (await index.SearchAsync(new VectorQuery(PartitionA, null, Axis(0), 10, 0.75f), Stop)).Select(n => n.Entry));
        Assert.Empty(await index.SearchAsync(new VectorQuery(PartitionA, null, Axis(0), 10, 0.97f), Stop));
    }

    [Fact]
    public async Task Another_partition_is_never_seen()
    {
        await using IVectorIndex index = await OpenAsync();
        await index.AddAsync([Record(1, PartitionA, vector: Direction(1)), Record(2, PartitionB, vector: Direction(1))], Stop);

        Assert.Equal([Entry(1)], (await index.SearchAsync(new VectorQuery(PartitionA, null, Direction(1), 10, -1), Stop)).Select(n => n.Entry));
        Assert.Equal([Entry(2)], (await index.SearchAsync(new VectorQuery(PartitionB, null, Direction(1), 10, -1), Stop)).Select(n => n.Entry));
        Assert.Empty(await index.SearchAsync(new VectorQuery(Hash256.Of("nobody"), null, Direction(1), 10, -1), Stop));
    }

    [Fact]
    public async Task Another_space_is_never_seen()
    {
        await using IVectorIndex one = await OpenAsync();
        await using IVectorIndex other = await OpenAsync();
        await one.AddAsync([Record(1, PartitionA)], Stop);
        await other.AddAsync([Record(2, PartitionA)], Stop);

        Assert.Equal([Entry(1)], (await one.SearchAsync(new VectorQuery(PartitionA, null, Direction(1), 10, -1), Stop)).Select(n => n.Entry));
        Assert.Equal(0, await other.RemoveAsync([Entry(1)], Stop));
        Assert.Equal(1, await one.CountAsync(null, Stop));
        Assert.Equal([Entry(2)], (await PlacesAsync(other)).Select(p => p.Entry));
    }

    [Fact]
    public async Task An_explicit_seed_sees_only_that_seed_and_no_seed_sees_all()
    {
        await using IVectorIndex index = await OpenAsync();
        long?[] seeds = [null, 0, 1, 7, 7, -1, long.MaxValue, long.MinValue];
        await index.AddAsync([.. seeds.Select((seed, i) => Record(i, PartitionA, seed, Direction(3)))], Stop);

        foreach (long seed in seeds.OfType<long>().Append(99))
        {
            IReadOnlyList<Neighbor> found = await index.SearchAsync(new VectorQuery(PartitionA, seed, Direction(3), 50, -1), Stop);
            Assert.Equal(
                seeds.Index().Where(s => s.Item == seed).Select(s => Entry(s.Index)).Order(),
                found.Select(n => n.Entry).Order());
        }

        Assert.Equal(seeds.Length, (await index.SearchAsync(new VectorQuery(PartitionA, null, Direction(3), 50, -1), Stop)).Count);
    }

    [Fact]
    public async Task The_last_of_equal_entries_in_one_batch_counts()
    {
        await using IVectorIndex index = await OpenAsync();
        await index.AddAsync([Record(1, PartitionA, vector: Direction(1)), Record(2, PartitionA), Record(1, PartitionA, vector: Direction(5))], Stop);

        Assert.Equal(2, await index.CountAsync(PartitionA, Stop));
        Neighbor found = Assert.Single(await index.SearchAsync(new VectorQuery(PartitionA, null, Direction(5), 1, 0.99f), Stop));
        Assert.Equal(Entry(1), found.Entry);
    }

    [Fact]
    public async Task The_zero_vector_is_like_nothing()
    {
        await using IVectorIndex index = await OpenAsync();
        await index.AddAsync([Record(1, PartitionA, vector: new float[Dimensions]), Record(2, PartitionA)], Stop);

        Assert.Equal([Entry(2)], (await index.SearchAsync(new VectorQuery(PartitionA, null, Direction(2), 10, 0.5f), Stop)).Select(n => n.Entry));
        Assert.Empty(await index.SearchAsync(new VectorQuery(PartitionA, null, new float[Dimensions], 10, 0.01f), Stop));
    }

    [Fact]
    public async Task Many_equal_vectors_are_all_found()
    {
        await using IVectorIndex index = await OpenAsync();
        await index.AddAsync([.. Enumerable.Range(0, 300).Select(i => Record(i, PartitionA, i % 10, Direction(1)))], Stop);

        Assert.Equal(100, (await index.SearchAsync(new VectorQuery(PartitionA, null, Direction(1), 100, 0.99f), Stop)).DistinctBy(n => n.Entry).Count());
        Assert.Equal(30, (await index.SearchAsync(new VectorQuery(PartitionA, 4, Direction(1), 100, 0.99f), Stop)).DistinctBy(n => n.Entry).Count());
    }

    private static string NewSpace() => $"conformance/{Guid.NewGuid():N}";

    private ValueTask<IVectorIndex> OpenAsync() => OpenAsync(NewSpace(), Dimensions);

    private static VectorRecord Record(int number, Hash256 partition, long? seed = null, float[]? vector = null) =>
        new(Entry(number), partition, seed, vector ?? Direction(number));

    private static float[] Direction(int number) => VectorData.Unit(new Random(number), Dimensions);

    /// <summary>A unit vector that differs from <see cref="Direction"/> of the same number by noise of about the given norm.</summary>
    private static float[] Near(int number, float noise) =>
        VectorData.Near(new Random((number * 1_000_003) + (int)(noise * 1_000_000)), Direction(number), noise);

    private static float[] Axis(int axis) => VectorData.Axis(Dimensions, axis);

    /// <summary>A unit vector with the given cosine to the first axis.</summary>
    private static float[] Blend(float cosine)
    {
        float[] vector = Axis(0);
        vector[0] = cosine;
        vector[1] = MathF.Sqrt(1 - (cosine * cosine));
        return vector;
    }
}
