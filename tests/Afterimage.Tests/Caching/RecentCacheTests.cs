using Xunit;
using RecentNumbers = Afterimage.Diagnostics.RecentCache<int, int>;

namespace Afterimage.Tests.Caching;

public sealed class RecentCacheTests
{
    private const int CountMax = 100;

    private readonly RecentNumbers _cache = new(CountMax);

    [Fact]
    public void The_latest_half_is_kept_and_never_more_than_the_bound()
    {
        for (int i = 0; i < 1000; i++)
        {
            _cache.Set(i, i);
            Assert.All(Enumerable.Range(Math.Max(0, i - (CountMax / 2) + 1), Math.Min(i + 1, CountMax / 2)), latest => Assert.True(Holds(latest)));
        }

        Assert.InRange(Enumerable.Range(0, 1000).Count(Holds), CountMax / 2, CountMax);
    }

    [Fact]
    public void What_is_asked_for_again_and_again_stays()
    {
        _cache.Set(-1, 1);
        for (int i = 0; i < 1000; i++)
        {
            Assert.True(_cache.TryGet(-1, out int value));
            Assert.Equal(1, value);
            _cache.Set(i, i);
        }
    }

    [Fact]
    public void The_last_value_counts_and_what_was_removed_is_gone_from_both_generations()
    {
        _cache.Set(-1, 1);
        for (int i = 0; i < CountMax / 2; i++)
        {
            _cache.Set(i, i);
        }

        _cache.Set(-1, 2);
        Assert.True(_cache.TryGet(-1, out int value));
        Assert.Equal(2, value);

        _cache.Remove(-1);

        Assert.False(_cache.TryGet(-1, out _));
    }

    [Fact]
    public void Writers_beside_each_other_lose_nothing_of_the_latest_and_stay_within_the_bound()
    {
        Parallel.For(0, 8, writer =>
        {
            for (int i = 0; i < 10_000; i++)
            {
                _cache.Set((writer * 10_000) + i, i);
            }
        });

        // Each of eight may add one more to a generation that another has just filled.
        Assert.InRange(Enumerable.Range(0, 80_000).Count(Holds), 1, CountMax + 16);
    }

    private bool Holds(int number) => _cache.TryGet(number, out _);
}
