using System.Text.Json;
using Afterimage.Cloud.Planning;
using Afterimage.Commands;
using Xunit;

namespace Afterimage.Tests.Cloud.Planning;

public sealed class PlannerTests
{
    [Fact]
    public void Half_a_million_vectors_and_a_million_queries_cost_what_cloudflare_says()
    {
        PriceTable prices = PriceTable.Default();
        (decimal stored, decimal queried) = Planner.VectorizeCost(500_000, 1_000_000, 768, prices);
        Assert.Equal(0.19m, Math.Round(stored, 2));
        Assert.Equal(7.68m, Math.Round(queried, 2));

        PlanSetup cloudflare = Planner.Make(new PlanInput { Images = 500_000, Requests = 1_000_000, ExactShare = 0, SemanticShare = 0.2 }, prices).Setups[2];
        Assert.Equal(0.19m, Math.Round(Line(cloudflare, "Vectorize stored dimensions").Cost!.Value, 2));
        Assert.Equal(7.68m, Math.Round(Line(cloudflare, "Vectorize queried dimensions").Cost!.Value, 2));
    }

    [Fact]
    public void Only_what_the_exact_tier_leaves_is_looked_up()
    {
        PlanLoad load = PlanLoad.Of(new PlanInput { Requests = 1_000, ExactShare = 0.3, SemanticShare = 0.2 });
        Assert.Equal(700, load.Lookups, 1e-6);
        Assert.Equal(500, load.Hits, 1e-6);
        Assert.Equal(500, load.Misses, 1e-6);
    }

    [Theory]
    [InlineData(21_000_000, 1_000, 768, 2, "20,000,000")]
    [InlineData(1_000, 1_000, 3_072, 2, "1,536 dimensions")]
    [InlineData(1_000, 3_000_000, 768, 2, "exceed the account's 1,200")]
    [InlineData(1_000, 100_000_000_000, 768, 2, "one write a second per key")]
    [InlineData(300_000_000, 1_000, 768, 1, "shard by partition hash")]
    [InlineData(1_000, 1_000, 3_072, 1, "half precision only")]
    [InlineData(300_000_000, 1_000, 768, 0, "put the entries into S3 or R2")]
    public void A_limit_that_would_be_exceeded_is_said(long images, long requests, int dimensions, int setup, string part) =>
        Assert.Contains(
            Planner.Make(new PlanInput { Images = images, Requests = requests, Dimensions = dimensions }, PriceTable.Default()).Setups[setup].Warnings,
            w => w.Contains(part, StringComparison.Ordinal));

    [Fact]
    public void A_small_cache_is_warned_of_nothing() =>
        Assert.All(Planner.Make(new PlanInput { Images = 50_000, Requests = 200_000 }, PriceTable.Default()).Setups, s => Assert.Empty(s.Warnings));

    [Fact]
    public void Prices_of_ones_own_replace_the_built_in_ones_and_unknown_names_are_refused()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, """{"date":"2027-01-01","r2StoragePerGb":{"price":1}}""");
            PriceTable own = PriceTable.Load(path);
            Assert.Equal(("2027-01-01", 1m, PriceTable.Default()["r2WritesPer1M"]), (own.Date, own["r2StoragePerGb"], own["r2WritesPer1M"]));

            File.WriteAllText(path, """{"r2StorgePerGb":{"price":1}}""");
            Assert.Contains("no price named r2StorgePerGb", Assert.Throws<InvalidDataException>(() => PriceTable.Load(path)).Message, StringComparison.Ordinal);
            File.WriteAllText(path, "not json");
            Assert.Throws<InvalidDataException>(() => PriceTable.Load(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Text_shows_a_formula_for_every_cost_and_json_can_be_read()
    {
        var text = new StringWriter();
        Assert.Equal(ExitCode.Done, PlanCommand.Print(new PlanInput(), PriceTable.Default(), json: false, text, TextWriter.Null));
        Assert.Contains("Prices in USD of 2026-11-21", text.ToString(), StringComparison.Ordinal);
        JsonElement json = JsonElement.Parse(Run(json: true));
        Assert.Equal(3, json.GetProperty("setups").GetArrayLength());

        static string Run(bool json)
        {
            var output = new StringWriter();
            PlanCommand.Print(new PlanInput(), PriceTable.Default(), json, output, TextWriter.Null);
            return output.ToString();
        }
    }

    [Fact]
    public void Wrong_numbers_are_all_named_at_once()
    {
        var errors = new StringWriter();
        Assert.Equal(ExitCode.WrongUsage, PlanCommand.Print(new PlanInput { Images = 0, ExactShare = 0.8, SemanticShare = 0.3 }, PriceTable.Default(), false, TextWriter.Null, errors));
        Assert.Contains("--images", errors.ToString(), StringComparison.Ordinal);
        Assert.Contains("together must not exceed 1", errors.ToString(), StringComparison.Ordinal);
    }

    private static PlanLine Line(PlanSetup setup, string item) => setup.Lines.Single(l => l.Item == item);
}
