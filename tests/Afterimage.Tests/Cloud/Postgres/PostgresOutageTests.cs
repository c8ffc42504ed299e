using System.Net;
using System.Net.Sockets;
using Afterimage.Cloud.Postgres;
using Afterimage.Vectors;
using Xunit;

namespace Afterimage.Tests.Cloud.Postgres;

public sealed class PostgresOutageTests
{
    private const int Dimensions = 16;

    [Fact]
    public async Task A_server_without_pgvector_is_named_with_the_remedy()
    {
        await using PGliteServer server = await PGliteServer.StartAsync(withVector: false);
        await using PostgresDatabase database = new(new PostgresOptions { ConnectionString = server.ConnectionString });
        await using PostgresVectorIndex index = new(database, "space", Dimensions);
        Assert.Contains("does not have the extension pgvector. Install it", Assert.Single(await index.CheckAsync(default)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_dies_and_returns_is_used_again_and_nothing_committed_is_lost()
    {
        string folder = Directory.CreateTempSubdirectory("afterimage-pg-").FullName;
        try
        {
            int port = FreePort();
            var server = await PGliteServer.StartAsync(folder, port: port);
            await using PostgresDatabase database = new(new PostgresOptions { ConnectionString = server.ConnectionString, BreakSeconds = 1, SearchTimeoutMs = 60_000 });
            await using PostgresVectorIndex index = new(database, "space", Dimensions);
            await index.AddAsync([Vectors.Record(1, Dimensions)], default);
            var query = new VectorQuery(Vectors.Partition(0), null, Vectors.Unit(1, Dimensions), 1, 0.9f);
            await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ => Assert.Single(await index.SearchAsync(query, default))));

            await server.DisposeAsync();
            for (int i = 0; i < 6; i++)
            {
                await Assert.ThrowsAsync<VectorIndexUnavailableException>(async () => await index.SearchAsync(query, default));
            }

            await using PGliteServer again = await PGliteServer.StartAsync(folder, port: port);
            Assert.Single(await EventuallyAsync(async () => await index.SearchAsync(query, default)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // The breaker opens again by itself; how soon is a setting, so the test asks until it does, within a bound that no healthy run meets.
    private static async Task<T> EventuallyAsync<T>(Func<Task<T>> ask)
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        for (; ; )
        {
            try
            {
                return await ask();
            }
            catch (VectorIndexUnavailableException) when (!bound.IsCancellationRequested)
            {
                await Task.Delay(100, bound.Token);
            }
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
