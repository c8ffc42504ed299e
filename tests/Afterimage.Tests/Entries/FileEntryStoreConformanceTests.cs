using Afterimage.Entries;
using Afterimage.Tests.Conformance;

namespace Afterimage.Tests.Entries;

/// <summary>The store on disk keeps every promise of an entry store.</summary>
public sealed class FileEntryStoreConformanceTests : EntryStoreConformance, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    protected override Task<IEntryStore> OpenAsync() =>
        Task.FromResult<IEntryStore>(FileEntryStore.Open(new FileEntryStoreOptions { Folder = _folder.Path, FreeDiskBytesMin = 0 }, TimeProvider.System));

    protected override async Task<IEntryStore> ReopenAsync(IEntryStore store)
    {
        await store.DisposeAsync();
        var reopened = (FileEntryStore)await OpenAsync();
        await reopened.Loaded;
        return reopened;
    }

    public void Dispose() => _folder.Dispose();
}
