using System.Text;
using Afterimage.Caching.Http;
using Afterimage.Entries;
using Afterimage.Gateway.HttpRoute;
using Afterimage.Tests.Caching.Http;
using Afterimage.Tests.Scenarios;
using Xunit;

namespace Afterimage.Tests.Gateway.HttpRoute;

/// <summary>Responses that outlive the process.</summary>
public sealed class DiskScenarios : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("afterimage-http-").FullName;

    [Fact]
    public async Task A_response_survives_a_restart_with_its_age_and_variant()
    {
        await using (RouteFixture route = await StartAsync())
        {
            await route.GetAsync("/a", ("Accept-Language", "de, en"));
        }

        DiskTier disk = Open();
        await disk.Loaded;
        await using RouteFixture again = await StartAsync(disk);
        again.Time.Advance(30);
        Answer hit = await again.GetAsync("/a", ("Accept-Language", "EN,de"));
        Assert.Equal(("HIT exact", "0123456789-1"), (hit.Cache, Encoding.ASCII.GetString(hit.Body)));
        Assert.InRange(int.Parse(hit["Age"]), 30, 60);
        Assert.Equal("MISS", (await again.GetAsync("/a", ("Accept-Language", "fr"))).Cache);
    }

    [Fact]
    public async Task What_was_invalidated_does_not_come_back()
    {
        await using (RouteFixture route = await StartAsync())
        {
            await route.GetAsync("/a");
            await route.GetAsync("/b");
            await route.SendAsync(HttpMethod.Delete, "/a");
        }

        DiskTier disk = Open();
        await disk.Loaded;
        Assert.False(disk.MayHave(new ResourceKey("", "/a")));
        Assert.True(disk.MayHave(new ResourceKey("", "/b")));
        await disk.DisposeAsync();
    }

    [Fact]
    public async Task What_is_invalidated_before_the_disk_has_been_read_does_not_come_back_either()
    {
        await using (RouteFixture route = await StartAsync())
        {
            await route.GetAsync("/a");
            await route.GetAsync("/b");
        }

        await using DiskTier disk = Open();
        var key = new ResourceKey("", "/a");
        await disk.ForgetAllAsync(key);
        await disk.Loaded;
        await disk.SettleAsync();
        Assert.False(disk.MayHave(key));
        Assert.True(disk.MayHave(new ResourceKey("", "/b")));
        Assert.Equal([new ResourceKey("", "/b")], await disk.FindAsync(_ => true, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Every_part_of_a_response_is_read_back()
    {
        await using DiskTier disk = Open();
        var key = new ResourceKey("tenant", "/a?b=c");
        StoredResponse response = Make.Stored(404, "hello", Make.Fields("Foo: 1=2"), "Cache-Control: max-age=60", "Vary: Foo, Bar", "Set-Cookie: a", "Set-Cookie: b", "ETag: \"x\"");
        Save(disk, key, response);
        await disk.SettleAsync();
        var memory = new ResponseStore(1 << 20);
        await disk.LoadAsync(key, memory, null, CancellationToken.None);
        StoredResponse read = Assert.Single(memory.FindAll(key, Make.Fields("Foo: 1=2")));
        Assert.Equal(response.Fields.Lines, read.Fields.Lines);
        Assert.Equal((response.Status, response.RequestTime, response.ResponseTime, response.Freshness), (read.Status, read.RequestTime, read.ResponseTime, read.Freshness));
        Assert.True(response.Vary.IsSameAs(read.Vary));
        Assert.Equal("hello", Make.Text(read));
    }

    [Fact]
    public async Task Of_two_answers_to_the_same_question_the_later_one_stays()
    {
        await using DiskTier disk = Open();
        var key = new ResourceKey("", "/a");
        Save(disk, key, Make.Stored(200, "old", null, "Cache-Control: max-age=60"));
        Save(disk, key, Make.Stored(200, "new", null, "Cache-Control: max-age=60"));
        await disk.SettleAsync();
        var memory = new ResponseStore(1 << 20);
        await disk.LoadAsync(key, memory, null, CancellationToken.None);
        Assert.Equal("new", Make.Text(Assert.Single(memory.FindAll(key, HttpFields.Empty))));
        Assert.Equal(1, disk.Count);
    }

    [Fact]
    public async Task What_is_being_removed_cannot_be_loaded_any_more()
    {
        await using DiskTier disk = Open();
        var key = new ResourceKey("", "/a");
        Save(disk, key, Make.Stored("Cache-Control: max-age=60"));
        await disk.SettleAsync();
        Assert.True(disk.MayHave(key));
        Task removal = disk.ForgetAllAsync(key);
        Assert.False(disk.MayHave(key));
        await removal;
        var memory = new ResponseStore(1 << 20);
        await disk.LoadAsync(key, memory, null, CancellationToken.None);
        Assert.Equal(0, memory.Count);
    }

    [Fact]
    public async Task What_was_invalidated_while_it_was_being_loaded_does_not_come_into_memory()
    {
        await using DiskTier disk = Open();
        var key = new ResourceKey("", "/a");
        Save(disk, key, Make.Stored("Cache-Control: max-age=60"));
        await disk.SettleAsync();
        var memory = new ResponseStore(1 << 20);
        await disk.LoadAsync(key, memory, () => true, CancellationToken.None);
        Assert.False(memory.Has(key));
        await disk.LoadAsync(key, memory, () => false, CancellationToken.None);
        Assert.True(memory.Has(key));
    }

    [Fact]
    public async Task What_only_made_room_in_memory_is_written_and_what_was_removed_is_not()
    {
        await using DiskTier disk = Open();
        var memory = new ResponseStore(40_000);
        List<(ResourceKey Key, StoredResponse Response)> all = [.. Enumerable.Range(0, 60).Select(i => (new ResourceKey("", $"/{i}"), Make.Stored(200, new string('x', 2_000), null, "Cache-Control: max-age=60")))];
        all.ForEach(each => memory.Put(each.Key, each.Response));
        Assert.InRange(memory.Count, 5, 30);
        memory.RemoveAll(all[^1].Key);
        all.ForEach(each => disk.Save(each.Key, each.Response, (MemoryContent)each.Response.Body, () => each.Key == all[0].Key));
        await disk.SettleAsync();
        Assert.Equal([all[0].Key, all[^1].Key], all.Select(each => each.Key).Where(key => !disk.MayHave(key)));
    }

    [Fact]
    public async Task A_variant_that_has_left_memory_comes_back_beside_one_that_has_not()
    {
        DiskTier disk = Open();
        await using RouteFixture route = await StartAsync(disk);
        await route.GetAsync("/a", ("Accept-Language", "de"));
        await route.GetAsync("/a", ("Accept-Language", "fr"));
        await disk.SettleAsync();
        var key = new ResourceKey("", "/a");
        route.Store.Remove(key, route.Store.Find(key, Make.Fields("Accept-Language: de"))!);
        Assert.Equal("HIT exact", (await route.GetAsync("/a", ("Accept-Language", "de"))).Cache);
        Assert.Equal("HIT exact", (await route.GetAsync("/a", ("Accept-Language", "fr"))).Cache);
        Assert.Equal("MISS", (await route.GetAsync("/a", ("Accept-Language", "en"))).Cache);
        Assert.Equal(3, route.Origin.Calls);
    }

    [Fact]
    public async Task A_request_amid_an_invalidation_does_not_bring_back_from_the_disk_what_has_just_gone_from_memory()
    {
        DiskTier disk = Open();
        await using RouteFixture route = await StartAsync(disk);
        for (int round = 0; round < 300; round++)
        {
            string before = Encoding.ASCII.GetString((await route.GetAsync("/a")).Body);
            await disk.SettleAsync();
            Task<Answer> invalidation = route.SendAsync(HttpMethod.Delete, "/a");
            while (!invalidation.IsCompleted)
            {
                await Task.WhenAll(route.GetAsync("/a"), route.GetAsync("/a"), route.GetAsync("/a"));
            }

            await invalidation;
            Assert.NotEqual(before, Encoding.ASCII.GetString((await route.GetAsync("/a")).Body));
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private Task<RouteFixture> StartAsync(DiskTier? disk = null) =>
        RouteFixture.StartAsync(ReuseScenarios.Fields("max-age=600", ("Vary", "Accept-Language")), disk: disk ?? Open());

    private static void Save(DiskTier disk, ResourceKey key, StoredResponse response) => disk.Save(key, response, (MemoryContent)response.Body);

    private DiskTier Open() => new(
        FileEntryStore.Open(
            new FileEntryStoreOptions { Folder = _folder, Flush = FlushPolicy.Never, FreeDiskBytesMin = 0, Memory = new MemoryTierOptions { BytesMax = 0 } }, TimeProvider.System),
        HttpCachePolicy.Default);
}
