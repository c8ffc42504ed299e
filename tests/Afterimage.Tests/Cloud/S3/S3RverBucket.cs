using Afterimage.Cloud.S3;
using Amazon.S3.Model;

namespace Afterimage.Tests.Cloud.S3;

/// <summary>A bucket of npm <c>s3rver</c> with clients for it, in a folder that goes with it.</summary>
internal sealed class S3RverBucket : IAsyncDisposable
{
    public const string Name = FakeS3.Bucket;
    public const string Region = "us-east-1";

    private readonly string _folder;
    private readonly S3RverServer _server;

    private S3RverBucket(string folder, S3RverServer server) => (_folder, _server) = (folder, server);

    public S3Clients Clients { get; } = new();

    public string Url => _server.Url;

    /// <summary>Skips the test where the server is not installed.</summary>
    public static async Task<S3RverBucket> StartAsync()
    {
        string folder = Directory.CreateTempSubdirectory("afterimage-s3-").FullName;

        // The usual AWS chain looks here first.
        Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", S3RverServer.Key);
        Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", S3RverServer.Key);
        return new S3RverBucket(folder, await S3RverServer.StartAsync(folder));
    }

    public Task PutAsync(string key, byte[] bytes, string? originalUrl = null)
    {
        var request = new PutObjectRequest { BucketName = Name, Key = key, InputStream = new MemoryStream(bytes), UseChunkEncoding = false };
        if (originalUrl is not null)
        {
            request.Metadata["originalUrl"] = originalUrl;
        }

        return Clients.Get(Url, Region).PutObjectAsync(request);
    }

    /// <summary>What is in the bucket stays out of reach from here on.</summary>
    public ValueTask StopAsync() => _server.DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Clients.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
