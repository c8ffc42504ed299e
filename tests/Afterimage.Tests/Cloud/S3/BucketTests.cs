using Xunit;

namespace Afterimage.Tests.Cloud.S3;

/// <summary>Tests of which each has a bucket of npm <c>s3rver</c> to itself.</summary>
public abstract class BucketTests : IAsyncLifetime
{
    private S3RverBucket? _bucket;

    private protected S3RverBucket Bucket => _bucket!;

    public async ValueTask InitializeAsync() => _bucket = await S3RverBucket.StartAsync();

    // Null where the server is not installed and the tests are skipped.
    public async ValueTask DisposeAsync()
    {
        if (_bucket is not null)
        {
            await _bucket.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }
}
