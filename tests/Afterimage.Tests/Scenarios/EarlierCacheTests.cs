using Afterimage.Configuration;
using Afterimage.Dialects;
using Afterimage.Tests.Cloud.S3;
using Afterimage.Tests.Images;
using Xunit;

namespace Afterimage.Tests.Scenarios;

/// <summary>An operator switches over with the bucket of the earlier cache: what was an exact hit there is one here, bit for bit, and becomes an entry of ours.</summary>
public sealed class EarlierCacheTests : BucketTests
{
    [Fact]
    public async Task Every_exact_hit_is_kept_and_the_bucket_is_asked_once()
    {
        List<Row> rows = await FillAsync();
        await using TestGateway gateway = await StartAsync();
        var served = new Dictionary<Hash256, byte[]>();
        foreach (Row row in rows)
        {
            Answer answer = await gateway.GetAsync(row.Target);
            if (row.Key is not { } key)
            {
                Assert.Equal("BYPASS", answer["X-Cache"]);
                continue;
            }

            // Spellings of one request have a key each there and one entry here: the first picture stays.
            byte[] expected = served.TryGetValue(key, out byte[]? first) ? first : served[key] = row.Image;
            Assert.True(("HIT", "exact") == (answer["X-Cache"], answer["X-Cache-Type"]), row.Target);
            Assert.Equal(expected, answer.Body);
        }

        Assert.InRange(served.Count, 150, rows.Count);
        Assert.Equal(rows.Count(row => row.Key is null), gateway.Origin.Calls);

        await Bucket.StopAsync();
        await gateway.SettleAsync();
        foreach (Row row in rows.Where(row => row.Key is not null).Take(20))
        {
            Assert.Equal("HIT", (await gateway.GetAsync(row.Target))["X-Cache"]);
        }
    }

    [Fact]
    public async Task What_the_bucket_has_not_got_or_not_whole_is_a_miss_as_always()
    {
        await Bucket.PutAsync(Afterimage.Backfill.Keys.EarlierKeyScheme.KeyOf("/prompt/a%20torn%20fox?width=4&height=4", null), ImageFixtures.SmallPng()[..40]);
        await using TestGateway gateway = await StartAsync();
        Assert.Equal("MISS", (await gateway.GetAsync("/prompt/a%20torn%20fox?width=4&height=4"))["X-Cache"]);
        Assert.Equal("MISS", (await gateway.GetAsync("/prompt/never%20asked?width=4&height=4"))["X-Cache"]);
        await Bucket.StopAsync();
        Assert.Equal("MISS", (await gateway.GetAsync("/prompt/the%20bucket%20is%20away?width=4&height=4"))["X-Cache"]);
    }

    private Task<TestGateway> StartAsync() => TestGateway.StartAsync(
        ("Store:Earlier:Bucket", S3RverBucket.Name), ("Store:Earlier:ServiceUrl", Bucket.Url), ("Store:Earlier:Region", S3RverBucket.Region), ("Semantic:Mode", "off"));

    private async Task<List<Row>> FillAsync()
    {
        var dialect = new PollinationsDialect(new PollinationsOptions());
        var rows = new List<Row>();
        var objects = new Dictionary<string, byte[]>();
        // The server keeps an object in a file of its name, with an ending; longer keys are in the tests of the reader.
        foreach (string[] cells in File.ReadLines(Repository.SharedData("keys/golden.tsv")).Skip(1).Select(line => line.Split('\t')).Where(cells => cells[1].Length < 230))
        {
            var url = new Uri(cells[0]);
            string target = Ascii(cells[0][(cells[0].IndexOf(url.Host, StringComparison.Ordinal) + url.Host.Length)..]);

            // Half of them with the version prefix. Some URLs have one key.
            string name = cells[cells[2].Length % 2 == 0 ? 1 : 2];
            byte[] image = objects.TryGetValue(name, out byte[]? there) ? there : objects[name] = ImageFixtures.SmallPng(4, 4, ImageFixtures.Text("n", $"{rows.Count}"));
            DialectReading reading = dialect.Read(new RequestTarget(target), "");
            rows.Add(new Row(target, image, reading.Request?.ExactKey));
        }

        await Parallel.ForEachAsync(objects, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (item, _) => await Bucket.PutAsync(item.Key, item.Value));
        return rows;
    }

    // As a client writes it: a target has no letters beyond ASCII, and the earlier cache's keys are those of the written form.
    private static string Ascii(string target) => string.Concat(target.EnumerateRunes().Select(rune => rune.IsAscii && rune.Value > ' ' ? rune.ToString() : Uri.EscapeDataString(rune.ToString())));

    private sealed record Row(string Target, byte[] Image, Hash256? Key);
}
