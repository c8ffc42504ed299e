using System.Diagnostics;
using Afterimage.Bench.Index;
using Afterimage.Cloud;
using Afterimage.Cloud.Postgres;
using Afterimage.Vectors;
using Npgsql;

namespace Afterimage.Bench.Postgres;

/// <summary>
/// The verb <c>postgres PART... [--json]</c>. Parts: <c>load:DATA</c> loads vectors by COPY and builds the graph; <c>DATA</c> searches what was loaded, beside
/// the bare SQL query and the index in the process; <c>load:decision</c> and <c>decision</c>: whole semantic decisions; <c>drop</c> takes everything away.
/// DATA is <c>shape-N</c> of the verb <c>index</c> (768 dimensions, one partition, held-out queries), whose index in the process
/// <c>index prepare:DATA</c> builds. Without parts: <c>shape-10000</c>, and away with it.
/// </summary>
internal static class PostgresBench
{
    private const string Prefix = "afterimage_bench_";
    private const int Candidates = 6;
    private const int Rounds = 2;
    private const float Floor = 0.85f;

    // Larger partitions are as a rule asked of the database.
    private const int HotTierMax = 100_000;

    private static readonly Hash256 Partition = Hash256.Of("partition");

    public static async Task<int> RunAsync(string[] arguments)
    {
        bool json = arguments.Contains("--json");
        string[] parts = [.. arguments.Where(a => a != "--json")];
        using BenchServer? server = await BenchServer.StartAsync();
        if (server is null)
        {
            return 1;
        }

        foreach (string part in parts.Length > 0 ? parts : ["load:shape-10000", "shape-10000", "drop"])
        {
            await (part.Split(':') switch
            {
                ["drop"] => DropAsync(server),
                ["load", "decision"] => PostgresDecision.LoadAsync(server, SchemaOf("decision"), json),
                ["decision"] => PostgresDecision.MeasureAsync(server, SchemaOf("decision"), json),
                ["load", string data] => LoadAsync(server, data, json),
                [string data] when data.StartsWith("shape-", StringComparison.Ordinal) => SearchAsync(server, data, json),
                _ => throw new ArgumentException($"postgres has no part {part}: load:DATA DATA load:decision decision drop, DATA is shape-N"),
            });
        }

        return 0;
    }

    /// <summary>Fills an empty schema and builds the graph; prints both rates.</summary>
    internal static async Task FillAsync(BenchServer server, PostgresOptions options, IVectorIndex index, string name, IEnumerable<VectorRecord[]> blocks, bool json)
    {
        // The first contact makes schema and table.
        await index.RemoveAsync([Hash256.Of("nothing")], default);
        long vectors = 0;
        TimeSpan spent = default;
        foreach (VectorRecord[] block in blocks)
        {
            long start = Stopwatch.GetTimestamp();
            await index.AddAsync(block, default);
            spent += Stopwatch.GetElapsedTime(start);
            vectors += block.Length;
        }

        new Measurement($"COPY, {name}, no graph{server.Where}", "1/s", vectors / spent.TotalSeconds, null, "higher", 5_000).Print(json);
        long building = Stopwatch.GetTimestamp();
        bool built = await ((PostgresVectorIndex)index).MaintainGraphAsync(default);
        new Measurement($"graph, {name}{(built ? "" : ": NOT BUILT")}{server.Where}", "s", Stopwatch.GetElapsedTime(building).TotalSeconds, null, "lower", null).Print(json);
        await using var source = NpgsqlDataSource.Create(options.ConnectionString);
        await using NpgsqlCommand size = source.CreateCommand($"SELECT coalesce(sum(pg_relation_size(indexrelid)), 0) / 1e6 FROM pg_stat_user_indexes WHERE schemaname = '{options.Schema}' AND indexrelname LIKE '%graph'");
        new Measurement($"size of the graph, {name}{server.Where}", "MB", Convert.ToDouble(await size.ExecuteScalarAsync()), null, "lower", null).Print(json);
    }

    /// <summary>Times of ours and theirs in turns, milliseconds, the first pass not counted.</summary>
    internal static async Task<(double[] Ours, double[] Theirs)> InTurnsAsync(int queries, Func<int, Task> ours, Func<int, Task> theirs)
    {
        (double[] best, double[] other) = ([], []);
        for (int round = 0; round <= Rounds; round++)
        {
            double[] a = new double[queries], b = new double[queries];
            for (int q = 0; q < queries; q++)
            {
                b[q] = await TimeAsync(() => theirs(q));
                a[q] = await TimeAsync(() => ours(q));
            }

            Array.Sort(a);
            Array.Sort(b);
            best = round > 0 && (best.Length == 0 || a[queries / 2] < best[queries / 2]) ? a : best;
            other = round > 0 && (other.Length == 0 || b[queries / 2] < other[queries / 2]) ? b : other;
        }

        return (best, other);
    }

