using Afterimage.Vectors;
using Xunit;

namespace Afterimage.Tests.Conformance;

/// <summary>
/// What every <see cref="IVectorIndex"/> promises. A provider derives from this class and says how to open one; each test opens an index of
/// its own with a space id that no other test uses, so that one database can serve them all.
/// </summary>
public abstract class VectorIndexConformance
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
    public async Task Adding_an_entry_again_replaces_its_vector_and_its_place()
    {
        await using IVectorIndex index = await OpenAsync();
        await index.AddAsync([Record(1, PartitionA, 5, Direction(1))], Stop);
        await index.AddAsync([Record(1, PartitionB, 6, Direction(2))], Stop);

        Assert.Empty(await index.SearchAsync(new VectorQuery(PartitionA, null, Direction(1), 10, -1), Stop));
        Neighbor found = Assert.Single(await index.SearchAsync(new VectorQuery(PartitionB, 6, Direction(2), 10, -1), Stop));
        Assert.Equal(1, found.Similarity, Tolerance);
        Assert.Empty(await index.SearchAsync(new VectorQuery(PartitionB, 5, Direction(2), 10, -1), Stop));
        Assert.Equal(1, await index.CountAsync(null, Stop));
        Assert.Equal(0, await index.CountAsync(PartitionA, Stop));
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
    public async Task A_removed_entry_is_gone_and_unknown_ones_are_ignored()
    {
        await using IVectorIndex index = await OpenAsync();
        await index.AddAsync([Record(1, PartitionA), Record(2, PartitionA), Record(3, PartitionB)], Stop);

        Assert.Equal(2, await index.RemoveAsync([Entry(1), Entry(99), Entry(3), Entry(1)], Stop));

        Assert.Equal([Entry(2)], (await index.SearchAsync(new VectorQuery(PartitionA, null, Direction(1), 10, -1), Stop)).Select(n => n.Entry));
        Assert.Empty(await index.SearchAsync(new VectorQuery(PartitionB, null, Direction(3), 10, -1), Stop));
        Assert.Equal(0, await index.RemoveAsync([Entry(1)], Stop));
        Assert.Equal(1, await index.CountAsync(null, Stop));
    }

    [Fact]
    public async Task A_removed_entry_can_come_back()
    {
        await using IVectorIndex index = await OpenAsync();
        for (int round = 0; round < 3; round++)
        {
            await index.AddAsync([Record(1, PartitionA, vector: Direction(round))], Stop);
            Neighbor found = Assert.Single(await index.SearchAsync(new VectorQuery(PartitionA, null, Direction(round), 10, -1), Stop));
            Assert.Equal(1, found.Similarity, Tolerance);
            Assert.Equal(1, await index.RemoveAsync([Entry(1)], Stop));
        }

        Assert.Equal(0, await index.CountAsync(null, Stop));
    }

    [Fact]
    public async Task Empty_batches_do_nothing()
    {
        await using IVectorIndex index = await OpenAsync();
        await index.AddAsync([], Stop);
        Assert.Equal(0, await index.RemoveAsync([], Stop));
        Assert.Equal(0, await index.CountAsync(null, Stop));
    }

    [Fact]
    public async Task Counts_follow_adds_and_removes()
    {
        await using IVectorIndex index = await OpenAsync();
        await index.AddAsync([.. Enumerable.Range(0, 30).Select(i => Record(i, i % 3 == 0 ? PartitionA : PartitionB))], Stop);
        await index.RemoveAsync([Entry(0), Entry(1)], Stop);

        Assert.Equal(28, await index.CountAsync(null, Stop));
        Assert.Equal(9, await index.CountAsync(PartitionA, Stop));
        Assert.Equal(19, await index.CountAsync(PartitionB, Stop));
    }

    [Fact]
    public async Task Enumeration_tells_every_place()
    {
        await using IVectorIndex index = await OpenAsync();
        Guid batch = Guid.Parse("11111111-2222-3333-4444-555555555555");
        VectorRecord[] records =
        [
            Record(1, PartitionA, 7) with { Batch = batch },
            Record(2, PartitionB),
            Record(3, PartitionB, long.MinValue),
            Record(4, PartitionA, 0),
        ];
        await index.AddAsync(records, Stop);
        await index.RemoveAsync([Entry(4)], Stop);

        Assert.Equal(
            records[..3].Select(r => new VectorPlace(r.Entry, r.Partition, r.Seed, r.Batch)).OrderBy(p => p.Entry),
            (await PlacesAsync(index)).OrderBy(p => p.Entry));
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

    [Fact]
    public async Task A_vector_of_other_dimensions_is_refused()
    {
        await using IVectorIndex index = await OpenAsync();

        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await index.AddAsync([Record(1, PartitionA, vector: new float[Dimensions + 1])], Stop));
        await Assert.ThrowsAnyAsync<ArgumentException>(
            async () => await index.SearchAsync(new VectorQuery(PartitionA, null, new float[Dimensions - 1], 1, 0), Stop));
        Assert.Equal(0, await index.CountAsync(null, Stop));
    }

    [Fact]
    public async Task Random_operations_agree_with_the_scan_oracle()
    {
        string space = NewSpace();
        await using IVectorIndex index = await OpenAsync(space, Dimensions);
        await using var oracle = new ScanIndex(space, Dimensions);
        var random = new Random(20261121);
        Hash256[] partitions = [.. Enumerable.Range(0, 5).Select(i => Hash256.Of($"p{i}"))];
        for (int round = 0; round < Rounds; round++)
        {
            VectorRecord[] records = [.. Enumerable.Range(0, random.Next(30)).Select(_ => Record(
                random.Next(400), partitions[random.Next(5)], random.Next(3) == 0 ? null : random.Next(6), Near(random.Next(12), random.NextSingle())))];
            await index.AddAsync(records, Stop);
            await oracle.AddAsync(records, Stop);
            Hash256[] gone = [.. Enumerable.Range(0, random.Next(12)).Select(_ => Entry(random.Next(400)))];
            Assert.Equal(await oracle.RemoveAsync(gone, Stop), await index.RemoveAsync(gone, Stop));
            var query = new VectorQuery(
                partitions[random.Next(5)], random.Next(2) == 0 ? null : random.Next(6), Near(random.Next(12), 0.3f), random.Next(1, 30), random.NextSingle());
            await AgreesAsync(index, oracle, query, Tolerance);
        }

        Assert.Equal((await PlacesAsync(oracle)).OrderBy(p => p.Entry), (await PlacesAsync(index)).OrderBy(p => p.Entry));
    }

    [Fact]
    public async Task Searches_beside_writers_see_what_was_there_and_only_their_partition()
    {
        await using IVectorIndex index = await OpenAsync();
        await index.AddAsync([.. Enumerable.Range(0, 20).Select(i => Record(i, PartitionA))], Stop);
        Task writers = Task.WhenAll(Enumerable.Range(1, 2).Select(writer => Task.Run(
            async () =>
            {
                for (int i = 0; i < 10; i++)
                {
                    int number = (writer * 1000) + i;
                    await index.AddAsync([Record(number, PartitionB, vector: Direction(i))], Stop);
                    await index.RemoveAsync([Entry(number)], Stop);
                }
            },
            Stop)));

        do
        {
            for (int i = 0; i < 20; i++)
            {
                IReadOnlyList<Neighbor> found = await index.SearchAsync(new VectorQuery(PartitionA, null, Direction(i), 3, 0.99f), Stop);
                Assert.Contains(Entry(i), found.Select(n => n.Entry));
                Assert.DoesNotContain(found, n => !Enumerable.Range(0, 20).Select(Entry).Contains(n.Entry));
            }
        }
        while (!writers.IsCompleted);

        await writers;
        Assert.Equal(20, await index.CountAsync(null, Stop));
    }

    /// <summary>Asserts that an index answers as the oracle does; neighbours whose similarity is within the tolerance of a cut may fall on either side.</summary>
    internal static async Task AgreesAsync(IVectorIndex index, IVectorIndex oracle, VectorQuery query, float tolerance)
    {
        IReadOnlyList<Neighbor> found = await index.SearchAsync(query, Stop);
        IReadOnlyList<Neighbor> all = await oracle.SearchAsync(query with { Count = int.MaxValue, SimilarityMin = -2 }, Stop);
        var similarity = all.ToDictionary(n => n.Entry, n => n.Similarity);

        Assert.Distinct(found.Select(n => n.Entry));
        Assert.All(found, n => Assert.Equal(similarity[n.Entry], n.Similarity, tolerance));
        Assert.All(found, n => Assert.True(n.Similarity >= query.SimilarityMin));
        Assert.Equal(found.OrderByDescending(n => n.Similarity).Select(n => n.Similarity), found.Select(n => n.Similarity));
        Neighbor[] expected = [.. all.Where(n => n.Similarity >= query.SimilarityMin).Take(query.Count)];
        int certain = expected.Count(n => n.Similarity >= query.SimilarityMin + tolerance);
        Assert.InRange(found.Count, certain, Math.Min(query.Count, all.Count(n => n.Similarity >= query.SimilarityMin - tolerance)));
        for (int i = 0; i < Math.Min(found.Count, expected.Length); i++)
        {
            Assert.Equal(expected[i].Similarity, found[i].Similarity, tolerance);
        }
    }

    internal static async Task<List<VectorPlace>> PlacesAsync(IVectorIndex index)
    {
        var places = new List<VectorPlace>();
        await foreach (VectorPlace place in index.EnumerateAsync(Stop))
        {
            places.Add(place);
        }

        return places;
    }

    internal static Hash256 Entry(int number) => Hash256.Of($"entry {number}");

    private static string NewSpace() => $"conformance/{Guid.NewGuid():N}";

    private ValueTask<IVectorIndex> OpenAsync() => OpenAsync(NewSpace(), Dimensions);

    private static VectorRecord Record(int number, Hash256 partition, long? seed = null, float[]? vector = null) =>
        new(Entry(number), partition, seed, vector ?? Direction(number));

    private static float[] Direction(int number) => Near(number, 0);

    /// <summary>A unit vector that differs from <see cref="Direction"/> of the same number by noise of about the given norm.</summary>
    private static float[] Near(int number, float noise)
    {
        var centre = new Random(number);
        var around = new Random((number * 1_000_003) + (int)(noise * 1_000_000));
        float[] vector = new float[Dimensions];
        for (int i = 0; i < Dimensions; i++)
        {
            vector[i] = centre.NextSingle() - 0.5f + (noise * 2 * (around.NextSingle() - 0.5f));
        }

        return Unit(vector);
    }

    private static float[] Axis(int axis)
    {
        float[] vector = new float[Dimensions];
        vector[axis] = 1;
        return vector;
    }

    /// <summary>A unit vector with the given cosine to the first axis.</summary>
    private static float[] Blend(float cosine)
    {
        float[] vector = Axis(0);
        vector[0] = cosine;
        vector[1] = MathF.Sqrt(1 - (cosine * cosine));
        return vector;
    }

    private static float[] Unit(float[] vector)
    {
        float norm = MathF.Sqrt(vector.Sum(x => x * x));
        return [.. vector.Select(x => x / norm)];
    }
}
