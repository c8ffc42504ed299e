using Afterimage.Backfill.Jobs;
using Afterimage.Tests.Cloud;
using Xunit;

namespace Afterimage.Tests.Backfill;

public sealed class RateGateTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void Images_pass_in_groups_of_a_tenth_of_a_second()
    {
        var gate = new RateGate(50, _time);
        Assert.Equal(5, PassedAtOnce(gate));
        _time.Advance(TimeSpan.FromMilliseconds(99));
        Assert.False(_waiting!.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(_waiting.IsCompleted);
        Assert.Equal(4, PassedAtOnce(gate));
    }

    [Fact]
    public void No_more_than_one_group_is_saved_up()
    {
        var gate = new RateGate(50, _time);
        Assert.Equal(5, PassedAtOnce(gate));
        _time.Advance(TimeSpan.FromSeconds(60));

        // The rest of the group that was open, the one saved up, the one that is due.
        Assert.Equal(4 + 5 + 5, PassedAtOnce(gate));
    }

    [Theory]
    [InlineData(0.5, 30, 15)]
    [InlineData(7, 30, 210)]
    [InlineData(100, 30, 3000)]
    [InlineData(3000, 3, 9000)]
    public void Over_time_as_many_pass_as_asked_for(double perSecond, int seconds, int expected)
    {
        var gate = new RateGate(perSecond, _time);
        int passed = PassedAtOnce(gate);
        for (int i = 0; i < seconds * 1000; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
            passed += _waiting!.IsCompleted ? 1 + PassedAtOnce(gate) : 0;
        }

        Assert.InRange(passed, expected * 0.999, expected + Math.Max(1, perSecond / 10) + 1);
    }

    [Fact]
    public void Without_a_limit_nobody_waits()
    {
        var gate = new RateGate(0, _time);
        Assert.All(Enumerable.Range(0, 1000), _ => Assert.True(gate.PassAsync(default).AsTask().IsCompletedSuccessfully));
    }

    private Task? _waiting;

    private int PassedAtOnce(RateGate gate)
    {
        for (int passed = 0; ; passed++)
        {
            _waiting = gate.PassAsync(default).AsTask();
            if (!_waiting.IsCompleted)
            {
                return passed;
            }
        }
    }
}
