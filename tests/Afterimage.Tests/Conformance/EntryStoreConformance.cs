using Afterimage.Entries;
using Afterimage.Requests;
using Afterimage.Tests.Entries;
using Xunit;

namespace Afterimage.Tests.Conformance;

/// <summary>What every <see cref="IEntryStore"/> promises. One small subclass per store.</summary>
public abstract class EntryStoreConformance
{
    /// <summary>An empty store that survives <see cref="ReopenAsync"/>.</summary>
    protected abstract Task<IEntryStore> OpenAsync();

    /// <summary>Closes and opens the same store, waiting until it has been read back.</summary>
    protected abstract Task<IEntryStore> ReopenAsync(IEntryStore store);

    [Fact]
    public async Task A_stored_entry_is_read_back_byte_for_byte()
    {
        await using IEntryStore store = await OpenAsync();
        byte[] body = TestEntries.Body(1, 100_000);
        EntryHeader header = TestEntries.Header(1, body);

        Assert.Equal(PutOutcome.Stored, await store.PutAsync(header, body, default));

        using OpenEntry? entry = await store.OpenAsync(header.Key, default);
        Assert.NotNull(entry);
        AssertSame(header, entry.Header);
        Assert.Equal(body, await entry.ReadBodyAsync());
    }

    [Fact]
    public async Task Reading_starts_anywhere_and_ends_at_the_end()
    {
        await using IEntryStore store = await OpenAsync();
        byte[] body = TestEntries.Body(1, 1000);
        await store.PutAsync(TestEntries.Header(1, body), body, default);
        using OpenEntry? entry = await store.OpenAsync(TestEntries.Key(1), default);
        byte[] buffer = new byte[100];

        Assert.Equal(40, await entry!.ReadAsync(960, buffer, default));
        Assert.Equal(body[960..], buffer[..40]);
        Assert.Equal(0, await entry.ReadAsync(1000, buffer, default));
        Assert.Equal(0, await entry.ReadAsync(5000, buffer, default));
    }

    [Fact]
    public async Task An_unknown_key_is_a_miss()
    {
        await using IEntryStore store = await OpenAsync();

        Assert.Null(await store.OpenAsync(TestEntries.Key(1), default));
        Assert.Null(await store.PeekAsync(TestEntries.Key(1), default));
        Assert.False(store.TryGetHot(TestEntries.Key(1), out _));
        Assert.False(await store.DeleteAsync(TestEntries.Key(1), default));
        Assert.Null(await store.FindByIdAsync(TestEntries.Id(1), default));
    }

    [Fact]
    public async Task Entries_survive_a_restart()
    {
        IEntryStore store = await OpenAsync();
        for (int i = 0; i < 20; i++)
        {
            await store.PutAsync(i);
        }

        store = await ReopenAsync(store);
        await using (store)
        {
            Assert.Equal(20, store.Status.Entries);
            Assert.Equal(Enumerable.Range(0, 20).Select(TestEntries.Key).Order(), (await store.ListAsync()).Select(h => h.Key).Order());
            for (int i = 0; i < 20; i++)
            {
                Assert.Equal(TestEntries.Body(i), await store.ReadBodyAsync(TestEntries.Key(i)));
                Assert.Equal(TestEntries.Key(i), await store.FindByIdAsync(TestEntries.Id(i), default));
            }
        }
    }

    [Fact]
    public async Task Replacing_serves_the_new_bytes_and_leaves_readers_of_the_old_ones_alone()
    {
        await using IEntryStore store = await OpenAsync();
        byte[] old = TestEntries.Body(1, 50_000);
        byte[] fresh = TestEntries.Body(2, 30_000);
        await store.PutAsync(TestEntries.Header(1, old), old, default);
        using OpenEntry? reader = await store.OpenAsync(TestEntries.Key(1), default);

        EntryHeader header = TestEntries.Header(1, fresh) with { Id = TestEntries.Id(99) };
        Assert.Equal(PutOutcome.Replaced, await store.PutAsync(header, fresh, default));

        Assert.Equal(old, await reader!.ReadBodyAsync());
        Assert.Equal(fresh, await store.ReadBodyAsync(TestEntries.Key(1)));
        Assert.Equal(TestEntries.Key(1), await store.FindByIdAsync(TestEntries.Id(99), default));
        Assert.Null(await store.FindByIdAsync(TestEntries.Id(1), default));
        Assert.Equal(1, store.Status.Entries);
    }

    [Fact]
    public async Task A_deleted_entry_is_gone_and_its_removal_is_told()
    {
        await using IEntryStore store = await OpenAsync();
        var removed = new List<Hash256>();
        store.Removed += removed.Add;
        await store.PutAsync(1);
        await store.ReadBodyAsync(TestEntries.Key(1));
        await store.ReadBodyAsync(TestEntries.Key(1));
        using OpenEntry? reader = await store.OpenAsync(TestEntries.Key(1), default);

        Assert.True(await store.DeleteAsync(TestEntries.Key(1), default));

        Assert.Null(await store.OpenAsync(TestEntries.Key(1), default));
        Assert.False(store.TryGetHot(TestEntries.Key(1), out _));
        Assert.False(await store.DeleteAsync(TestEntries.Key(1), default));
        Assert.Equal([TestEntries.Key(1)], removed);
        Assert.Equal(TestEntries.Body(1), await reader!.ReadBodyAsync());
    }

