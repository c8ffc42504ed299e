using Afterimage.Caching.Http;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Afterimage.Tests.Caching.Http;

public sealed class ResponseStoreTests
{
    private const string Hour = "Cache-Control: max-age=3600";
    private static readonly ResourceKey Key = new("", "/a");

    [Fact]
    public void What_was_put_is_found_and_nothing_else()
    {
        var store = new ResponseStore(1 << 20);
        StoredResponse response = Make.Stored(Hour);
        Assert.True(store.Put(Key, response));
        Assert.Same(response, store.Find(Key, HttpFields.Empty));
        Assert.Null(store.Find(new ResourceKey("", "/A"), HttpFields.Empty));
        Assert.Null(store.Find(new ResourceKey("tenant", "/a"), HttpFields.Empty));
    }

    [Fact]
    public void Variants_live_side_by_side_and_each_replaces_its_own_kind()
    {
        var store = new ResponseStore(1 << 20);
        StoredResponse one = Variant("1"), two = Variant("2"), newerOne = Variant("1");
        store.Put(Key, one);
        store.Put(Key, two);
        store.Put(Key, newerOne);
        Assert.Equal(2, store.Count);
        Assert.Same(newerOne, store.Find(Key, Make.Fields("Foo: 1")));
        Assert.Same(two, store.Find(Key, Make.Fields("Foo: 2")));
        Assert.Null(store.Find(Key, Make.Fields("Foo: 3")));
    }

    [Fact]
    public void A_variant_without_Vary_is_passed_over_where_others_have_it()
    {
        // RFC 9111 section 4.1
        var store = new ResponseStore(1 << 20);
        store.Put(Key, Variant("1"));
        store.Put(Key, Make.Stored(Hour));
        Assert.Null(store.Find(Key, Make.Fields("Foo: 2")));
        Assert.NotNull(store.Find(Key, Make.Fields("Foo: 1")));
    }

    [Fact]
    public void What_was_stored_earlier_takes_the_place_of_nothing_that_came_meanwhile()
    {
        var store = new ResponseStore(1 << 20);
        StoredResponse newer = Variant("1"), older = VariantAt(-60, "1");
        store.Put(Key, newer);
        Assert.False(store.Restore(Key, older));
        Assert.Same(newer, store.Find(Key, Make.Fields("Foo: 1")));
        Assert.True(store.Restore(Key, VariantAt(-60, "2")));
        Assert.Equal(2, store.Count);
    }

    [Fact]
    public void What_was_stored_earlier_stands_behind_what_arrived_later()
    {
        var store = new ResponseStore(1 << 20);
        StoredResponse latest = Make.StoredAt(Make.Now, 200, "c", Make.Fields("Foo: 1"), Hour, "Vary: Foo");
        StoredResponse middle = Make.StoredAt(Make.Now.AddSeconds(-10), 200, "b", Make.Fields("Bar: 1"), Hour, "Vary: Bar");
        StoredResponse first = Make.StoredAt(Make.Now.AddSeconds(-20), 200, "a", Make.Fields("Baz: 1"), Hour, "Vary: Baz");
        store.Put(Key, latest);
        store.Restore(Key, first);
        store.Restore(Key, middle);
        Assert.Equal([latest, middle, first], store.FindAll(Key, Make.Fields("Foo: 1", "Bar: 1", "Baz: 1")));
    }

    [Fact]
    public void Variants_of_one_resource_are_bounded()
    {
        var store = new ResponseStore(64 << 20);
        for (int i = 0; i < 200; i++)
        {
            store.Put(Key, Variant(i.ToString()));
        }

        Assert.Equal(ResponseStore.VariantsMax, store.Count);
        Assert.NotNull(store.Find(Key, Make.Fields("Foo: 199")));
        Assert.Null(store.Find(Key, Make.Fields("Foo: 0")));
    }

