using Afterimage.Cloud.Postgres;
using Afterimage.Vectors;
using Npgsql;
using Xunit;

namespace Afterimage.Tests.Cloud.Postgres;

public sealed class PostgresVectorIndexTests(PostgresFixture postgres)
{
    private const int Dimensions = 24;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Neighbours_come_from_the_partition_alone_nearest_first_with_exact_similarities(bool transactionPooler)
    {
        PostgresOptions options = await postgres.OptionsAsync();
        options.TransactionPooler = transactionPooler;
        await using PostgresDatabase database = new(options);
        await using PostgresVectorIndex index = new(database, "space", Dimensions);
        await using var oracle = new ScanIndex("space", Dimensions);
        List<VectorRecord> records = [.. Enumerable.Range(0, 300).Select(n => Vectors.Record(n, Dimensions, n % 3, n % 5))];
        await index.AddAsync(records, default);
        await oracle.AddAsync(records, default);

        foreach (long? seed in new long?[] { null, 2 })
        {
            var query = new VectorQuery(Vectors.Partition(1), seed, Vectors.Unit(9_999, Dimensions), 7, -1);
            IReadOnlyList<Neighbor> expected = await oracle.SearchAsync(query, default);
            IReadOnlyList<Neighbor> found = await index.SearchAsync(query, default);
            Assert.Equal(expected.Select(n => n.Entry), found.Select(n => n.Entry));
            Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First.Similarity, pair.Second.Similarity, 1e-6));
        }
    }

    [Fact]
    public async Task A_schema_takes_one_store_and_refuses_another()
    {
        PostgresOptions options = await postgres.OptionsAsync();
        options.Store = "s3://images/";
        await using PostgresDatabase database = new(options);
        await using PostgresVectorIndex index = new(database, "space", Dimensions);
        await index.AddAsync([Vectors.Record(1, Dimensions)], default);

        options.Store = "files 1";
        await using PostgresDatabase otherDatabase = new(options);
        await using PostgresVectorIndex other = new(otherDatabase, "space", Dimensions);
        var refused = await Assert.ThrowsAsync<VectorIndexUnavailableException>(async () => await other.RemoveAsync([Vectors.Key(1)], default));
        Assert.Contains("holds the vectors of another store (s3://images/; this one is files 1)", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, await index.CountAsync(null, default));

        // As the sentence says, for a store that is no more.
        await using var source = NpgsqlDataSource.Create(options.ConnectionString);
        await using NpgsqlCommand release = source.CreateCommand($"DELETE FROM {options.Schema}.store;");
        await release.ExecuteNonQueryAsync();
        await using PostgresVectorIndex heir = new(otherDatabase, "space", Dimensions);
        Assert.Equal(1, await heir.CountAsync(null, default));
    }

    [Fact]
    public async Task The_floor_is_exact()
    {
        await using PostgresDatabase database = new(await postgres.OptionsAsync());
        await using PostgresVectorIndex index = new(database, "space", Dimensions);
        await index.AddAsync([Vectors.Record(1, Dimensions)], default);
        float[] near = Vectors.Near(Vectors.Unit(1, Dimensions), 2, 0.5);
        float similarity = (await index.SearchAsync(new VectorQuery(Vectors.Partition(0), null, near, 1, -1), default))[0].Similarity;

        Assert.Single(await index.SearchAsync(new VectorQuery(Vectors.Partition(0), null, near, 1, similarity), default));
        Assert.Empty(await index.SearchAsync(new VectorQuery(Vectors.Partition(0), null, near, 1, MathF.BitIncrement(similarity)), default));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(700)]
    public async Task Adding_again_replaces_and_the_last_of_one_call_counts(int rows)
    {
        await using PostgresDatabase database = new(await postgres.OptionsAsync());
        await using PostgresVectorIndex index = new(database, "space", Dimensions);
        await index.AddAsync([.. Enumerable.Range(0, rows).Select(n => Vectors.Record(n, Dimensions))], default);

        VectorRecord moved = Vectors.Record(1, Dimensions) with { Partition = Vectors.Partition(8), Seed = long.MinValue, Vector = Vectors.Unit(77, Dimensions) };
        await index.AddAsync([.. Enumerable.Range(0, rows).Select(n => Vectors.Record(n, Dimensions)), moved], default);

        Assert.Equal(rows, await index.CountAsync(null, default));
        Assert.Equal(rows - 1, await index.CountAsync(Vectors.Partition(0), default));
        Neighbor found = Assert.Single(await index.SearchAsync(new VectorQuery(Vectors.Partition(8), long.MinValue, moved.Vector, 5, 0.99f), default));
        Assert.Equal(moved.Entry, found.Entry);
    }

    [Fact]
    public async Task Places_tell_seed_partition_and_batch_of_every_vector()
    {
        await using PostgresDatabase database = new(await postgres.OptionsAsync());
        await using PostgresVectorIndex index = new(database, "space", Dimensions);
        Guid batch = Guid.NewGuid();
        List<VectorRecord> records = [Vectors.Record(1, Dimensions), Vectors.Record(2, Dimensions, 1, -1, batch), Vectors.Record(3, Dimensions, 2, long.MaxValue)];
        records.AddRange(Enumerable.Range(10, 60).Select(n => Vectors.Record(n, Dimensions, 3, n % 2 == 0 ? null : n, batch)));
        await index.AddAsync(records, default);

        var places = new List<VectorPlace>();
        await foreach (VectorPlace place in index.EnumerateAsync(default))
        {
            places.Add(place);
        }

        Assert.Equal(records.Select(r => new VectorPlace(r.Entry, r.Partition, r.Seed, r.Batch)).OrderBy(p => p.Entry), places.OrderBy(p => p.Entry));
    }

    [Fact]
    public async Task A_backfill_batch_is_removed_in_one_go_and_live_vectors_stay()
    {
        await using PostgresDatabase database = new(await postgres.OptionsAsync());
        await using PostgresVectorIndex index = new(database, "space", Dimensions);
        Guid batch = Guid.NewGuid();
        await index.AddAsync([.. Enumerable.Range(0, 100).Select(n => Vectors.Record(n, Dimensions, batch: n < 70 ? batch : default))], default);

        Assert.Equal(70, await index.RemoveBatchAsync(batch, default));
        Assert.Equal(0, await index.RemoveBatchAsync(Guid.Empty, default));
        Assert.Equal(30, await index.CountAsync(null, default));
        Assert.Equal(1, await index.RemoveAsync([Vectors.Key(80), Vectors.Key(80), Vectors.Key(5)], default));
    }

    [Fact]
    public async Task Several_gateways_starting_at_once_make_one_schema()
    {
        PostgresOptions options = await postgres.OptionsAsync();
        PostgresDatabase[] gateways = [.. Enumerable.Range(0, 5).Select(_ => new PostgresDatabase(options))];
        await Task.WhenAll(gateways.Select((gateway, n) => Task.Run(async () =>
        {
            await using PostgresVectorIndex index = new(gateway, "space", Dimensions);
            await index.AddAsync([Vectors.Record(n, Dimensions)], default);
        })));

        await using PostgresVectorIndex reader = new(gateways[0], "space", Dimensions);
        Assert.Equal(gateways.Length, await reader.CountAsync(null, default));
        foreach (PostgresDatabase gateway in gateways)
        {
            await gateway.DisposeAsync();
        }
    }

    [Fact]
    public async Task Spaces_have_tables_of_their_own_and_keep_their_dimensions()
    {
        PostgresOptions options = await postgres.OptionsAsync();
        await using PostgresDatabase database = new(options);
        await using PostgresVectorIndex one = new(database, "one/24", Dimensions);
        await using PostgresVectorIndex two = new(database, "two/24", Dimensions);
        await one.AddAsync([Vectors.Record(1, Dimensions)], default);
        Assert.Equal(0, await two.CountAsync(null, default));

        await using PostgresVectorIndex other = new(database, "one/24", Dimensions + 1);
        var fault = await Assert.ThrowsAsync<VectorIndexUnavailableException>(async () => await other.CountAsync(null, default));
        Assert.Contains("24 dimensions in the database and 25 here", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_graph_is_built_once_a_partition_is_large_and_searches_go_on_finding_the_nearest()
    {
        PostgresOptions options = await postgres.OptionsAsync();
        options.HnswFromRows = 500;
        options.HnswBuildMemoryMb = 16;
        await using PostgresDatabase database = new(options);
        await using PostgresVectorIndex index = new(database, "space", Dimensions);
        await index.AddAsync([.. Enumerable.Range(0, 499).Select(n => Vectors.Record(n, Dimensions))], default);
        Assert.False(await index.MaintainGraphAsync(default));

        await index.AddAsync([.. Enumerable.Range(499, 100).Select(n => Vectors.Record(n, Dimensions)), .. Enumerable.Range(900, 20).Select(n => Vectors.Record(n, Dimensions, 1))], default);
        Assert.True(await index.MaintainGraphAsync(default));
        Assert.True(await index.MaintainGraphAsync(default));

        for (int n = 0; n < 599; n += 50)
        {
            Neighbor nearest = (await index.SearchAsync(new VectorQuery(Vectors.Partition(0), null, Vectors.Near(Vectors.Unit(n, Dimensions), 7_000 + n, 0.2), 5, 0), default))[0];
            Assert.Equal(Vectors.Key(n), nearest.Entry);
        }

        // The small partition beside the large one: the filter takes nearly everything the graph offers, and still all 20 are found.
        Assert.Equal(20, (await index.SearchAsync(new VectorQuery(Vectors.Partition(1), null, Vectors.Unit(3, Dimensions), 50, -1), default)).Count);
    }

    [Theory]
    [InlineData(1_536)]
    [InlineData(3_072)]
    [InlineData(4_096)]
    public async Task Wide_vectors_are_stored_and_found_with_and_without_a_graph(int dimensions)
    {
        PostgresOptions options = await postgres.OptionsAsync();
        options.HnswFromRows = 0;
        await using PostgresDatabase database = new(options);
        await using PostgresVectorIndex index = new(database, "wide", dimensions);
        await index.AddAsync([.. Enumerable.Range(0, 60).Select(n => Vectors.Record(n, dimensions))], default);
        Assert.Equal(dimensions <= 4_000, await index.MaintainGraphAsync(default));

        Neighbor found = (await index.SearchAsync(new VectorQuery(Vectors.Partition(0), null, Vectors.Unit(42, dimensions), 3, 0.5f), default))[0];
        Assert.Equal(Vectors.Key(42), found.Entry);
        Assert.Equal(1f, found.Similarity, 1e-6f);
    }

    [Fact]
    public async Task A_server_that_is_away_is_said_in_one_sentence_and_then_holds_nobody_up()
    {
        await using PostgresDatabase database = new(new PostgresOptions { ConnectionString = "Host=127.0.0.1;Port=1;Username=u;Password=hush;Timeout=1" });
        await using PostgresVectorIndex index = new(database, "space", Dimensions);
        string sentence = Assert.Single(await index.CheckAsync(default));
        Assert.StartsWith("PostgreSQL cannot be reached:", sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", sentence, StringComparison.Ordinal);

        // What is known to be away is not waited for: the answer is there before the call returns.
        ValueTask<long> counted = index.CountAsync(null, default);
        Assert.True(counted.IsFaulted);
        await Assert.ThrowsAsync<VectorIndexUnavailableException>(async () => await counted);
    }

    [Fact]
    public async Task A_schema_of_a_newer_version_is_refused()
    {
        PostgresOptions options = await postgres.OptionsAsync();
        await using PostgresDatabase database = new(options);
        Assert.Empty(await database.CheckAsync(default));
        await using (var source = NpgsqlDataSource.Create(options.ConnectionString))
        {
            await using NpgsqlCommand future = source.CreateCommand($"INSERT INTO {options.Schema}.migration (version) VALUES (999)");
            await future.ExecuteNonQueryAsync();
        }

        await using PostgresDatabase old = new(options);
        Assert.Contains("made by a newer Afterimage", Assert.Single(await old.CheckAsync(default)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_larger_graph_is_searched_wider_unless_the_operator_says_how_wide()
    {
        long[] vectors = [0, 10_000, 100_000, 500_000];
        Assert.Equal([100, 100, 150, 400], vectors.Select(new PostgresOptions().EfSearchFor));
        Assert.Equal([77, 77, 77, 77], vectors.Select(new PostgresOptions { HnswEfSearch = 77 }.EfSearchFor));
    }

    [Fact]
    public void Every_mistake_in_the_options_is_named()
    {
        var options = new PostgresOptions { Schema = "Bad-Name", ConnectionsMax = 0, HnswEfConstruction = 20 };
        IReadOnlyList<string> mistakes = options.Validate();
        Assert.Contains(mistakes, m => m.Contains("Index:Postgres:ConnectionString", StringComparison.Ordinal));
        Assert.Contains(mistakes, m => m.Contains("Index:Postgres:Schema", StringComparison.Ordinal));
        Assert.Contains(mistakes, m => m.Contains("Index:Postgres:ConnectionsMax is 0; allowed are 2 to 500", StringComparison.Ordinal));
        Assert.Contains(mistakes, m => m.Contains("HnswEfConstruction", StringComparison.Ordinal));
        Assert.Empty(new PostgresOptions { ConnectionString = "Host=db;Username=u" }.Validate());
    }
}
