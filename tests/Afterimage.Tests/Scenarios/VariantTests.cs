using System.Net;
using Afterimage.Tests.Cloud;
using Afterimage.Tests.Images;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Afterimage.Tests.Scenarios;

/// <summary>Several pictures for one request that names no seed.</summary>
public sealed class VariantTests
{
    private const string Fox = "/prompt/a%20red%20fox?width=64&height=64";

    [Fact]
    public async Task Pictures_are_made_until_there_are_k_and_then_served_in_turn()
    {
        await using TestGateway gateway = await StartAsync(TimeProvider.System, ("Variants:Size", "3"));
        var made = new List<string>();
        for (int i = 0; i < 3; i++)
        {
            Answer answer = await gateway.GetAsync(Fox);
            Assert.Equal("MISS", answer.Cache);
            Assert.Equal("no-cache", answer["Cache-Control"]);
            made.Add(Convert.ToHexString(answer.Body));
            await gateway.SettleAsync();
        }

        Assert.Equal(3, made.Distinct().Count());
        string[] turn = new string[7];
        for (int i = 0; i < turn.Length; i++)
        {
            Answer answer = await gateway.GetAsync(Fox);
            Assert.Equal("HIT exact", answer.Cache);
            Assert.Equal("no-cache", answer["Cache-Control"]);
            turn[i] = Convert.ToHexString(answer.Body);
        }

        Assert.Equal(3, gateway.Origin.Calls);
        Assert.Equal(made.Order(), turn[..3].Order());
        Assert.Equal(turn[..3], turn[3..6]);
        Assert.Equal(turn[0], turn[6]);
    }

    [Fact]
    public async Task The_first_is_asked_as_it_came_and_the_others_with_seeds_of_their_own()
    {
        await using TestGateway gateway = await StartAsync(TimeProvider.System, ("Variants:Size", "3"));
        for (int i = 0; i < 3; i++)
        {
            await gateway.GetAsync(Fox + "&seed=&model=turbo");
            await gateway.SettleAsync();
        }

        string[] targets = [.. gateway.Origin.Targets];
        Assert.Equal(Fox + "&seed=&model=turbo", targets[0]);
        Assert.Matches(@"^/prompt/a%20red%20fox\?width=64&height=64&model=turbo&seed=\d+$", targets[1]);
        Assert.Matches(@"^/prompt/a%20red%20fox\?width=64&height=64&model=turbo&seed=\d+$", targets[2]);
        Assert.NotEqual(targets[1], targets[2]);
    }

    [Fact]
    public async Task Who_asks_in_other_words_gets_them_in_turn_too()
    {
        await using TestGateway gateway = await StartAsync(TimeProvider.System, ("Variants:Size", "3"));

        // What differs must not be metadata, which is stripped for those who ask in other words.
        gateway.Origin.Answer = context => context.Response.Body.WriteAsync(ImageFixtures.Png(
            ("IHDR", ImageFixtures.PngHeader(64, 64)), ("IDAT", ImageFixtures.Zlib([.. Enumerable.Repeat((byte)gateway.Origin.Calls, 64 * 193)])), ("IEND", []))).AsTask();
        for (int i = 0; i < 3; i++)
        {
            await gateway.GetAsync(Fox);
            await gateway.SettleAsync();
        }

        var seen = new HashSet<string>();
        for (int i = 0; i < 3; i++)
        {
            Answer answer = await gateway.GetAsync("/prompt/A%20red%20fox!?width=64&height=64");
            Assert.Equal("HIT semantic", answer.Cache);
            seen.Add(Convert.ToHexString(answer.Body));
        }

        Assert.Equal((3, 3), (seen.Count, gateway.Origin.Calls));

        // Who names a seed meant one picture, not any.
        Assert.Equal("MISS", (await gateway.GetAsync("/prompt/A%20red%20fox!?width=64&height=64&seed=5")).Cache);
    }

    [Fact]
    public async Task A_request_that_names_its_seed_has_one_picture_only()
    {
        await using TestGateway gateway = await StartAsync(TimeProvider.System, ("Variants:Size", "3"), ("Variants:Reroll", "fresh"));
        Answer first = await gateway.GetAsync(Fox + "&seed=7");
        for (int i = 0; i < 4; i++)
        {
            Answer again = await gateway.GetAsync(Fox + "&seed=7");
            Assert.Equal("HIT exact", again.Cache);
            Assert.Equal(first.Body, again.Body);
        }
    }