    [Fact]
    public async Task An_expired_entry_is_a_miss()
    {
        await using IEntryStore store = await OpenAsync();
        byte[] body = TestEntries.Body(1);
        await store.PutAsync(TestEntries.Header(1, body) with { Expires = DateTimeOffset.UtcNow.AddDays(-1) }, body, default);

        Assert.Null(await store.OpenAsync(TestEntries.Key(1), default));
        Assert.Null(await store.PeekAsync(TestEntries.Key(1), default));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Ein Löwe, 一只猫, 🦁 \"quoted\" \\ / \u0000 \u2028")]
    [InlineData("half a pair \ud83d, and the other \udc00 alone")]
    public async Task Any_prompt_survives(string prompt)
    {
        IEntryStore store = await OpenAsync();
        byte[] body = TestEntries.Body(1);
        EntryHeader header = TestEntries.Header(1, body, prompt);
        await store.PutAsync(header, body, default);

        store = await ReopenAsync(store);
        await using (store)
        {
            using OpenEntry? entry = await store.OpenAsync(header.Key, default);
            AssertSame(header, entry!.Header);
            Assert.Equal(header.Key, entry.Header.Request.ExactKey);
        }
    }

    [Fact]
    public async Task A_batch_in_quarantine_is_not_served_until_released()
    {
        IEntryStore store = await OpenAsync();
        var batch = Guid.NewGuid();
        byte[] body = TestEntries.Body(1);
        await store.SetQuarantineAsync(batch, true, default);
        await store.PutAsync(TestEntries.Header(1, body) with { Batch = batch }, body, default);

        store = await ReopenAsync(store);
        await using (store)
        {
            Assert.Contains(batch, store.Quarantined);
            Assert.Null(await store.OpenAsync(TestEntries.Key(1), default));
            Assert.NotNull(await store.PeekAsync(TestEntries.Key(1), default));

            await store.SetQuarantineAsync(batch, false, default);
            Assert.Equal(body, await store.ReadBodyAsync(TestEntries.Key(1)));
            await store.ReadBodyAsync(TestEntries.Key(1));

            await store.SetQuarantineAsync(batch, true, default);
            Assert.False(store.TryGetHot(TestEntries.Key(1), out _));
            Assert.Null(await store.OpenAsync(TestEntries.Key(1), default));
        }
    }

    [Fact]
    public async Task Deleting_a_batch_removes_exactly_that()
    {
        await using IEntryStore store = await OpenAsync();
        var batch = Guid.NewGuid();
        for (int i = 0; i < 10; i++)
        {
            byte[] body = TestEntries.Body(i);
            await store.PutAsync(TestEntries.Header(i, body) with { Batch = i % 2 == 0 ? batch : default }, body, default);
        }

        Assert.Equal(5, await store.DeleteBatchAsync(batch, default));

        Assert.Equal(new[] { 1, 3, 5, 7, 9 }.Select(TestEntries.Key).Order(), (await store.ListAsync()).Select(h => h.Key).Order());
    }

    [Fact]
    public async Task Concurrent_writers_and_readers_of_one_key_see_whole_entries_only()
    {
        await using IEntryStore store = await OpenAsync();
        byte[][] bodies = [.. Enumerable.Range(0, 4).Select(i => TestEntries.Body(i, 20_000 + (i * 1000)))];
        var valid = bodies.Select(body => Hash256.Of(body)).ToHashSet();
        await store.PutAsync(TestEntries.Header(1, bodies[0]), bodies[0], default);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            for (int i = 0; i < WritesPerWorker; i++)
            {
                byte[] body = bodies[(worker + i) % bodies.Length];
                await store.PutAsync(TestEntries.Header(1, body) with { Id = TestEntries.Id((worker * 1000) + i) }, body, default);
                using OpenEntry? entry = await store.OpenAsync(TestEntries.Key(1), default);
                Assert.NotNull(entry);
                Hash256 hash = Hash256.Of(await entry.ReadBodyAsync());
                Assert.Equal(entry.Header.ContentHash, hash);
                Assert.Contains(hash, valid);
            }
        })));
    }

    /// <summary>Rounds of the concurrency test.</summary>
    protected virtual int WritesPerWorker => 25;

    private static void AssertSame(EntryHeader expected, EntryHeader actual)
    {
        Assert.Equal(Plain(expected), Plain(actual));
        Assert.Equal(expected.ResponseHeaders, actual.ResponseHeaders);
        ImageRequest a = expected.Request, b = actual.Request;
        Assert.Equal((a.Dialect, a.Prompt, a.Seed, a.Model, a.Width, a.Height, a.Scope), (b.Dialect, b.Prompt, b.Seed, b.Model, b.Width, b.Height, b.Scope));
        Assert.Equal(a.Parameters, b.Parameters);
    }

    // Records compare lists and requests by reference; those are compared one by one.
    private static EntryHeader Plain(EntryHeader header) => header with { Request = null!, ResponseHeaders = null! };
}
