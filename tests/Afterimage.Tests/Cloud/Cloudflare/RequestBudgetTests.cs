using Afterimage.Cloud.Cloudflare;
using Xunit;

namespace Afterimage.Tests.Cloud.Cloudflare;

public sealed class RequestBudgetTests
{
    [Theory]
    [InlineData(1_200)]
    [InlineData(100)]
    public void No_five_minutes_see_more_than_the_budget_however_the_demand_comes(int requests)
    {
        var time = new ManualTime();
        var budget = new RequestBudget(requests, time);
        var random = new Random(5);
        var taken = new List<DateTimeOffset>();
        for (int second = 0; second < 3_000; second++)
        {
            int demand = random.Next(10) == 0 ? requests : random.Next(8);
            for (int i = 0; i < demand && budget.TryTake(); i++)
            {
                taken.Add(time.GetUtcNow());
            }

            time.Advance(TimeSpan.FromSeconds(1));
        }

        int from = 0, most = 0;
        for (int to = 0; to < taken.Count; to++)
        {
            while (taken[to] - taken[from] >= TimeSpan.FromMinutes(5))
            {
                from++;
            }

            most = Math.Max(most, to - from + 1);
        }

        Assert.InRange(most, requests * 0.7, requests);
        Assert.True(taken.Count > requests * 6, "most of the allowance of ten windows is used");
    }

    [Fact]
    public void Work_in_the_background_leaves_requests_in_flight_a_share()
    {
        var time = new ManualTime();
        var budget = new RequestBudget(100, time);
        int background = 0;
        while (budget.WaitAsync(default).IsCompletedSuccessfully)
        {
            background++;
        }

        Assert.InRange(background, 15, 21);
        Assert.True(budget.TryTake());
        Assert.True(budget.TryTake());
    }

    [Fact]
    public async Task Requests_in_flight_beyond_the_budget_do_not_starve_work_in_the_background()
    {
        var time = new ManualTime();
        var budget = new RequestBudget(300, time);
        while (budget.TryTake())
        {
        }

        int background = 0, flight = 0;
        Task waiting = budget.WaitAsync(default);
        for (int tenth = 0; tenth < 3_000; tenth++)
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            while (budget.TryTake())
            {
                flight++;
            }

            // What a timer completes runs on another thread.
            await Task.WhenAny(waiting, Task.Delay(1));
            if (waiting.IsCompleted)
            {
                background++;
                waiting = budget.WaitAsync(default);
            }
        }

        Assert.InRange(background, 35, 65);
        Assert.InRange(flight, 160, 200);
    }

    [Fact]
    public async Task Quiet_is_kept_by_everybody_and_then_ends()
    {
        var time = new ManualTime();
        var budget = new RequestBudget(100, time);
        budget.Quiet(TimeSpan.FromSeconds(30));
        Assert.False(budget.TryTake());
        Task waiting = budget.WaitAsync(default);
        Assert.False(waiting.IsCompleted);

        time.Advance(TimeSpan.FromSeconds(31));
        await waiting.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True(budget.TryTake());
    }
}
