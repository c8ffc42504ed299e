using System.Diagnostics;
using Afterimage.Cloud.Postgres;
using Npgsql;

namespace Afterimage.Bench.Postgres;

/// <summary>
/// The PostgreSQL that is measured: <c>AFTERIMAGE_TEST_POSTGRES</c> where set (with pgvector), else PGlite, which is PostgreSQL as WebAssembly on one thread:
/// its own times say nothing about a native server, ratios to the bare query do.
/// </summary>
internal sealed class BenchServer : IDisposable
{
    private readonly Process? _process;

    private BenchServer(Process? process, string connectionString) => (_process, ConnectionString) = (process, connectionString);

    public string ConnectionString { get; }

    /// <summary>Behind every measure's name.</summary>
    public string Where => _process is null ? "" : " (PGlite)";

    /// <summary>Null, with the reason on the error output, where there is none.</summary>
    public static async Task<BenchServer?> StartAsync()
    {
        if (Environment.GetEnvironmentVariable("AFTERIMAGE_TEST_POSTGRES") is { Length: > 0 } named)
        {
            return new BenchServer(null, named);
        }

        string modules = Environment.GetEnvironmentVariable("AFTERIMAGE_TEST_NODE_MODULES") ?? Path.Combine(BenchPaths.Root, "artifacts", "node_modules");
        if (!Directory.Exists(Path.Combine(modules, "@electric-sql", "pglite-pgvector")))
        {
            await Console.Error.WriteLineAsync(
                "No PostgreSQL: set AFTERIMAGE_TEST_POSTGRES (bench/postgres/native.sh), or npm install --prefix artifacts @electric-sql/pglite@0.5.14 @electric-sql/pglite-pgvector");
            return null;
        }

        Process process = Process.Start(new ProcessStartInfo("node")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            ArgumentList = { Path.Combine(BenchPaths.Root, "tests", "Afterimage.Tests", "Cloud", "Postgres", "pglite-server.mjs"), modules },
        })!;
        string line = await process.StandardOutput.ReadLineAsync() ?? "";
        return new BenchServer(
            process, $"Host=127.0.0.1;Port={line.Replace("listening ", "", StringComparison.Ordinal)};Username=postgres;Database=postgres;SSL Mode=Disable;No Reset On Close=true");
    }

    /// <summary>A database whose schema outlives the process, so that what was loaded can be measured later. AFTERIMAGE_BENCH_EF sets <c>ef_search</c>.</summary>
    public PostgresOptions Options(string schema, int rows) => new()
    {
        ConnectionString = ConnectionString,
        Schema = schema,
        HnswFromRows = Math.Min(10_000, rows),
        HnswEfSearch = int.TryParse(Environment.GetEnvironmentVariable("AFTERIMAGE_BENCH_EF"), out int width) ? width : 0,
        HnswBuildMemoryMb = 3_000,
        SearchTimeoutMs = 60_000,
        WriteTimeoutMs = 600_000,
    };

    public async Task DropAsync(string schema)
    {
        await using var source = NpgsqlDataSource.Create(ConnectionString);
        await using NpgsqlCommand command = source.CreateCommand($"DROP SCHEMA IF EXISTS {schema} CASCADE");
        await command.ExecuteNonQueryAsync();
    }

    public void Dispose()
    {
        _process?.Kill();
        _process?.Dispose();
    }
}
