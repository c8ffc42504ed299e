using Afterimage.Caching.Http;
using Xunit;

namespace Afterimage.Tests.Caching.Http;

/// <summary>RFC 9213.</summary>
public sealed class TargetedDirectivesTests
{
    [Fact]
    public void A_targeted_field_takes_the_place_of_Cache_Control_and_Expires()
    {
        // Section 2.2
        Freshness freshness = Make.FreshnessOf(200, "Cache-Control: max-age=1, no-store", Make.At("Expires", -10), "CDN-Cache-Control: max-age=3600");
        Assert.Equal(TimeSpan.FromHours(1), freshness.Lifetime);
        Assert.False(Select("Cache-Control: no-store", "CDN-Cache-Control: max-age=3600").NoStore);
    }

    [Fact]
    public void Expires_does_not_fill_in_for_a_targeted_field_without_a_lifetime() =>
        Assert.False(Make.FreshnessOf(200, Make.At("Expires", 1000), "CDN-Cache-Control: public").IsExplicit);

    [Theory]
    [InlineData("max-age=10000, &&&&&")]
    [InlineData("max-age =100")]
    [InlineData("max-age= 100")]
    [InlineData("MaX-aGe=3600")]
    [InlineData("")]
    public void An_invalid_or_empty_field_is_as_good_as_absent(string field) =>
        Assert.Equal(1, Select("Cache-Control: max-age=1", $"CDN-Cache-Control: {field}").MaxAgeSeconds);

    [Theory]
    [InlineData("max-age=\"10000\"")]
    [InlineData("max-age=1.5")]
    [InlineData("max-age")]
    public void A_lifetime_of_another_type_is_ignored(string field)
    {
        CacheDirectives directives = Select("Cache-Control: max-age=1", $"CDN-Cache-Control: {field}");
        Assert.True(directives is { Targeted: true, MaxAgeSeconds: null });
    }

    [Fact]
    public void A_switch_must_be_true()
    {
        Assert.True(Select("CDN-Cache-Control: no-store").NoStore);
        Assert.False(Select("CDN-Cache-Control: no-store=?0").NoStore);
        Assert.False(Select("CDN-Cache-Control: no-store=1").NoStore);
    }

    [Fact]
    public void No_cache_and_private_may_name_fields()
    {
        CacheDirectives directives = Select("CDN-Cache-Control: no-cache=\"a\", private");
        Assert.True(directives is { NoCache: false, Private: true });
        Assert.Equal(["a"], directives.UnstorableFields);
    }

    [Fact]
    public void The_first_valid_field_of_the_target_list_wins()
    {
        HttpFields fields = Make.Fields("Cache-Control: max-age=1", "CDN-Cache-Control: max-age=2", "Afterimage-Cache-Control: max-age=3");
        Assert.Equal(3, TargetedDirectives.Select(fields, ["Afterimage-Cache-Control", "CDN-Cache-Control"]).MaxAgeSeconds);
    }

    private static CacheDirectives Select(params string[] lines) => TargetedDirectives.Select(Make.Fields(lines), TargetedDirectives.DefaultTargets);
}
