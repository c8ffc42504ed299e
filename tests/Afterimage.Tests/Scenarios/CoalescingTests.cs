using System.Net;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Afterimage.Tests.Scenarios;

/// <summary>Identical requests that meet.</summary>
public sealed class CoalescingTests
{
    private const string Fox = "/prompt/a%20red%20fox?width=64&height=64";

    [Fact]
    public async Task A_hundred_identical_requests_cause_one_origin_call()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        var gate = new TaskCompletionSource();
        gateway.Origin.Gate = gate.Task;
        Task<Answer>[] all = [.. Enumerable.Range(0, 100).Select(_ => gateway.GetAsync(Fox))];
        await UntilAsync(() => gateway.Host.Cache.Joined == 99);
        gate.SetResult();
        Answer[] answers = await Task.WhenAll(all);
        Assert.Equal(1, gateway.Origin.Calls);
        Assert.All(answers, a => Assert.Equal(answers[0].Body, a.Body));
        Assert.Equal(99, answers.Count(a => a["Cache-Status"].Contains("collapsed", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_leader_that_hangs_up_does_not_cancel_the_picture()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        var gate = new TaskCompletionSource();
        gateway.Origin.Gate = gate.Task;
        using var hangUp = new CancellationTokenSource();
        Task leader = gateway.Client.GetAsync(Fox, hangUp.Token);
        await UntilAsync(() => gateway.Origin.Calls == 1);
        Task<Answer> joiner = gateway.GetAsync(Fox);
        await UntilAsync(() => gateway.Host.Cache.Joined == 1);
        await hangUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leader);
        gate.SetResult();
        Assert.Equal(HttpStatusCode.OK, (await joiner).Status);
        Assert.Equal("HIT exact", (await gateway.GetAsync(Fox)).Cache);
        Assert.Equal(1, gateway.Origin.Calls);
    }

    [Fact]
    public async Task A_leader_that_fails_releases_the_others_with_the_same_error()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        var gate = new TaskCompletionSource();
        gateway.Origin.Gate = gate.Task;
        gateway.Origin.Answer = async context =>
        {
            context.Response.StatusCode = 429;
            await context.Response.WriteAsync("{\"error\":\"Too Many Requests\"}");
        };
        Task<Answer>[] all = [.. Enumerable.Range(0, 10).Select(_ => gateway.GetAsync(Fox))];
        await UntilAsync(() => gateway.Host.Cache.Joined == 9);
        gate.SetResult();
        foreach (Answer answer in await Task.WhenAll(all))
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, answer.Status);
            Assert.Contains("Too Many Requests", System.Text.Encoding.UTF8.GetString(answer.Body));
        }

        Assert.Equal(1, gateway.Origin.Calls);
    }

    [Fact]
    public async Task An_answer_for_one_client_alone_is_not_shared()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        var gate = new TaskCompletionSource();
        gateway.Origin.Gate = gate.Task;
        gateway.Origin.Answer = context =>
        {
            context.Response.Headers.CacheControl = "private";
            return context.Response.WriteAsync(Guid.NewGuid().ToString());
        };
        Task<Answer>[] all = [.. Enumerable.Range(0, 5).Select(_ => gateway.GetAsync(Fox))];
        await UntilAsync(() => gateway.Host.Cache.Joined == 4);
        gate.SetResult();
        Answer[] answers = await Task.WhenAll(all);
        Assert.Equal(5, answers.Select(a => System.Text.Encoding.UTF8.GetString(a.Body)).Distinct().Count());
    }

    [Theory]
    [InlineData(401)]
    [InlineData(402)]
    [InlineData(403)]
    public async Task What_the_origin_says_of_who_asked_first_is_not_said_to_those_who_waited(int status)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        var gate = new TaskCompletionSource();
        gateway.Origin.Gate = gate.Task;
        gateway.Origin.Answer = context => context.Request.Headers.Authorization == "Bearer good" ? TestOrigin.PictureAsync(context, 1) : RefuseAsync(context);
        Task<Answer> leader = gateway.GetAsync(Fox, ("Authorization", "Bearer expired"));
        await UntilAsync(() => gateway.Origin.Calls == 1);
        Task<Answer>[] joiners = [.. Enumerable.Range(0, 3).Select(_ => gateway.GetAsync(Fox, ("Authorization", "Bearer good")))];
        await UntilAsync(() => gateway.Host.Cache.Joined == 3);
        gate.SetResult();

        Assert.Equal(status, (int)(await leader).Status);
        Assert.All(await Task.WhenAll(joiners), joiner => Assert.Equal(HttpStatusCode.OK, joiner.Status));

        Task RefuseAsync(HttpContext context)
        {
            context.Response.StatusCode = status;
            return context.Response.WriteAsync("no");
        }
    }

    [Fact]
    public async Task An_origin_that_breaks_off_cuts_the_leader_and_fails_the_others()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        var gate = new TaskCompletionSource();
        gateway.Origin.Answer = async context =>
        {
            // The joiner's own try: it must not be seen whether the head or the break comes first.
            if (gateway.Origin.Calls > 1)
            {
                context.Abort();
                return;
            }

            context.Response.ContentLength = 100_000;
            await context.Response.Body.WriteAsync(new byte[1000]);
            await context.Response.Body.FlushAsync();
            await gate.Task;
            context.Abort();
        };
        Task leader = gateway.Client.GetByteArrayAsync(Fox);
        await UntilAsync(() => gateway.Origin.Calls == 1);
        Task<Answer> joiner = gateway.GetAsync(Fox);
        await UntilAsync(() => gateway.Host.Cache.Joined == 1);
        gate.SetResult();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => leader);
        Assert.Equal(HttpStatusCode.BadGateway, (await joiner).Status);
        gateway.Origin.Answer = null;
        Assert.Equal("MISS", (await gateway.GetAsync(Fox)).Cache);
    }

    [Fact]
    public async Task An_answer_larger_than_the_store_takes_streams_through_whole()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(("Admission:MaxBytes", "100000"));
        byte[] large = new byte[3_000_000];
        new Random(5).NextBytes(large);
        foreach (bool announced in new[] { true, false })
        {
            gateway.Origin.Answer = context =>
            {
                context.Response.ContentLength = announced ? large.Length : null;
                return context.Response.Body.WriteAsync(large).AsTask();
            };
            Assert.Equal(large, (await gateway.GetAsync(Fox)).Body);
        }

        Assert.Equal(2, gateway.Origin.Calls);
    }

    [Fact]
    public async Task Paraphrases_that_come_together_wait_for_one_picture()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        var gate = new TaskCompletionSource();
        gateway.Origin.Gate = gate.Task;
        Task<Answer> first = gateway.GetAsync(Fox);
        await UntilAsync(() => gateway.Origin.Calls == 1);
        Task<Answer>[] others = [.. new[] { "A%20red%20fox.", "a%20RED%20fox", "a%20red%20%20fox!" }.Select(p => gateway.GetAsync($"/prompt/{p}?width=64&height=64"))];
        Task<Answer> different = gateway.GetAsync("/prompt/a%20blue%20fox?width=64&height=64");
        await UntilAsync(() => gateway.Origin.Calls == 2 && gateway.Host.Cache.Running == 5);
        gate.SetResult();
        Assert.Equal("MISS", (await first).Cache);
        Assert.Equal("MISS", (await different).Cache);
        Assert.All(await Task.WhenAll(others), a => Assert.Equal("HIT semantic", a.Cache));
        Assert.Equal(2, gateway.Origin.Calls);
    }

    [Fact]
    public async Task A_picture_is_found_from_the_moment_it_is_complete()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(("Store:Flush", "true"));
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal("MISS", (await gateway.GetAsync($"/prompt/a%20red%20fox?width=64&height=64&model=m{i}")).Cache);
            Assert.Equal("HIT exact", (await gateway.GetAsync($"/prompt/a%20red%20fox?width=64&height=64&model=m{i}")).Cache);
            Assert.Equal("HIT semantic", (await gateway.GetAsync($"/prompt/A%20red%20fox!?width=64&height=64&model=m{i}")).Cache);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_leader_that_fails_is_followed_by_exactly_one_more_call_however_many_wait(bool secondSucceeds)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        var gate = new TaskCompletionSource();
        gateway.Origin.Gate = gate.Task;
        int calls = 0;
        gateway.Origin.Answer = context =>
        {
            int call = Interlocked.Increment(ref calls);
            if (call == 1 || !secondSucceeds)
            {
                context.Abort();
                return Task.CompletedTask;
            }

            return TestOrigin.PictureAsync(context, call);
        };
        Task<Answer>[] all = [.. Enumerable.Range(0, 20).Select(_ => gateway.GetAsync(Fox))];
        await UntilAsync(() => gateway.Host.Cache.Joined == 19);
        gate.SetResult();
        Answer[] answers = await Task.WhenAll(all);
        Assert.Equal(2, gateway.Origin.Calls);
        Assert.Equal(secondSucceeds ? 19 : 0, answers.Count(a => a.Status == HttpStatusCode.OK));
        Assert.All(answers.Where(a => a.Status != HttpStatusCode.OK), a => Assert.Equal("urn:afterimage:origin-broke-off", a.Json.GetProperty("type").GetString()));
    }

    [Fact]
    public async Task A_stuck_leader_holds_the_others_no_longer_than_its_own_time_and_nobody_calls_again()
    {
        var time = new Cloud.ManualTime();
        await using TestGateway gateway = await TestGateway.StartAsync(
            await TestOrigin.StartAsync(), Directory.CreateTempSubdirectory("afterimage-test-").FullName, keepData: false, time, ("Origin:FirstByteTimeoutSeconds", "20"));
        var gate = new TaskCompletionSource();
        gateway.Origin.Gate = gate.Task;
        Task<Answer>[] all = [.. Enumerable.Range(0, 5).Select(_ => gateway.GetAsync(Fox))];
        await UntilAsync(() => gateway.Host.Cache.Joined == 4 && gateway.Origin.Calls == 1);
        time.Advance(TimeSpan.FromSeconds(21));
        Assert.All(await Task.WhenAll(all), a => Assert.Equal(HttpStatusCode.GatewayTimeout, a.Status));

        // The origin may be drawing still: those who waited do not make it draw twice. Whoever comes now does.
        Assert.Equal(1, gateway.Origin.Calls);
        gate.SetResult();
        Assert.Equal("MISS", (await gateway.GetAsync(Fox)).Cache);
    }

    [Fact]
    public async Task A_paraphrase_that_waited_for_a_picture_that_failed_makes_its_own()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        var gate = new TaskCompletionSource();
        gateway.Origin.Gate = gate.Task;
        gateway.Origin.Answer = context =>
        {
            if (context.Request.Path.Value!.EndsWith("fox", StringComparison.Ordinal))
            {
                context.Response.StatusCode = 400;
                return Task.CompletedTask;
            }

            return TestOrigin.PictureAsync(context, 1);
        };
        Task<Answer> first = gateway.GetAsync(Fox);
        await UntilAsync(() => gateway.Origin.Calls == 1);
        Task<Answer>[] others = [.. Enumerable.Range(0, 3).Select(_ => gateway.GetAsync("/prompt/A%20red%20fox!?width=64&height=64"))];
        await UntilAsync(() => gateway.Host.Cache.Running + gateway.Host.Cache.Joined == 4);
        gate.SetResult();
        Assert.Equal(HttpStatusCode.BadRequest, (await first).Status);
        Assert.All(await Task.WhenAll(others), a => Assert.Equal(HttpStatusCode.OK, a.Status));
        Assert.Equal(2, gateway.Origin.Calls);
    }

    [Fact]
    public async Task What_is_kept_of_answers_under_way_has_a_bound_and_beyond_it_they_stream_through()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(("Limits:BufferBytesMax", "1048576"));
        byte[] large = new byte[900_000];
        new Random(5).NextBytes(large);
        var gate = new TaskCompletionSource();
        gateway.Origin.Answer = async context =>
        {
            context.Response.ContentLength = large.Length;
            await context.Response.Body.WriteAsync(large.AsMemory(0, 1000));
            await context.Response.Body.FlushAsync();
            await gate.Task;
            await context.Response.Body.WriteAsync(large.AsMemory(1000));
        };
        Task<Answer>[] all = [.. Enumerable.Range(0, 4).Select(i => gateway.GetAsync($"{Fox}&seed={i}"))];
        await UntilAsync(() => gateway.Origin.Calls == 4);
        Assert.InRange(gateway.Host.Cache.Buffered, 0, 1 << 20);
        gate.SetResult();
        Assert.All(await Task.WhenAll(all), a => Assert.Equal(large, a.Body));
        await UntilAsync(() => gateway.Host.Cache.Running == 0);
        Assert.Equal(0, gateway.Host.Cache.Buffered);
    }

    [Fact]
    public async Task A_leader_that_left_before_an_answer_too_large_to_keep_does_not_hold_its_place()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(("Admission:MaxBytes", "100000"), ("Origin:ConcurrencyMax", "1"));
        var gate = new TaskCompletionSource();
        gateway.Origin.Gate = gate.Task;
        gateway.Origin.Answer = context => context.Response.Body.WriteAsync(new byte[3_000_000]).AsTask();
        using var hangUp = new CancellationTokenSource();
        Task leader = gateway.Client.GetAsync(Fox, hangUp.Token);
        await UntilAsync(() => gateway.Origin.Calls == 1);
        await hangUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leader);
        gate.SetResult();
        await UntilAsync(() => gateway.Host.Cache.Running == 0);
        gateway.Origin.Answer = null;
        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync(Fox)).Status);
    }

    internal static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!condition())
        {
            await Task.Delay(5, limit.Token);
        }
    }
}
