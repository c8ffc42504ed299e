using System.Diagnostics;
using System.Globalization;
using Afterimage.Cloud;
using Afterimage.Cloud.Postgres;
using Afterimage.Vectors;
using Npgsql;

namespace Afterimage.Bench;

/// <summary>
/// <c>postgres</c>: bulk load by COPY, and a semantic look-up through the index beside the bare SQL query in the same run. The server is
/// <c>AFTERIMAGE_TEST_POSTGRES</c> where set (with pgvector), else PGlite, which is PostgreSQL as WebAssembly on one thread: its own times say nothing
/// about a native server, the ratio to the bare query does. <c>AFTERIMAGE_BENCH_VECTORS</c> sets how many vectors (default 10,000).
/// </summary>
internal static class PostgresBench
{
    private const int Dimensions = 384;
    private const int Searches = 100;

    // An exact scan of a large partition takes PGlite most of a second.
    private const int SearchesWithoutGraph = 15;

    public static async Task<int> RunAsync(bool json)
    {
        int count = int.Parse(Environment.GetEnvironmentVariable("AFTERIMAGE_BENCH_VECTORS") ?? "10000", CultureInfo.InvariantCulture);
        string? named = Environment.GetEnvironmentVariable("AFTERIMAGE_TEST_POSTGRES");
        using Process? server = named is null ? StartPGlite() : null;
        if (named is null && server is null)
        {
            Console.Error.WriteLine("No PostgreSQL: set AFTERIMAGE_TEST_POSTGRES, or npm install --prefix artifacts @electric-sql/pglite@0.5.14 @electric-sql/pglite-pgvector");
            return 1;
        }

        try
        {
            string connection = named ?? await ConnectionAsync(server!);
            var options = new PostgresOptions
            {
                ConnectionString = connection,
                Schema = string.Create(CultureInfo.InvariantCulture, $"bench_{Environment.ProcessId}"),
                HnswFromRows = Math.Min(10_000, count / 2),
                SearchTimeoutMs = 60_000,
                WriteTimeoutMs = 600_000,
            };
            await using var database = new PostgresDatabase(options);
            await using var index = new PostgresVectorIndex(database, "bench/384", Dimensions);
            await MeasureAsync(index, options, count, named is null ? " (PGlite)" : "", json);
            await DropAsync(options);
            return 0;
        }
        finally
        {
            server?.Kill();
        }
    }

    private static async Task MeasureAsync(PostgresVectorIndex index, PostgresOptions options, int count, string where, bool json)
    {
        VectorRecord[] records = [.. Enumerable.Range(0, count).Select(n => new VectorRecord(
            Hash256.Of("entry " + n), Hash256.Of(n % 10 < 6 ? "large" : "small " + (n % 1_000)), null, Unit(n)))];
        await index.AddAsync(records[..100], default);
        long start = Stopwatch.GetTimestamp();
        await index.AddAsync(records, default);
        double rate = count / Stopwatch.GetElapsedTime(start).TotalSeconds;
        new Measurement($"postgres COPY {count} x {Dimensions}, no graph yet{where}", "1/s", rate, null, "higher", 5_000).Print(json);

        await SearchesAsync(index, options, records, SearchesWithoutGraph, "before graph" + where, json);
        start = Stopwatch.GetTimestamp();
        bool built = await index.MaintainGraphAsync(default);
        new Measurement($"postgres graph of {count} built ({built}){where}", "s", Stopwatch.GetElapsedTime(start).TotalSeconds, null, "lower", null).Print(json);
        await SearchesAsync(index, options, records, Searches, "with graph" + where, json);
        await HotTierAsync(index, records, where, json);
        await InProcessAsync(records, json);
    }

