using Afterimage.Entries;
using Xunit;

namespace Afterimage.Tests.Entries;

/// <summary>Large images in memory are files without a name, where the system has such; their readers see the same bytes.</summary>
public sealed class MemoryFileTests
{
    [Theory]
    [InlineData(MemoryFile.BytesMin - 1)]
    [InlineData(MemoryFile.BytesMin)]
    [InlineData(1_000_001)]
    public async Task An_entry_is_read_the_same_however_it_is_kept(int length)
    {
        byte[] body = new byte[length];
        new Random(length).NextBytes(body);
        var tier = new MemoryTier(new MemoryTierOptions { BytesMax = 10_000_000 }, TimeProvider.System);
        HotEntry entry = tier.Add(TestEntries.Header(1, body), body);
        Assert.Equal(length >= MemoryFile.BytesMin && OperatingSystem.IsLinux(), entry.File is not null);
        Assert.NotEqual(entry.File is null, entry.Body is null);
        Assert.Equal(length, entry.Length);
        byte[] read = new byte[length + 10];
        Assert.Equal(length, await entry.ReadAsync(0, read, CancellationToken.None));
        Assert.Equal(body, read[..length]);
        Assert.Equal(7, await entry.ReadAsync(length - 7, read, CancellationToken.None));
        Assert.Equal(body[^7..], read[..7]);
        Assert.Equal(0, await entry.ReadAsync(length, read, CancellationToken.None));
        Assert.InRange(tier.Bytes, length, length + 4_096);
    }
}
