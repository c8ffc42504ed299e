using System.Text;
using Afterimage.Backfill.Jobs;
using Afterimage.Backfill.Keys;
using Afterimage.Backfill.Sources;
using Afterimage.Cloud.S3;
using Afterimage.Entries;
using Afterimage.Gateway;
using Afterimage.Tests.Cloud.S3;
using Afterimage.Tests.Entries;
using Afterimage.Tests.Images;
using Afterimage.Tests.Scenarios;
using Xunit;
using S3Location = Afterimage.Cloud.S3.S3Location;

namespace Afterimage.Tests.Backfill;

/// <summary>A bucket as source and as the place that hits are served from, against npm <c>s3rver</c>.</summary>
public sealed class S3BackfillTests : BucketTests
{
    [Fact]
    public async Task A_bucket_is_adopted_in_place_and_served_from_there()
    {
        byte[] image = ImageFixtures.SmallPng();
        await Bucket.PutAsync("old/" + EarlierKeyScheme.KeyOf("/prompt/a%20red%20fox?seed=1&width=4&height=4", EarlierKeyScheme.Version), image);
        await Bucket.PutAsync("old/opaque-name", ImageFixtures.SmallPng(4, 4, ImageFixtures.Text("a", "b")), "https://image.pollinations.ai/prompt/a%20blue%20bird?seed=2&width=4&height=4");
        await Bucket.PutAsync("old/odd name ü+%.png", ImageFixtures.SmallPng(4, 4, ImageFixtures.Text("parameters", "a green frog\nSteps: 1, Seed: 3")));
        await Bucket.PutAsync("old/beside.png", ImageFixtures.SmallPng(6, 6));
        await Bucket.PutAsync("old/beside.txt", [.. "a purple cow"u8]);
        await Bucket.PutAsync("old/broken.png", image[..30]);
        await Bucket.PutAsync("new/other.png", image);

        await using var fixture = new BackfillFixture();
        IImageSource source = new S3ImageSource(Bucket.Clients, new S3Location(S3RverBucket.Name, "old/", Bucket.Url, S3RverBucket.Region), 1 << 20);
        BackfillStatus status = await fixture.Service.RunAsync(source, new BackfillOptions { InPlace = source.InPlaceByDefault }, again: false, null, default);

        Assert.Equal((4L, 1L), (status.Progress.Adopted, status.Progress.Failed));
        Assert.Equal(["hashed-key", "object-metadata", "png-parameters", "sidecar-text"], status.Progress.Strategies.Keys.Order());
        await foreach (EntryHeader header in fixture.Store.EnumerateAsync(default))
        {
            Assert.StartsWith($"s3://{S3RverBucket.Name}/old%2F", header.Location, StringComparison.Ordinal);
            using OpenEntry? entry = await fixture.Store.OpenAsync(header.Key, default);
            Assert.NotNull(entry);
        }

        Assert.True((await fixture.Service.ValidateAsync(status.Job.Batch, 10, default)).Passed);
    }

    [Fact]
    public async Task A_listing_goes_on_behind_its_cursor()
    {
        for (int i = 0; i < 12; i++)
        {
            await Bucket.PutAsync($"k{i:00}", [1]);
        }

        IImageSource source = new S3ImageSource(Bucket.Clients, new S3Location(S3RverBucket.Name, "", Bucket.Url, S3RverBucket.Region), 1 << 20);
        var keys = new List<string>();
        await foreach (SourceImage found in source.ListAsync("k04", default))
        {
            keys.Add(found.Key);
        }

        Assert.Equal(Enumerable.Range(5, 7).Select(i => $"k{i:00}"), keys);
    }

    [Fact]
    public async Task A_bucket_of_ours_gives_its_entries_and_not_its_notes_of_their_ids()
    {
        string key = TestEntries.Key(1).ToHex();
        string entry = $"{key[..2]}/{key}.entry";
        foreach ((string name, byte[] bytes) in new[] { (entry, [1]), ("ids/01JD0000000000000000000001", Encoding.ASCII.GetBytes(key)), ("ids/01JD0000000000000000000002", [1]), ("quarantine.json", "[]"u8.ToArray()) })
        {
            await Bucket.PutAsync("ours/" + name, bytes);
        }

        IImageSource source = new S3ImageSource(Bucket.Clients, new S3Location(S3RverBucket.Name, "ours/", Bucket.Url, S3RverBucket.Region), 1 << 20);
        var keys = new List<string>();
        await foreach (SourceImage found in source.ListAsync(null, default))
        {
            keys.Add(found.Key);
        }

        // What only has such a name is listed.
        Assert.Equal(new SortedSet<string>(StringComparer.Ordinal) { entry, "ids/01JD0000000000000000000002" }, keys);
    }

    [Fact]
    public async Task A_bucket_that_is_away_is_a_miss_and_a_reason()
    {
        Assert.Null(await BackfillParts.Locations.ReadAsync(new S3Location(S3RverBucket.Name, "gone", Bucket.Url, S3RverBucket.Region).ToString(), 1 << 20, default));
        IImageSource source = new S3ImageSource(Bucket.Clients, new S3Location("no-such-bucket", "", Bucket.Url, S3RverBucket.Region), 1 << 20);
        await Assert.ThrowsAsync<SourceException>(async () =>
        {
            await foreach (SourceImage _ in source.ListAsync(null, default))
            {
            }
        });
    }

    [Fact]
    public async Task A_bucket_that_never_answers_is_a_miss_after_two_seconds()
    {
        using var silent = new SilentServer();
        Assert.Null(await new S3LocationReader(Bucket.Clients).ReadAsync(
            new S3Location(S3RverBucket.Name, "a", $"http://127.0.0.1:{silent.Port}", S3RverBucket.Region).ToString(), 1 << 20, default));
    }

    [Fact]
    public void Locations_survive_any_key()
    {
        foreach (string key in (string[])["a", "x/../y", "ü ?&#%2F+", "a=b&endpoint=evil"])
        {
            var place = new S3Location("b", key, "http://127.0.0.1:1/", "auto");
            Assert.Equal(place, S3Location.TryParse(place.ToString(), escaped: true));
        }
    }
}