    private static async Task SearchesAsync(PostgresVectorIndex index, PostgresOptions options, VectorRecord[] records, int searches, string what, bool json)
    {
        await using var source = NpgsqlDataSource.Create(options.ConnectionString);
        await using NpgsqlConnection connection = await source.OpenConnectionAsync();
        string table = (string)(await Scalar(connection, $"SELECT table_name FROM {options.Schema}.space"))!;
        await Execute(connection, "SET hnsw.ef_search = 100; SET hnsw.iterative_scan = 'strict_order'; SET plan_cache_mode = 'force_custom_plan'");
        await using var bare = new NpgsqlCommand(
            $"SELECT entry, 1 - (embedding <=> $1::real[]::vector) FROM {options.Schema}.{table} WHERE partition = $2 ORDER BY embedding <=> $1::real[]::vector LIMIT 10", connection);
        bare.Parameters.Add(new() { Value = records[0].Vector.ToArray() });
        bare.Parameters.Add(new() { Value = new byte[Hash256.Size] });
        await bare.PrepareAsync();

        foreach ((string name, Hash256 partition) in new[] { ("large partition", Hash256.Of("large")), ("small partition", Hash256.Of("small 7")) })
        {
            var ours = new List<double>();
            var theirs = new List<double>();
            for (int i = 0; i < searches; i++)
            {
                float[] vector = Near(records[i * 31 % records.Length].Vector.ToArray(), 1_000_000 + i);
                theirs.Add(await TimeAsync(() => BareAsync(bare, vector, partition)));
                ours.Add(await TimeAsync(async () => await index.SearchAsync(new VectorQuery(partition, null, vector, 10, 0), default)));
            }

            new Measurement($"postgres search {what}, {name}, p50", "ms", Median(ours), Median(theirs), "lower", 1.3).Print(json);
        }
    }

