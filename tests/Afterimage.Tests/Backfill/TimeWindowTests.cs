using Afterimage.Backfill.Jobs;
using Xunit;

namespace Afterimage.Tests.Backfill;

public sealed class TimeWindowTests
{
    [Fact]
    public void Hours_open_and_close_over_midnight()
    {
        Assert.True(TimeWindow.TryParse("23:00-06:00", out TimeWindow? night));
        Assert.Equal(TimeSpan.Zero, night!.UntilOpen(At(23, 30)));
        Assert.Equal(TimeSpan.Zero, night.UntilOpen(At(5, 59)));
        Assert.Equal(TimeSpan.FromHours(11), night.UntilOpen(At(12, 0)));
        Assert.False(TimeWindow.TryParse("25:00-06:00", out _));
        Assert.False(TimeWindow.TryParse("06:00", out _));

        static DateTimeOffset At(int hour, int minute) => new(2026, 11, 21, hour, minute, 0, TimeSpan.Zero);
    }
}
