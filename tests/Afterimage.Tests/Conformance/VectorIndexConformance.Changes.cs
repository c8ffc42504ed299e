using Afterimage.Vectors;
using Xunit;
using static Afterimage.Tests.Conformance.VectorIndexes;

namespace Afterimage.Tests.Conformance;

/// <summary>What adding, replacing and removing do, alone and beside searches.</summary>
public abstract partial class VectorIndexConformance
{
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
}
