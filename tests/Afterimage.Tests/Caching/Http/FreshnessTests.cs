using Afterimage.Caching.Http;
using Xunit;

namespace Afterimage.Tests.Caching.Http;

/// <summary>RFC 9111 section 4.2.</summary>
public sealed class FreshnessTests
{
    private const string Hour = "Cache-Control: max-age=3600";

    [Fact]
    public void S_maxage_is_stronger_than_max_age_and_both_than_Expires()
    {
        // Section 4.2.1
        Assert.Equal(5, Seconds("Cache-Control: max-age=3600, s-maxage=5", Make.At("Expires", 100)));
        Assert.Equal(3600, Seconds("Cache-Control: max-age=0", "Cache-Control: s-maxage=3600", Make.At("Expires", -10)));
        Assert.Equal(3600, Seconds(Hour, Make.At("Expires", -7200), Make.At("Date", 0)));
        Assert.Equal(0, Seconds("Cache-Control: max-age=0", Make.At("Expires", 3600)));
    }

    [Fact]
    public void Expires_counts_from_Date()
    {
        Assert.Equal(100, Seconds(Make.At("Date", 400), Make.At("Expires", 500)));
        Assert.Equal(0, Seconds(Make.At("Date", 400), Make.At("Expires", 300)));
        Assert.Equal(20, Seconds(Make.At("Date", -10), Make.At("Expires", 10)));
    }

    [Fact]
    public void Expires_without_a_valid_Date_counts_from_arrival() => Assert.Equal(10, Seconds("Date: foo", Make.At("Expires", 10)));

    [Theory]
    [InlineData("Expires: 0")]
    [InlineData("Expires: -1")]
    [InlineData("Expires: soon")]
    public void An_Expires_that_is_no_date_means_the_past(string line)
    {
        // Section 5.3
        Freshness freshness = Make.FreshnessOf(200, line, Make.At("Last-Modified", -100000));
        Assert.True(freshness is { IsExplicit: true, Lifetime: { Ticks: 0 } });
    }

    [Fact]
    public void Of_two_Expires_the_first_counts() => Assert.Equal(100, Seconds(Make.At("Expires", 100), Make.At("Expires", 200)));

    [Fact]
    public void The_age_on_arrival_is_the_greater_of_what_Age_and_Date_say()
    {
        // Section 4.2.3
        Assert.Equal(7200, Make.FreshnessOf(200, Hour, "Age: 7200", Make.At("Date", 0)).InitialAge.TotalSeconds);
        Assert.Equal(7200, Make.FreshnessOf(200, Hour, Make.At("Date", -7200)).InitialAge.TotalSeconds);
        Assert.Equal(0, Make.FreshnessOf(200, Hour, Make.At("Date", 300)).InitialAge.TotalSeconds);
    }

    [Fact]
    public void The_time_that_the_origin_took_counts_as_age()
    {
        HttpFields fields = Make.Fields(Hour, "Age: 30");
        Freshness freshness = Freshness.Of(200, fields, CacheDirectives.Parse(fields.Get("Cache-Control")), Make.Now.AddSeconds(-12), Make.Now, HttpCachePolicy.Default);
        Assert.Equal(42, freshness.InitialAge.TotalSeconds);
    }

    [Fact]
    public void A_clock_that_runs_backwards_makes_nothing_younger()
    {
        StoredResponse stored = Make.Stored(Hour, "Age: 30");
        Assert.Equal(30, stored.AgeAt(Make.Now.AddHours(-2)).TotalSeconds);
    }

    [Fact]
    public void Without_a_lifetime_a_tenth_of_the_time_since_the_last_change_is_taken()
    {
        // Section 4.2.2
        Assert.Equal(1000, Seconds(Make.At("Last-Modified", -10000), Make.At("Date", 0)));
        Assert.Equal(TimeSpan.FromDays(1).TotalSeconds, Seconds(Make.At("Last-Modified", -1e9), Make.At("Date", 0)));
        Assert.Equal(0, Seconds(Make.At("Last-Modified", 100), Make.At("Date", 0)));
        Assert.Equal(0, Seconds(Make.At("Date", 0)));
    }

    [Theory]
    [InlineData(200, true)]
    [InlineData(203, true)]
    [InlineData(204, true)]
    [InlineData(301, true)]
    [InlineData(308, true)]
    [InlineData(404, true)]
    [InlineData(405, true)]
    [InlineData(410, true)]
    [InlineData(414, true)]
    [InlineData(501, true)]
    [InlineData(201, false)]
    [InlineData(202, false)]
    [InlineData(302, false)]
    [InlineData(403, false)]
    [InlineData(502, false)]
    [InlineData(503, false)]
    [InlineData(599, false)]
    public void Only_some_statuses_are_given_one(int status, bool given) =>
        Assert.Equal(given, Make.FreshnessOf(status, Make.At("Last-Modified", -86400), Make.At("Date", 0)).Lifetime > TimeSpan.Zero);

    [Fact]
    public void Public_allows_it_for_every_status() =>
        Assert.True(Make.FreshnessOf(599, Make.At("Last-Modified", -86400), "Cache-Control: public").Lifetime > TimeSpan.Zero);

    [Fact]
    public void Lifetimes_beyond_all_reason_do_not_overflow()
    {
        StoredResponse stored = Make.Stored("Cache-Control: max-age=99999999999", "Age: 99999999999");
        Assert.True(stored.RemainingAt(Make.Now.AddYears(100)) < TimeSpan.Zero);
    }

    private static double Seconds(params string[] lines) => Make.FreshnessOf(200, lines).Lifetime.TotalSeconds;
}
