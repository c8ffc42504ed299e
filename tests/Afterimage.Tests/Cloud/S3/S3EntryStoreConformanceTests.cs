using Afterimage.Cloud.S3;
using Afterimage.Entries;
using Afterimage.Tests.Conformance;
using Xunit;

namespace Afterimage.Tests.Cloud.S3;

/// <summary>The store in a bucket keeps every promise of an entry store; the bucket is a small one of our own.</summary>
public sealed class S3EntryStoreConformanceTests : EntryStoreConformance, IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private FakeS3 _bucket = null!;

    public async ValueTask InitializeAsync() => _bucket = await FakeS3.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _bucket.DisposeAsync();
        _folder.Dispose();
    }

    protected override async Task<IEntryStore> OpenAsync()
    {
        var store = S3EntryStore.Open(
            _bucket.Options, new FileEntryStoreOptions { Folder = _folder.Path, FreeDiskBytesMin = 0 }, TimeProvider.System, null, _bucket.Connect());
        await store.Counted;
        return store;
    }

    protected override async Task<IEntryStore> ReopenAsync(IEntryStore store)
    {
        await store.DisposeAsync();
        return await OpenAsync();
    }
}