    [Fact]
    public async Task They_survive_a_restart_and_are_never_more_than_k()
    {
        TestOrigin origin = await TestOrigin.StartAsync();
        string data = Directory.CreateTempSubdirectory("afterimage-test-").FullName;
        (string, string)[] settings = [("Variants:Size", "2"), ("Variants:Reroll", "fresh")];
        var bodies = new HashSet<string>();
        for (int run = 0; run < 2; run++)
        {
            await using TestGateway gateway = await TestGateway.StartAsync(origin, data, keepData: true, settings);
            for (int i = 0; i < 5; i++)
            {
                // The same client again and again: each time one that is made anew.
                bodies.Add(Convert.ToHexString((await gateway.GetAsync(Fox)).Body));
                await gateway.SettleAsync();
            }

            // Two places and the request's own picture, which a request for the default seed may still want.
            Assert.InRange((await gateway.GetAsync("/_afterimage/stats")).Json.GetProperty("store").GetProperty("entries").GetInt32(), 2, 3);
        }

        Assert.Equal(origin.Calls, bodies.Count(b => b.Length > 0));
        await using (TestGateway gateway = await TestGateway.StartAsync(origin, data, keepData: true, ("Variants:Size", "2")))
        {
            int calls = origin.Calls;
            Assert.Equal("HIT exact", (await gateway.GetAsync(Fox)).Cache);
            Assert.Equal("HIT exact", (await gateway.GetAsync(Fox)).Cache);
            Assert.Equal(calls, origin.Calls);
        }

        await origin.DisposeAsync();
        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task Rolling_again_within_a_short_time_gets_a_new_picture_and_others_get_what_is_there()
    {
        var time = new ManualTime();
        await using TestGateway gateway = await StartAsync(time, ("Variants:Reroll", "fresh"), ("Variants:RerollSeconds", "60"), ("Variants:ClientHeader", "X-Client"));
        Answer first = await AskAsync(gateway, "ann");
        Assert.Equal("HIT exact", (await AskAsync(gateway, "bob")).Cache);
        Answer again = await AskAsync(gateway, "ann");
        Assert.Equal("MISS", again.Cache);
        Assert.NotEqual(first.Body, again.Body);
        Assert.Equal(again.Body, (await AskAsync(gateway, "eve")).Body);

        // Another request of the same client is not the same again.
        Assert.Equal("MISS", (await gateway.GetAsync("/prompt/a%20blue%20boat?width=64&height=64", ("X-Client", "eve"))).Cache);
        time.Advance(TimeSpan.FromSeconds(61));
        Answer later = await AskAsync(gateway, "ann");
        Assert.Equal("HIT exact", later.Cache);
        Assert.Equal(3, gateway.Origin.Calls);
    }

    [Fact]
    public async Task Requests_that_come_together_wait_for_one_picture()
    {
        await using TestGateway gateway = await StartAsync(TimeProvider.System, ("Variants:Size", "4"));
        var gate = new TaskCompletionSource();
        gateway.Origin.Gate = gate.Task;
        Task<Answer>[] all = [.. Enumerable.Range(0, 10).Select(_ => gateway.GetAsync(Fox))];
        await CoalescingTests.UntilAsync(() => gateway.Host.Cache.Joined == 9);
        gate.SetResult();
        await Task.WhenAll(all);
        Assert.Equal(1, gateway.Origin.Calls);
    }

    [Fact]
    public async Task Only_if_cached_is_answered_by_what_is_there()
    {
        await using TestGateway gateway = await StartAsync(TimeProvider.System, ("Variants:Size", "4"));
        await gateway.GetAsync(Fox);
        await gateway.SettleAsync();
        Assert.Equal("HIT exact", (await gateway.GetAsync(Fox, ("Cache-Control", "only-if-cached"))).Cache);
        Assert.Equal(HttpStatusCode.GatewayTimeout, (await gateway.GetAsync("/prompt/other?width=64&height=64", ("Cache-Control", "only-if-cached"))).Status);
        Assert.Equal(1, gateway.Origin.Calls);
    }

    [Fact]
    public async Task A_paraphrase_is_answered_by_the_request_s_own_picture_and_purging_removes_all()
    {
        await using TestGateway gateway = await StartAsync(TimeProvider.System, ("Variants:Size", "3"));
        for (int i = 0; i < 3; i++)
        {
            await gateway.GetAsync(Fox);
            await gateway.SettleAsync();
        }

        Assert.Equal("HIT semantic", (await gateway.GetAsync("/prompt/A%20red%20fox!?width=64&height=64")).Cache);
        Answer purged = await PurgeAsync(gateway, new { request = Fox, dryRun = false });
        Assert.Equal(3, purged.Json.GetProperty("deleted").GetInt32());
        Assert.Equal("MISS", (await gateway.GetAsync(Fox)).Cache);
    }

    internal static async Task<Answer> PurgeAsync(TestGateway gateway, object order)
    {
        using HttpResponseMessage response = await gateway.Client.PostAsync("/_afterimage/purge", System.Net.Http.Json.JsonContent.Create(order), TestContext.Current.CancellationToken);
        return await Answer.OfAsync(response);
    }

    private static async Task<Answer> AskAsync(TestGateway gateway, string client)
    {
        Answer answer = await gateway.GetAsync(Fox, ("X-Client", client));
        await gateway.SettleAsync();
        return answer;
    }

    private static async Task<TestGateway> StartAsync(TimeProvider time, params (string Key, string Value)[] settings)
    {
        TestOrigin origin = await TestOrigin.StartAsync();
        int calls = 0;
        origin.Answer = context => Numbered(context, Interlocked.Increment(ref calls));
        return await TestGateway.StartAsync(origin, Directory.CreateTempSubdirectory("afterimage-test-").FullName, keepData: false, time, settings);
    }

    private static Task Numbered(HttpContext context, int call) => TestOrigin.PictureAsync(context, call);
}
