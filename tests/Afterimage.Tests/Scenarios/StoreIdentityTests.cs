using Afterimage.Tests.Cloud.Postgres;
using Npgsql;
using Xunit;

namespace Afterimage.Tests.Scenarios;

/// <summary>Two gateways whose entries are their own, set by mistake on one index.</summary>
public sealed class StoreIdentityTests(PostgresFixture postgres)
{
    private const string Fox = "/prompt/a%20red%20fox?width=64&height=64";
    private const string SameFox = "/prompt/a%20picture%20of%20a%20red%20fox?width=64&height=64";

    [Fact]
    public async Task A_gateway_with_a_store_of_its_own_leaves_the_vectors_of_another_alone_and_says_why()
    {
        string schema = (await postgres.OptionsAsync()).Schema, database = await postgres.ConnectionStringAsync();
        (string, string)[] settings = [("Index:Provider", "postgres"), ("Index:Postgres:ConnectionString", database), ("Index:Postgres:Schema", schema), ("Index:Postgres:SearchTimeoutMs", "60000")];
        await using TestGateway first = await TestGateway.StartAsync(settings);
        await first.GetAsync(Fox);
        await first.SettleAsync();
        Assert.Equal("HIT semantic", (await first.GetAsync(SameFox)).Cache);

        await using (TestGateway second = await TestGateway.StartAsync(settings))
        {
            Assert.Contains("holds the vectors of another store", (await second.GetAsync("/_afterimage/health/ready")).Text, StringComparison.Ordinal);
            Assert.Equal("MISS", (await second.GetAsync(SameFox)).Cache);
            await Cluster.UntilAsync(async () => (await second.GetAsync(SameFox)).Cache == "HIT exact");
        }

        await using var source = NpgsqlDataSource.Create(database);
        await using NpgsqlCommand find = source.CreateCommand($"SELECT table_name FROM {schema}.space");
        string table = (string)(await find.ExecuteScalarAsync())!;
        await using NpgsqlCommand count = source.CreateCommand($"SELECT count(*) FROM {schema}.{table}");
        Assert.Equal(1L, await count.ExecuteScalarAsync());
        Assert.Equal("HIT semantic", (await first.GetAsync(SameFox)).Cache);
    }

    [Fact]
    public async Task A_folder_keeps_its_identity_over_a_restart()
    {
        string schema = (await postgres.OptionsAsync()).Schema, database = await postgres.ConnectionStringAsync();
        (string, string)[] settings = [("Index:Provider", "postgres"), ("Index:Postgres:ConnectionString", database), ("Index:Postgres:Schema", schema), ("Index:Postgres:SearchTimeoutMs", "60000")];
        await using TestOrigin origin = await TestOrigin.StartAsync();
        string data = Directory.CreateTempSubdirectory("afterimage-test-").FullName;
        try
        {
            await using (TestGateway before = await TestGateway.StartAsync(origin, data, keepData: true, settings))
            {
                await before.GetAsync(Fox);
                await before.SettleAsync();
            }

            await using TestGateway after = await TestGateway.StartAsync(origin, data, keepData: true, settings);
            Assert.Equal("HIT semantic", (await after.GetAsync(SameFox)).Cache);
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }
}
