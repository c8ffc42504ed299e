using System.Net.Http.Json;
using System.Text.Json;
using Afterimage.Tests.Text.Bert;
using Xunit;

namespace Afterimage.Tests.Scenarios;

/// <summary>A data folder served with another embedder than before.</summary>
public sealed class SpaceChangeTests
{
    private static readonly (string, string)[] Bert = [("Embedding:Provider", "Bert"), ("Embedding:Model", GoldenEmbeddings.FixtureFolder)];

    [Fact]
    public async Task After_a_change_of_embedder_older_entries_are_embedded_only_when_the_operator_says_so()
    {
        await using TestOrigin origin = await TestOrigin.StartAsync();
        string data = Directory.CreateTempSubdirectory("afterimage-space-").FullName;
        try
        {
            await using (TestGateway first = await TestGateway.StartAsync(origin, data, keepData: true))
            {
                await first.GetAsync("/prompt/a%20tiny%20orange%20cat?width=4&height=4");
                await first.GetAsync("/prompt/a%20robot?width=4&height=4");
                await first.SettleAsync();
                Assert.Equal((2, false), await StatsAsync(first));
            }

            await using (TestGateway second = await TestGateway.StartAsync(origin, data, keepData: true, Bert))
            {
                await second.Host.ReadyAsync();
                Assert.Equal((0, true), await StatsAsync(second));
                Answer exact = await second.GetAsync("/prompt/a%20robot?width=4&height=4");
                Assert.Equal(("HIT", "exact"), (exact["X-Cache"], exact["X-Cache-Type"]));
                await second.GetAsync("/prompt/a%20dog?width=4&height=4");
                await second.SettleAsync();
            }

            // Not forgotten at the next start, and no new entry makes the older ones follow.
            await using (TestGateway third = await TestGateway.StartAsync(origin, data, keepData: true, Bert))
            {
                await third.Host.ReadyAsync();
                Assert.Equal((1, true), await StatsAsync(third));
                using HttpResponseMessage done = await third.Client.PostAsJsonAsync("/_afterimage/backfill", new { action = "reindex" });
                Assert.True(done.IsSuccessStatusCode);
                Assert.Equal((3, false), await StatsAsync(third));
            }

            await using TestGateway fourth = await TestGateway.StartAsync(origin, data, keepData: true);
            await fourth.Host.ReadyAsync();
            Assert.False((await StatsAsync(fourth)).Offered);
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private static async Task<(int Vectors, bool Offered)> StatsAsync(TestGateway gateway)
    {
        using JsonDocument stats = JsonDocument.Parse((await gateway.GetAsync("/_afterimage/stats")).Body);
        JsonElement index = stats.RootElement.GetProperty("index");
        return (index.GetProperty("vectors").GetInt32(), index.GetProperty("reindexOffered").GetBoolean());
    }
}
