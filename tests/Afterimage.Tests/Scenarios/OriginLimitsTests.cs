using System.Globalization;
using System.Net;
using Afterimage.Caching;
using Afterimage.Configuration;
using Afterimage.Origin;
using Afterimage.Tests.Cloud;
using Xunit;

namespace Afterimage.Tests.Scenarios;

/// <summary>What the gateway does for an image service that is slow or has too much to do.</summary>
public sealed class OriginLimitsTests
{
    private static string Picture(int i, string model = "flux") => $"/prompt/picture%20number%20{i}?width=64&height=64&seed={i}&model={model}";

    [Fact]
    public async Task A_model_has_a_bound_of_its_own_and_does_not_hold_up_the_others()
    {
        await using TestGateway gateway = await StartAsync(TimeProvider.System, ("Origin:ConcurrencyMax", "3"), ("Origin:Models:0:Model", "slow"), ("Origin:Models:0:ConcurrencyMax", "1"));
        var gate = new TaskCompletionSource();
        gateway.Origin.Answer = async context =>
        {
            if (context.Request.Query["model"] == "slow")
            {
                await gate.Task;
            }

            await TestOrigin.PictureAsync(context, 1);
        };
        Task<Answer>[] slow = [.. Enumerable.Range(0, 4).Select(i => gateway.GetAsync(Picture(i, "slow")))];
        await CoalescingTests.UntilAsync(() => gateway.Origin.Calls == 1 && gateway.Host.Cache.Running == 4);
        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync(Picture(9, "fast"))).Status);
        Assert.Equal(2, gateway.Origin.Calls);
        gate.SetResult();
        Assert.All(await Task.WhenAll(slow), a => Assert.Equal(HttpStatusCode.OK, a.Status));
    }

    [Fact]
    public async Task Retry_After_speaks_of_the_queue_that_is_in_the_way()
    {
        var time = new ManualTime();
        using var limits = new OriginLimits(new OriginOptions { ConcurrencyMax = 100, QueueMax = 0, Models = [new ModelLimitOptions { Model = "slow", ConcurrencyMax = 1 }] }, time);
        (OriginLimits.Place? first, _) = await limits.EnterAsync("slow", TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromSeconds(30));
        first!.Dispose();
        (OriginLimits.Place? second, _) = await limits.EnterAsync("slow", TestContext.Current.CancellationToken);
        (OriginLimits.Place? third, OriginAnswer? refusal) = await limits.EnterAsync("slow", TestContext.Current.CancellationToken);
        Assert.Null(third);
        Assert.Equal(TimeSpan.FromSeconds(30), refusal!.RetryAfter);
        second!.Dispose();
    }

    [Fact]
    public async Task The_queue_is_bounded_in_length_and_in_time()
    {
        var time = new ManualTime();
        await using TestGateway gateway = await StartAsync(time, ("Origin:ConcurrencyMax", "1"), ("Origin:QueueMax", "1"), ("Origin:QueueTimeoutSeconds", "20"));
        var gate = new TaskCompletionSource();
        gateway.Origin.Gate = gate.Task;
        Task<Answer> first = gateway.GetAsync(Picture(1));
        await CoalescingTests.UntilAsync(() => gateway.Origin.Calls == 1);
        Task<Answer> second = gateway.GetAsync(Picture(2));
        await UntilWaitingAsync(gateway, 1);
        Answer third = await gateway.GetAsync(Picture(3));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, third.Status);
        Assert.Equal("urn:afterimage:overloaded", third.Json.GetProperty("type").GetString());
        Assert.InRange(int.Parse(third["Retry-After"], CultureInfo.InvariantCulture), 1, 60);

        time.Advance(TimeSpan.FromSeconds(21));
        Answer late = await second;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, late.Status);
        Assert.Contains("20 s", late.Json.GetProperty("detail").GetString());
        gate.SetResult();
        Assert.Equal(HttpStatusCode.OK, (await first).Status);
        Assert.Equal(1, gateway.Origin.Calls);

        // The place has come back.
        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync(Picture(4))).Status);
    }

    [Fact]
    public async Task An_origin_that_does_not_begin_in_time_is_a_504_and_one_that_does_not_end_is_cut()
    {
        var time = new ManualTime();
        await using TestGateway gateway = await StartAsync(time, ("Origin:FirstByteTimeoutSeconds", "5"), ("Origin:TotalTimeoutSeconds", "30"));
        var gate = new TaskCompletionSource();
        gateway.Origin.Gate = gate.Task;
        Task<Answer> silent = gateway.GetAsync(Picture(1));
        await CoalescingTests.UntilAsync(() => gateway.Origin.Calls == 1);
        time.Advance(TimeSpan.FromSeconds(6));
        Answer answer = await silent;
        Assert.Equal(HttpStatusCode.GatewayTimeout, answer.Status);
        Assert.Equal("urn:afterimage:origin-timed-out", answer.Json.GetProperty("type").GetString());

        gateway.Origin.Gate = Task.CompletedTask;
        gateway.Origin.Answer = async context =>
        {
            context.Response.ContentLength = 100_000;
            await context.Response.Body.WriteAsync(new byte[1000]);
            await context.Response.Body.FlushAsync();
            await gate.Task;
        };
        using HttpResponseMessage begun = await gateway.Client.GetAsync(Picture(2), HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromSeconds(31));
        await Assert.ThrowsAnyAsync<Exception>(() => begun.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        gate.SetResult();
    }

    private static async Task<TestGateway> StartAsync(TimeProvider time, params (string Key, string Value)[] settings) => await TestGateway.StartAsync(
        await TestOrigin.StartAsync(), Directory.CreateTempSubdirectory("afterimage-test-").FullName, keepData: false, time, settings);

    private static async Task UntilWaitingAsync(TestGateway gateway, int count)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((await gateway.GetAsync("/_afterimage/stats")).Json.GetProperty("waiting").GetInt32() != count)
        {
            await Task.Delay(5, limit.Token);
        }
    }
}
