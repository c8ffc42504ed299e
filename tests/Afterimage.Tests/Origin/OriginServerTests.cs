using Afterimage.Configuration;
using Afterimage.Origin;
using Xunit;

namespace Afterimage.Tests.Origin;

/// <summary>When one address of the image service is left alone.</summary>
public sealed class OriginServerTests
{
    private readonly OriginServer _server = new(new Uri("http://127.0.0.1:1"), 1, new BreakerOptions { CallsMin = 8, FailureRatio = 0.5 }, TimeProvider.System);

    [Fact]
    public async Task A_burst_of_which_a_few_fail_at_once_while_the_rest_is_still_drawn_is_no_outage()
    {
        List<OriginServer.Permit> calls = await EnterAsync(64);
        End(calls[..12], CallVerdict.Failed);
        await Task.WhenAll(calls[12..].Select(c => { c.End(CallVerdict.Well); return c.Over; }));
        await Task.WhenAll(calls[..12].Select(c => c.Over));

        Assert.Equal("closed", _server.BreakerState);
        Assert.Equal(0, _server.Active);
    }

    [Fact]
    public async Task Failures_open_it_where_they_are_its_share_whatever_becomes_of_the_calls_under_way()
    {
        List<OriginServer.Permit> calls = await EnterAsync(20);
        End(calls[..9], CallVerdict.Failed);
        Assert.False(calls[0].Over.IsCompleted);
        Assert.Equal("closed", _server.BreakerState);

        // 10 of 20 are half, though nobody knows of the other ten.
        End(calls[9..10], CallVerdict.Failed);
        await UntilOpenAsync();
    }

    [Fact]
    public async Task Failures_without_others_under_way_count_at_once()
    {
        for (int i = 0; i < 8; i++)
        {
            End(await EnterAsync(1), CallVerdict.Failed);
        }

        await UntilOpenAsync();
    }

    [Fact]
    public async Task Calls_that_took_all_the_time_there_is_count_beside_those_that_hang_too()
    {
        List<OriginServer.Permit> calls = await EnterAsync(64);
        End(calls[..8], CallVerdict.TimedOut);

        await UntilOpenAsync();
    }

    [Fact]
    public async Task Calls_that_say_nothing_leave_it_as_it_was()
    {
        List<OriginServer.Permit> calls = await EnterAsync(20);
        End(calls[..10], CallVerdict.Unjudged);
        End(calls[10..14], CallVerdict.Failed);
        Assert.False(calls[10].Over.IsCompleted);

        // The ten that nobody knows of stand for nothing, so that four of the last eight are its share; four are too few to leave it alone.
        End(calls[18..], CallVerdict.Unjudged);
        Assert.True(await calls[10].Over);
        Assert.Equal("closed", _server.BreakerState);
    }

    private async Task<List<OriginServer.Permit>> EnterAsync(int count)
    {
        var permits = new List<OriginServer.Permit>();
        for (int i = 0; i < count; i++)
        {
            permits.Add(await _server.EnterAsync());
        }

        Assert.All(permits, p => Assert.Null(p.RefusedFor));
        return permits;
    }

    private static void End(List<OriginServer.Permit> calls, CallVerdict verdict) => calls.ForEach(c => c.End(verdict));

    private async Task UntilOpenAsync()
    {
        for (DateTime end = DateTime.UtcNow.AddSeconds(30); _server.BreakerState != "open" && DateTime.UtcNow < end;)
        {
            await Task.Delay(5);
        }

        Assert.Equal("open", _server.BreakerState);
        Assert.NotNull((await _server.EnterAsync()).RefusedFor);
    }
}
