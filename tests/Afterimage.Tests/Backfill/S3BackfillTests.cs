using System.Diagnostics;
using System.Text.RegularExpressions;
using Afterimage.Backfill.Jobs;
using Afterimage.Backfill.Keys;
using Afterimage.Backfill.Sources;
using Afterimage.Cloud.S3;
using Afterimage.Entries;
using Afterimage.Gateway;
using Afterimage.Tests.Images;
using Amazon.S3.Model;
using Xunit;
using S3Location = Afterimage.Cloud.S3.S3Location;

namespace Afterimage.Tests.Backfill;

/// <summary>
/// A bucket as source and as the place that hits are served from, against npm <c>s3rver</c> on loopback. Skipped, visibly, where it is not installed in
/// the folder that <c>AFTERIMAGE_TEST_NODE_MODULES</c> names or in <c>artifacts/node_modules</c>.
/// </summary>
public sealed partial class S3BackfillTests : IAsyncLifetime
{
    private const string Bucket = "images";

    private readonly string _folder = Directory.CreateTempSubdirectory("afterimage-s3-").FullName;
    private readonly S3SourceClients _clients = new();
    private Process? _server;
    private string _url = "";

    public async ValueTask InitializeAsync()
    {
        string modules = Environment.GetEnvironmentVariable("AFTERIMAGE_TEST_NODE_MODULES") ?? Path.Combine(Repository.Root, "artifacts", "node_modules");
        string script = Path.Combine(modules, "s3rver", "bin", "s3rver.js");
        Assert.SkipUnless(File.Exists(script), $"npm package s3rver is not in {modules}");
        Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", "S3RVER");
        Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", "S3RVER");
        var start = new ProcessStartInfo("node") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in (string[])[script, "-d", _folder, "-a", "127.0.0.1", "-p", "0", "--configure-bucket", Bucket])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["NODE_OPTIONS"] = "--openssl-legacy-provider";
        _server = Process.Start(start)!;
        _server.ErrorDataReceived += (_, _) => { };
        _server.BeginErrorReadLine();
        while (await _server.StandardOutput.ReadLineAsync() is { } line)
        {
            if (Listening().Match(line) is { Success: true } match)
            {
                _url = $"http://127.0.0.1:{match.Groups[1].Value}";
                _ = _server.StandardOutput.ReadToEndAsync();
                return;
            }
        }

        Assert.Fail("s3rver did not start");
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            _server.Kill();
            await _server.WaitForExitAsync();
            _server.Dispose();
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
        IImageSource source = new S3ImageSource(_clients, new S3Location(Bucket, "old/", _url, "us-east-1"), 1 << 20);
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

        IImageSource source = new S3ImageSource(_clients, new S3Location(Bucket, "", _url, "us-east-1"), 1 << 20);
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
        Assert.Null(await BackfillParts.Locations.ReadAsync(new S3Location(Bucket, "gone", _url, "us-east-1").ToString(), 1 << 20, default));
        IImageSource source = new S3ImageSource(_clients, new S3Location("no-such-bucket", "", _url, "us-east-1"), 1 << 20);
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

        await _clients.Get(_url, "us-east-1").PutObjectAsync(request);
    }

    [GeneratedRegex(@"listening on \S*:(\d+)", RegexOptions.IgnoreCase)]
    private static partial Regex Listening();
}
