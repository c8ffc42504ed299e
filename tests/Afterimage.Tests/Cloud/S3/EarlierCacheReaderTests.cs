using System.Text;
using Afterimage.Backfill.Keys;
using Afterimage.Cloud.S3;
using Xunit;

namespace Afterimage.Tests.Cloud.S3;

/// <summary>The objects that an earlier cache left in its bucket, asked for by its own keys.</summary>
public sealed class EarlierCacheReaderTests : IAsyncLifetime
{
    private FakeS3 _bucket = null!;

    public async ValueTask InitializeAsync() => _bucket = await FakeS3.StartAsync();

    public ValueTask DisposeAsync() => _bucket.DisposeAsync();

    [Fact]
    public async Task Objects_are_found_by_the_keys_of_real_requests()
    {
        string[] rows = File.ReadAllLines(Repository.SharedData("keys/golden.tsv"));
        var reader = new EarlierCacheReader(new S3Objects(_bucket.Options, _bucket.Connect(), TimeProvider.System), new EarlierCacheOptions());
        int hits = 0;
        foreach (string[] cells in rows.Skip(1).Select(row => row.Split('\t')))
        {
            var url = new Uri(cells[0]);
            string pathAndQuery = cells[0][(cells[0].IndexOf(url.Host, StringComparison.Ordinal) + url.Host.Length)..];
            bool versioned = hits % 2 == 0;
            _bucket.Objects.Clear();
            _bucket.Objects[versioned ? cells[1] : cells[2]] = (Encoding.ASCII.GetBytes($"image {hits}"), []);
            (S3Answer answer, EarlierCacheReader.Found found) = await reader.TryReadAsync(pathAndQuery, default);
            Assert.True(answer == S3Answer.Done, cells[0]);
            Assert.Equal($"image {hits}", Encoding.ASCII.GetString(found.Bytes.Span));
            hits++;
        }

        Assert.Equal(rows.Length - 1, hits);
        Assert.Equal(S3Answer.Missing, (await reader.TryReadAsync("/prompt/never%20asked", default)).Answer);
    }

    [Fact]
    public async Task An_object_that_answers_another_url_is_not_taken()
    {
        var reader = new EarlierCacheReader(new S3Objects(_bucket.Options, _bucket.Connect(), TimeProvider.System), new EarlierCacheOptions());
        string key = EarlierKeyScheme.KeyOf("/prompt/a%20cat", null);
        var metadata = new Dictionary<string, string> { ["x-amz-meta-originalurl"] = "https://image.example/prompt/a%20dog" };
        _bucket.Objects[key] = ([1, 2, 3], metadata);
        Assert.Equal(S3Answer.Missing, (await reader.TryReadAsync("/prompt/a%20cat", default)).Answer);

        metadata["x-amz-meta-originalurl"] = "https://image.example/prompt/a%20cat?nofeed=true";
        Assert.Equal(S3Answer.Done, (await reader.TryReadAsync("/prompt/a%20cat", default)).Answer);
    }
}
