using Afterimage.Caching;
using Xunit;

namespace Afterimage.Tests.Caching;

/// <summary>An answer under way: one writer, many readers, bounded memory.</summary>
public sealed class ContentBufferTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_source_is_read_once_and_every_reader_gets_all_of_it(bool announced)
    {
        byte[] content = Bytes(200_000);
        var budget = new BufferBudget(1 << 20);
        using var buffer = new ContentBuffer(announced ? content.Length : null, 1 << 20, budget);
        ContentBuffer.Reader[] readers = [.. Enumerable.Range(0, 5).Select(_ => buffer.Attach()!)];
        using var source = new CountingStream(content);
        Task<byte[]>[] reading = [.. readers.Select(ReadAsync)];
        await buffer.FillAsync(source, () => { }, Timeout.InfiniteTimeSpan, Stop);
        Assert.All(await Task.WhenAll(reading), bytes => Assert.Equal(content, bytes));
        Assert.Equal(content.Length, source.BytesRead);
        Assert.Equal(content, buffer.Content.ToArray());
        Assert.InRange(budget.Taken, content.Length, 2 * content.Length);
    }

    [Fact]
    public async Task Memory_comes_back_when_owner_and_readers_are_done()
    {
        var budget = new BufferBudget(1 << 20);
        var buffer = new ContentBuffer(50_000, 1 << 20, budget);
        ContentBuffer.Reader reader = buffer.Attach()!;
        await buffer.FillAsync(new MemoryStream(Bytes(50_000)), () => { }, Timeout.InfiniteTimeSpan, Stop);
        buffer.Dispose();
        Assert.True(budget.Taken > 0);
        reader.Dispose();
        Assert.Equal(0, budget.Taken);
        reader.Dispose();
        buffer.Dispose();
        Assert.Equal(0, budget.Taken);
    }

    [Theory]
    [InlineData(10_000, 1 << 20)]
    [InlineData(1 << 20, 10_000)]
    public async Task Beyond_the_bound_or_the_budget_it_is_a_window_that_waits_for_its_reader(int bytesMax, int budgetMax)
    {
        byte[] content = Bytes(500_000);
        var budget = new BufferBudget(budgetMax);
        using var buffer = new ContentBuffer(null, bytesMax, budget);
        ContentBuffer.Reader reader = buffer.Attach()!;
        Task fill = buffer.FillAsync(new MemoryStream(content), () => { }, Timeout.InfiniteTimeSpan, Stop);
        Assert.Equal(content, await ReadAsync(reader));
        await fill;
        Assert.True(buffer.Overflowed);
        Assert.InRange(budget.Taken, 0, Math.Min(bytesMax, budgetMax));
        Assert.Null(buffer.Attach());
    }

    [Fact]
    public async Task An_answer_too_large_to_keep_ends_when_nobody_reads_it_any_more()
    {
        using var buffer = new ContentBuffer(null, 10_000, new BufferBudget(1 << 20));
        ContentBuffer.Reader reader = buffer.Attach()!;
        Task fill = buffer.FillAsync(new MemoryStream(Bytes(500_000)), () => { }, Timeout.InfiniteTimeSpan, Stop);
        Assert.False(fill.IsCompleted);
        reader.Dispose();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fill);
    }

    private static async Task<byte[]> ReadAsync(ContentBuffer.Reader reader)
    {
        var all = new List<byte>();
        while (await reader.ReadAsync(Stop) is { IsEmpty: false } piece)
        {
            all.AddRange(piece.Span);
            await Task.Yield();
        }

        reader.Dispose();
        return [.. all];
    }

    private sealed class CountingStream(byte[] content) : MemoryStream(content)
    {
        public long BytesRead { get; private set; }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            int read = await base.ReadAsync(buffer[..Math.Min(buffer.Length, 7_000)], cancellationToken);
            BytesRead += read;
            return read;
        }
    }
}