    [Fact]
    public void A_part_does_not_answer_for_the_whole_and_does_not_replace_it()
    {
        var store = new ResponseStore(1 << 20);
        StoredResponse part = Make.Stored(206, "01234", null, Hour, "Content-Range: bytes 0-4/10");
        store.Put(Key, part);
        Assert.Null(store.Find(Key, HttpFields.Empty));
        Assert.Equal([part], store.FindAll(Key, HttpFields.Empty));
        StoredResponse whole = Make.Stored(Hour);
        store.Put(Key, whole);
        Assert.Equal([whole], store.FindAll(Key, HttpFields.Empty));
    }

    [Fact]
    public void The_bound_holds_and_what_is_used_stays()
    {
        var store = new ResponseStore(200_000);
        var hot = new ResourceKey("", "/hot");
        store.Put(hot, Make.Stored(200, new string('x', 10_000), null, Hour));
        for (int i = 0; i < 100; i++)
        {
            Assert.NotNull(store.Find(hot, HttpFields.Empty));
            store.Put(new ResourceKey("", $"/cold/{i}"), Make.Stored(200, new string('x', 10_000), null, Hour));
            Assert.True(store.Bytes <= 200_000);
        }

        Assert.True(store.Count is > 5 and < 20);
    }

    [Fact]
    public void A_response_too_large_for_the_store_is_refused()
    {
        var store = new ResponseStore(4000);
        Assert.False(store.Put(Key, Make.Stored(200, new string('x', 5000), null, Hour)));
        Assert.Equal((0, 0L), (store.Count, store.Bytes));
    }

    [Fact]
    public void An_update_takes_the_place_of_its_original_only_while_that_is_there()
    {
        var store = new ResponseStore(1 << 20);
        StoredResponse old = Make.Stored(Hour), updated = Make.Stored(Hour);
        store.Put(Key, old);
        store.Replace(Key, old, updated);
        Assert.Same(updated, store.Find(Key, HttpFields.Empty));
        store.RemoveAll(Key);
        store.Replace(Key, updated, old);
        Assert.Null(store.Find(Key, HttpFields.Empty));
    }

    [Fact]
    public void Accounts_agree_with_what_is_found_after_any_sequence_of_changes() => Prop.ForAll<byte[]>(changes =>
    {
        var store = new ResponseStore(20_000);
        var model = new Dictionary<string, StoredResponse>();
        foreach (byte change in changes)
        {
            string target = "/" + (change % 7);
            var key = new ResourceKey("", target);
            switch (change / 7 % 4)
            {
                case 0:
                    store.RemoveAll(key);
                    model.Remove(target);
                    break;
                case 1 when store.Find(key, HttpFields.Empty) is { } found:
                    store.Remove(key, found);
                    model.Remove(target);
                    break;
                default:
                    StoredResponse response = Make.Stored(200, new string('x', change * 4), null, Hour);
                    store.Put(key, response);
                    model[target] = response;
                    break;
            }
        }

        StoredResponse[] found7 = [.. Enumerable.Range(0, 7).Select(i => store.Find(new ResourceKey("", "/" + i), HttpFields.Empty)).OfType<StoredResponse>()];
        return store.Bytes == found7.Sum(response => response.Bytes) && store.Count == found7.Length && store.Bytes <= 20_000 && found7.All(model.ContainsValue);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public async Task Concurrent_changes_leave_exact_accounts()
    {
        var store = new ResponseStore(1 << 20);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(() =>
        {
            for (int i = 0; i < 2000; i++)
            {
                var key = new ResourceKey("", "/" + (i % 50));
                _ = (i + worker) % 3 == 0 ? store.RemoveAll(key) : store.Put(key, Variant((i % 4).ToString())) ? 1 : 0;
            }
        })));
        for (int i = 0; i < 50; i++)
        {
            store.RemoveAll(new ResourceKey("", "/" + i));
        }

        Assert.Equal((0, 0L), (store.Count, store.Bytes));
    }

    private static StoredResponse VariantAt(double seconds, string foo) => Make.StoredAt(Make.Now.AddSeconds(seconds), 200, "hello", Make.Fields($"Foo: {foo}"), Hour, "Vary: Foo");

    private static StoredResponse Variant(string foo) => Make.Stored(200, "hello", Make.Fields($"Foo: {foo}"), Hour, "Vary: Foo");
}
