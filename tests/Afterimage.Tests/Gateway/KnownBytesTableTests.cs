using System.Text;
using Afterimage.Gateway;
using Xunit;

namespace Afterimage.Tests.Gateway;

public sealed class KnownBytesTableTests
{
    [Fact]
    public void Only_the_very_bytes_are_found_and_the_latest_always_are()
    {
        var table = new KnownBytesTable<Known>(16);
        for (int i = 0; i < 1_000; i++)
        {
            var known = new Known(Encoding.ASCII.GetBytes($"line {i}"));
            table.Set(known);
            Assert.Same(known, table.Find(known.Bytes));
            Assert.Null(table.Find(known.Bytes.AsSpan(1)));
        }

        int left = Enumerable.Range(0, 1_000).Count(i => table.Find(Encoding.ASCII.GetBytes($"line {i}")) is not null);
        Assert.InRange(left, 1, 16);
    }

    [Fact]
    public void What_is_set_again_drives_nobody_out()
    {
        var table = new KnownBytesTable<Known>(2);
        (Known a, Known b) = (new([1]), new([2]));
        table.Set(a);
        table.Set(b);
        for (int i = 0; i < 10; i++)
        {
            table.Set(b);
        }

        Assert.Same(a, table.Find(a.Bytes));
        Assert.Same(b, table.Find(b.Bytes));
    }

    private sealed record Known(byte[] Bytes) : IKnownBytes;
}
