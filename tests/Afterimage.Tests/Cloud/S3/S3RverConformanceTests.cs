using Afterimage.Cloud.S3;
using Afterimage.Entries;
using Afterimage.Tests.Conformance;
using Amazon.Runtime;
using Xunit;

namespace Afterimage.Tests.Cloud.S3;

/// <summary>
/// The same promises against a server that others wrote: npm <c>s3rver</c> 3.7.1 on loopback.
/// </summary>
public sealed class S3RverConformanceTests : EntryStoreConformance, IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private S3RverServer? _server;

    // It takes 40 ms for a PUT.
    protected override int WritesPerWorker => 2;

    public async ValueTask InitializeAsync() => _server = await S3RverServer.StartAsync(Path.Combine(_folder.Path, "bucket"));

    public async ValueTask DisposeAsync()
    {
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
        _folder.Dispose();
    }

    protected override async Task<IEntryStore> OpenAsync()
    {
        var options = new S3StoreOptions { Bucket = FakeS3.Bucket, ServiceUrl = _server!.Url };
        var store = S3EntryStore.Open(
            options,
            new FileEntryStoreOptions { Folder = Path.Combine(_folder.Path, "local"), FreeDiskBytesMin = 0 },
            TimeProvider.System,
            null,
            S3Clients.Connect(options, new BasicAWSCredentials(S3RverServer.Key, S3RverServer.Key)));
        await store.Counted;
        return store;
    }

    protected override async Task<IEntryStore> ReopenAsync(IEntryStore store)
    {
        await store.DisposeAsync();
        return await OpenAsync();
    }
}