    private static async Task LoadAsync(BenchServer server, string name, bool json)
    {
        using IndexData data = IndexData.Open(name, IndexData.HeldOut);
        await server.DropAsync(SchemaOf(name));
        PostgresOptions options = server.Options(SchemaOf(name), data.Count);
        await using var database = new PostgresDatabase(options);
        await using var index = new PostgresVectorIndex(database, OurIndex.Space, data.Dimensions);
        IEnumerable<VectorRecord[]> blocks = Enumerable.Range(0, data.Count).Chunk(options.BulkRowsMax)
            .Select(block => block.Select(n => new VectorRecord(OurIndex.Entry(n), Partition, null, data.Vector(n))).ToArray());
        await FillAsync(server, options, index, $"{data.Count} x {data.Dimensions}", blocks, json);
    }

    private static async Task SearchAsync(BenchServer server, string name, bool json)
    {
        using IndexData data = IndexData.Open(name, IndexData.HeldOut);
        PostgresOptions options = server.Options(SchemaOf(name), data.Count);
        await using var database = new PostgresDatabase(options);
        await using var index = new PostgresVectorIndex(database, OurIndex.Space, data.Dimensions);
        await using BareQuery bare = await BareQuery.OpenAsync(options, data.Dimensions, Candidates);
        byte[] partition = new byte[Hash256.Size];
        Partition.WriteTo(partition);
        int queries = data.QueryCount;
        int[] nearest = new int[queries], nearestHere = new int[queries];
        async Task AskAsync(IVectorIndex asked, int q, int[] nearest)
        {
            IReadOnlyList<Neighbor> found = await asked.SearchAsync(new VectorQuery(Partition, null, data.Query(q), Candidates, Floor), default);
            nearest[q] = found.Count == 0 ? -1 : OurIndex.NumberOf(found[0].Entry);
        }

        (double[] ours, double[] theirs) = await InTurnsAsync(queries, q => AskAsync(index, q, nearest), q => bare.AskAsync(data.Query(q).ToArray(), partition));
        new Measurement($"search, {name}, p50{server.Where}; bare SQL", "ms", ours[queries / 2], theirs[queries / 2], "lower", 1.3).Print(json);
        new Measurement($"search, {name}, p99{server.Where}; bare SQL", "ms", ours[queries * 99 / 100], theirs[queries * 99 / 100], "lower", null).Print(json);
        new Measurement($"search, {name}, recall@1 above {Floor}{server.Where}", "", data.Recall(nearest, Floor), null, "higher", null).Print(json);

        string folder = BenchFiles.Of(name + ".ours");
        if (Directory.Exists(folder))
        {
            await using OurIndex local = await OurIndex.OpenAsync(folder, data.Dimensions);
            (ours, theirs) = await InTurnsAsync(queries, q => AskAsync(index, q, nearest), q => AskAsync(local.Index, q, nearestHere));
            new Measurement($"search, {name}, p50{server.Where}; the index in the process", "ms", ours[queries / 2], theirs[queries / 2], "lower", null).Print(json);
            new Measurement($"search in the process, {name}, recall@1 above {Floor}", "", data.Recall(nearestHere, Floor), null, "higher", null).Print(json);
        }

        if (data.Count <= HotTierMax)
        {
            await HotTierAsync(server, index, name, data, json);
        }
    }

    // As a gateway is configured unless told otherwise: partitions in use are in its memory.
    private static async Task HotTierAsync(BenchServer server, PostgresVectorIndex index, string name, IndexData data, bool json)
    {
        string folder = Directory.CreateTempSubdirectory("afterimage-bench-").FullName;
        await using (var tiered = new TieredVectorIndex(
            index, index, () => ScratchVectorIndex.Open(folder, OurIndex.Space, data.Dimensions), new HotTierOptions { StalenessSeconds = 600, LoadAfterSearches = 1, VectorsMax = data.Count }))
        {
            async Task AskAsync(int q) => await tiered.SearchAsync(new VectorQuery(Partition, null, data.Query(q), Candidates, Floor), default);
            long start = Stopwatch.GetTimestamp();
            await AskAsync(0);
            while (tiered.HotVectors < data.Count)
            {
                await Task.Delay(10);
            }

            new Measurement($"{name} fetched into the hot tier{server.Where}", "s", Stopwatch.GetElapsedTime(start).TotalSeconds, null, "lower", null).Print(json);
            double[] times = new double[data.QueryCount];
            for (int round = 0; round < 2; round++)
            {
                for (int q = 0; q < times.Length; q++)
                {
                    times[q] = await TimeAsync(() => AskAsync(q));
                }
            }

            Array.Sort(times);
            new Measurement($"search through the hot tier, {name}, p50{server.Where}", "ms", times[times.Length / 2], null, "lower", null).Print(json);
        }

        Directory.Delete(folder, recursive: true);
    }

    private static async Task DropAsync(BenchServer server)
    {
        await using var source = NpgsqlDataSource.Create(server.ConnectionString);
        await using NpgsqlCommand list = source.CreateCommand($"SELECT nspname FROM pg_namespace WHERE starts_with(nspname, '{Prefix}')");
        var schemas = new List<string>();
        await using (NpgsqlDataReader reader = await list.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                schemas.Add(reader.GetString(0));
            }
        }

        foreach (string schema in schemas)
        {
            await server.DropAsync(schema);
        }
    }

    private static string SchemaOf(string name) => Prefix + name.Replace('-', '_');

    private static async Task<double> TimeAsync(Func<Task> action)
    {
        long start = Stopwatch.GetTimestamp();
        await action();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }
}