    // As a gateway is configured unless told otherwise: partitions in use are in its memory.
    private static async Task HotTierAsync(PostgresVectorIndex index, VectorRecord[] records, string where, bool json)
    {
        string folder = Directory.CreateTempSubdirectory("afterimage-bench-").FullName;
        var tiered = new TieredVectorIndex(
            new Borrowed(index), index, () => ScratchVectorIndex.Open(folder, "bench/384", Dimensions), new HotTierOptions { StalenessSeconds = 600, LoadAfterSearches = 1 });
        VectorQuery Query(int i) => new(Hash256.Of("large"), null, Near(records[i * 31 % records.Length].Vector.ToArray(), 1_000_000 + i), 10, 0);
        await tiered.SearchAsync(Query(0), default);
        long start = Stopwatch.GetTimestamp();
        while (tiered.HotVectors < records.Length * 6 / 10)
        {
            await Task.Delay(10);
        }

        new Measurement($"postgres partition of {tiered.HotVectors} fetched into the hot tier{where}", "s", Stopwatch.GetElapsedTime(start).TotalSeconds, null, "lower", null).Print(json);
        var times = new List<double>();
        for (int i = 0; i < Searches; i++)
        {
            times.Add(await TimeAsync(async () => await tiered.SearchAsync(Query(i), default)));
        }

        new Measurement($"postgres search through the hot tier, large partition, p50{where}", "ms", Median(times), null, "lower", 5).Print(json);
        await tiered.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private static async Task InProcessAsync(VectorRecord[] records, bool json)
    {
        string folder = Directory.CreateTempSubdirectory("afterimage-bench-").FullName;
        try
        {
            await using VectorIndex index = VectorIndex.Open(new VectorIndexOptions { Folder = folder, SpaceId = "bench/384", Dimensions = Dimensions });
            await index.AddAsync(records, default);
            var times = new List<double>();
            for (int i = 0; i < Searches; i++)
            {
                var query = new VectorQuery(Hash256.Of("large"), null, Near(records[i * 31 % records.Length].Vector.ToArray(), 1_000_000 + i), 10, 0);
                times.Add(await TimeAsync(async () => await index.SearchAsync(query, default)));
            }

            new Measurement($"in-process search of the same {records.Length}, large partition, p50", "ms", Median(times), null, "lower", null).Print(json);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task BareAsync(NpgsqlCommand command, float[] vector, Hash256 partition)
    {
        command.Parameters[0].Value = vector;
        byte[] key = new byte[Hash256.Size];
        partition.WriteTo(key);
        command.Parameters[1].Value = key;
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            _ = reader.GetFieldValue<byte[]>(0).Length + reader.GetDouble(1);
        }
    }

    private static async Task<double> TimeAsync(Func<Task> action)
    {
        long start = Stopwatch.GetTimestamp();
        await action();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }

    private static Process? StartPGlite()
    {
        string? root = AppContext.BaseDirectory;
        while (root is not null && !File.Exists(Path.Combine(root, "Afterimage.slnx")))
        {
            root = Path.GetDirectoryName(root);
        }

        string modules = Environment.GetEnvironmentVariable("AFTERIMAGE_TEST_NODE_MODULES") ?? Path.Combine(root ?? ".", "artifacts", "node_modules");
        if (root is null || !Directory.Exists(Path.Combine(modules, "@electric-sql", "pglite-pgvector")))
        {
            return null;
        }

        return Process.Start(new ProcessStartInfo("node")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            ArgumentList = { Path.Combine(root, "tests", "Afterimage.Tests", "Cloud", "Postgres", "pglite-server.mjs"), modules },
        });
    }

    private static async Task<string> ConnectionAsync(Process server)
    {
        string line = await server.StandardOutput.ReadLineAsync() ?? "";
        return $"Host=127.0.0.1;Port={line.Replace("listening ", "", StringComparison.Ordinal)};Username=postgres;Database=postgres;SSL Mode=Disable;No Reset On Close=true";
    }

    private static async Task DropAsync(PostgresOptions options)
    {
        await using var source = NpgsqlDataSource.Create(options.ConnectionString);
        await using NpgsqlConnection connection = await source.OpenConnectionAsync();
        await Execute(connection, $"DROP SCHEMA {options.Schema} CASCADE");
    }

    private static async Task Execute(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<object?> Scalar(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    private static float[] Unit(int seed)
    {
        var random = new Random(seed);
        float[] vector = new float[Dimensions];
        for (int i = 0; i < Dimensions; i++)
        {
            vector[i] = random.NextSingle() - 0.5f;
        }

        return Normal(vector);
    }

    private static float[] Near(float[] center, int seed) => Normal([.. center.Zip(Unit(seed), (a, b) => a + (0.3f * b))]);

    private static float[] Normal(float[] vector)
    {
        float norm = MathF.Sqrt(vector.Sum(x => x * x));
        return [.. vector.Select(x => x / norm)];
    }

    /// <summary>The index, without the right to dispose it.</summary>
    private sealed class Borrowed(PostgresVectorIndex index) : IVectorIndex
    {
        public string SpaceId => index.SpaceId;

        public int Dimensions => index.Dimensions;

        public ValueTask AddAsync(IReadOnlyList<VectorRecord> records, CancellationToken cancellationToken) => index.AddAsync(records, cancellationToken);

        public ValueTask<int> RemoveAsync(IReadOnlyList<Hash256> entries, CancellationToken cancellationToken) => index.RemoveAsync(entries, cancellationToken);

        public ValueTask<IReadOnlyList<Neighbor>> SearchAsync(VectorQuery query, CancellationToken cancellationToken) => index.SearchAsync(query, cancellationToken);

        public ValueTask<long> CountAsync(Hash256? partition, CancellationToken cancellationToken) => index.CountAsync(partition, cancellationToken);

        public IAsyncEnumerable<VectorPlace> EnumerateAsync(CancellationToken cancellationToken) => index.EnumerateAsync(cancellationToken);

        public ValueTask FlushAsync(CancellationToken cancellationToken) => index.FlushAsync(cancellationToken);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
