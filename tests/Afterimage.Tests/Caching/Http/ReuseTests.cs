using Afterimage.Caching.Http;
using Xunit;

namespace Afterimage.Tests.Caching.Http;

/// <summary>RFC 9111 sections 4, 4.2.4 and 5.2.1; RFC 5861.</summary>
public sealed class ReuseTests
{
    [Theory]
    [InlineData("max-age=100", "", 50, ReuseVerdict.Fresh)]
    [InlineData("max-age=100", "", 100, ReuseVerdict.Validate)]
    [InlineData("max-age=100", "", 101, ReuseVerdict.Validate)]
    [InlineData("max-age=100, no-cache", "", 0, ReuseVerdict.Validate)]
    [InlineData("max-age=100", "no-cache", 0, ReuseVerdict.Validate)]
    [InlineData("max-age=100", "no-store", 0, ReuseVerdict.Validate)]
    [InlineData("max-age=100", "max-age=10", 10, ReuseVerdict.Fresh)]
    [InlineData("max-age=100", "max-age=10", 11, ReuseVerdict.Validate)]
    [InlineData("max-age=100", "min-fresh=50", 50, ReuseVerdict.Fresh)]
    [InlineData("max-age=100", "min-fresh=50", 51, ReuseVerdict.Validate)]
    [InlineData("max-age=100", "max-stale=10", 110, ReuseVerdict.AcceptablyStale)]
    [InlineData("max-age=100", "max-stale=10", 111, ReuseVerdict.Validate)]
    [InlineData("max-age=100", "max-stale", 100000, ReuseVerdict.AcceptablyStale)]
    [InlineData("max-age=100, must-revalidate", "max-stale", 101, ReuseVerdict.Validate)]
    [InlineData("s-maxage=100", "max-stale", 101, ReuseVerdict.Validate)]
    [InlineData("max-age=100, stale-while-revalidate=10", "", 110, ReuseVerdict.StaleWhileRevalidate)]
    [InlineData("max-age=100, stale-while-revalidate=10", "", 111, ReuseVerdict.Validate)]
    [InlineData("max-age=100, stale-while-revalidate=10, must-revalidate", "", 105, ReuseVerdict.Validate)]
    [InlineData("max-age=100, stale-while-revalidate=10", "max-age=100", 105, ReuseVerdict.Validate)]
    public void Response_and_request_decide_together(string response, string request, double seconds, ReuseVerdict expected) =>
        Assert.Equal(expected, Reuse.Check(Make.Stored($"Cache-Control: {response}"), RequestDirectives.Parse(request), Make.Now.AddSeconds(seconds)));

    [Theory]
    [InlineData("max-age=1", "", null, true)]
    [InlineData("max-age=1", "", 503, true)]
    [InlineData("max-age=1", "", 500, false)]
    [InlineData("max-age=1, stale-if-error=600", "", 500, true)]
    [InlineData("max-age=1, stale-if-error=60", "", 500, false)]
    [InlineData("max-age=1", "stale-if-error=600", 500, true)]
    [InlineData("max-age=1, must-revalidate", "", null, false)]
    [InlineData("max-age=1, proxy-revalidate", "", null, false)]
    [InlineData("s-maxage=1", "", null, false)]
    [InlineData("max-age=1, no-cache", "", null, false)]
    [InlineData("max-age=1, stale-if-error=600, must-revalidate", "", null, false)]
    [InlineData("max-age=1", "no-cache", null, false)]
    [InlineData("max-age=1", "max-age=60", null, false)]
    public void A_stale_response_stands_in_for_a_failed_origin_where_nothing_forbids_it(string response, string request, int? status, bool expected) =>
        Assert.Equal(
            expected,
            Reuse.MayStandIn(Make.Stored($"Cache-Control: {response}"), RequestDirectives.Parse(request), status, Make.Now.AddSeconds(300), HttpCachePolicy.Default));

    [Fact]
    public void Being_disconnected_excuses_staleness_only_so_long()
    {
        StoredResponse stored = Make.Stored("Cache-Control: max-age=1");
        Assert.False(Reuse.MayStandIn(stored, default, null, Make.Now.AddDays(2), HttpCachePolicy.Default));
        Assert.False(Reuse.MayStandIn(stored, default, null, Make.Now.AddSeconds(5), HttpCachePolicy.Default with { StaleWhenDisconnected = TimeSpan.Zero }));
    }
}
