using Afterimage.Backfill.Jobs;
using Afterimage.Backfill.Keys;
using Afterimage.Backfill.Sources;
using Afterimage.Cloud.S3;
using Afterimage.Entries;
using Afterimage.Gateway;
using Afterimage.Tests.Cloud.S3;
using Afterimage.Tests.Images;
using Amazon.S3.Model;
using Xunit;
using S3Location = Afterimage.Cloud.S3.S3Location;

namespace Afterimage.Tests.Backfill;

/// <summary>A bucket as source and as the place that hits are served from, against npm <c>s3rver</c>.</summary>
public sealed class S3BackfillTests : IAsyncLifetime
{
    private const string Bucket = FakeS3.Bucket;

    private readonly string _folder = Directory.CreateTempSubdirectory("afterimage-s3-").FullName;
    private readonly S3SourceClients _clients = new();
    private S3RverServer? _server;

    public async ValueTask InitializeAsync()
    {
        _server = await S3RverServer.StartAsync(_folder);

        // The usual AWS chain looks here first.
        Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", S3RverServer.Key);
        Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", S3RverServer.Key);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        _clients.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_bucket_is_adopted_in_place_and_served_from_there()
    {
        byte[] image = ImageFixtures.SmallPng();
        await PutAsync("old/" + EarlierKeyScheme.KeyOf("/prompt/a%20red%20fox?seed=1&width=4&height=4", EarlierKeyScheme.Version), image, null);
        await PutAsync("old/opaque-name", ImageFixtures.SmallPng(4, 4, ImageFixtures.Text("a", "b")), "https://image.pollinations.ai/prompt/a%20blue%20bird?seed=2&width=4&height=4");
        await PutAsync("old/odd name ü+%.png", ImageFixtures.SmallPng(4, 4, ImageFixtures.Text("parameters", "a green frog\nSteps: 1, Seed: 3")), null);
        await PutAsync("old/beside.png", ImageFixtures.SmallPng(6, 6), null);
        await PutAsync("old/beside.txt", [.. "a purple cow"u8], null);
        await PutAsync("old/broken.png", image[..30], null);
        await PutAsync("new/other.png", image, null);

        await using var fixture = new BackfillFixture();
        IImageSource source = new S3ImageSource(_clients, new S3Location(Bucket, "old/", _server!.Url, "us-east-1"), 1 << 20);
        BackfillStatus status = await fixture.Service.RunAsync(source, new BackfillOptions { InPlace = source.InPlaceByDefault }, again: false, null, default);

        Assert.Equal((4L, 1L), (status.Progress.Adopted, status.Progress.Failed));
        Assert.Equal(["hashed-key", "object-metadata", "png-parameters", "sidecar-text"], status.Progress.Strategies.Keys.Order());
        await foreach (EntryHeader header in fixture.Store.EnumerateAsync(default))
        {
            Assert.StartsWith($"s3://{Bucket}/old%2F", header.Location, StringComparison.Ordinal);
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
            await PutAsync($"k{i:00}", [1], null);
        }

        IImageSource source = new S3ImageSource(_clients, new S3Location(Bucket, "", _server!.Url, "us-east-1"), 1 << 20);
        var keys = new List<string>();
        await foreach (SourceImage found in source.ListAsync("k04", default))
        {
            keys.Add(found.Key);
        }

        Assert.Equal(Enumerable.Range(5, 7).Select(i => $"k{i:00}"), keys);
    }

    [Fact]
    public async Task A_bucket_that_is_away_is_a_miss_and_a_reason()
    {
        Assert.Null(await BackfillParts.Locations.ReadAsync(new S3Location(Bucket, "gone", _server!.Url, "us-east-1").ToString(), 1 << 20, default));
        IImageSource source = new S3ImageSource(_clients, new S3Location("no-such-bucket", "", _server!.Url, "us-east-1"), 1 << 20);
        await Assert.ThrowsAsync<SourceException>(async () =>
        {
            await foreach (SourceImage _ in source.ListAsync(null, default))
            {
            }
        });
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

    private async Task PutAsync(string key, byte[] bytes, string? originalUrl)
    {
        var request = new PutObjectRequest { BucketName = Bucket, Key = key, InputStream = new MemoryStream(bytes), UseChunkEncoding = false };
        if (originalUrl is not null)
        {
            request.Metadata["originalUrl"] = originalUrl;
        }

        await _clients.Get(_server!.Url, "us-east-1").PutObjectAsync(request);
    }
}
