using Afterimage.Caching;
using Afterimage.Entries;
using Afterimage.Tests.Entries;
using Xunit;

namespace Afterimage.Tests.Caching;

public sealed class PictureKeeperTests
{
    [Fact]
    public async Task A_store_without_room_is_said_once_and_so_is_its_end()
    {
        using var folder = new TemporaryFolder();
        await using FileEntryStore store = FileEntryStore.Open(
            new FileEntryStoreOptions { Folder = folder.Path, BytesMax = 20_000, FreeDiskBytesMin = 0, Flush = FlushPolicy.Never }, TimeProvider.System);
        var keeper = new PictureKeeper(store);
        var told = new List<string?>();
        keeper.FaultChanged += told.Add;
        byte[] small = TestEntries.Body(1), large = new byte[30_000];

        Assert.True(await keeper.StoreAsync(TestEntries.Header(1, small), small));
        Assert.False(await keeper.StoreAsync(TestEntries.Header(2, large), large));
        Assert.False(await keeper.StoreAsync(TestEntries.Header(3, large), large));
        Assert.NotNull(keeper.Fault);
        Assert.True(await keeper.StoreAsync(TestEntries.Header(4, small), small));

        Assert.Null(keeper.Fault);
        Assert.Collection(told, first => Assert.Contains("no room", first), Assert.Null);
    }
}
