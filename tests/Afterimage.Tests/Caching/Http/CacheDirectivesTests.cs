using Afterimage.Caching.Http;
using Xunit;

namespace Afterimage.Tests.Caching.Http;

/// <summary>RFC 9111 sections 4.2.1, 5.2 and 5.2.2; RFC 5861.</summary>
public sealed class CacheDirectivesTests
{
    [Theory]
    [InlineData("max-age=3600", 3600L)]
    [InlineData("MaX-aGe=3600", 3600L)]
    [InlineData("max-age=\"3600\"", 3600L)]
    [InlineData("max-age=003600", 3600L)]
    [InlineData("foobar, max-age=3600", 3600L)]
    [InlineData(" ,, max-age=3600 ,", 3600L)]
    [InlineData("max-age=99999999999", DeltaSeconds.Max)]
    [InlineData("max-age=2147483647", 2147483647L)]
    [InlineData("x=\"max-age=9\", max-age=3600", 3600L)]
    [InlineData("max-age=3600, x=\"max-age=9\"", 3600L)]
    [InlineData("x=\"a\\\", max-age=9\", max-age=3600", 3600L)]
    public void A_lifetime_is_read(string field, long seconds) => Assert.Equal(seconds, CacheDirectives.Parse(field).MaxAgeSeconds);

    [Theory]
    [InlineData("max-age=-3600")]
    [InlineData("max-age=3600.0")]
    [InlineData("max-age=3600.5")]
    [InlineData("max-age='3600'")]
    [InlineData("max-age=a3600")]
    [InlineData("max-age=3600a")]
    [InlineData("max-age =3600")]
    [InlineData("max-age= 3600")]
    [InlineData("max-age=")]
    [InlineData("max-age")]
    [InlineData("max-age=\"3600")]
    public void A_lifetime_that_cannot_be_read_makes_the_response_stale(string field) => Assert.Equal(0, CacheDirectives.Parse(field).MaxAgeSeconds);

    [Theory]
    [InlineData("extension=\"max-age=3600\"")]
    [InlineData("xmax-age=3600")]
    [InlineData("")]
    [InlineData(null)]
    public void What_is_no_lifetime_is_none(string? field) => Assert.Null(CacheDirectives.Parse(field).MaxAgeSeconds);

    [Theory]
    [InlineData("max-age=1800, max-age=1", 1800L)]
    [InlineData("max-age=1, max-age=1800", 1L)]
    public void Of_a_repeated_directive_the_first_counts(string field, long seconds) => Assert.Equal(seconds, CacheDirectives.Parse(field).MaxAgeSeconds);

    [Fact]
    public void Switches_are_read_in_any_case()
    {
        CacheDirectives directives = CacheDirectives.Parse("No-StOrE, No-CaChE, PRIVATE, public, must-revalidate, proxy-revalidate, must-understand, no-transform");
        Assert.True(directives is
        {
            NoStore: true, NoCache: true, Private: true, Public: true, MustRevalidate: true, ProxyRevalidate: true, MustUnderstand: true, NoTransform: true,
        });
    }

    [Fact]
    public void No_cache_and_private_with_names_are_about_those_fields_only()
    {
        CacheDirectives directives = CacheDirectives.Parse("no-cache=\"a, b\", private=C");
        Assert.False(directives.NoCache || directives.Private);
        Assert.Equal(["a", "b", "C"], directives.UnstorableFields);
    }

    [Theory]
    [InlineData("no-cache=\"\"")]
    [InlineData("no-cache=\" , \"")]
    [InlineData("no-cache=\"a")]
    [InlineData("no-cache=\"a\", no-cache")]
    public void No_cache_that_names_nothing_is_about_the_response(string field) => Assert.True(CacheDirectives.Parse(field).NoCache);

    [Theory]
    [InlineData("must-revalidate", true)]
    [InlineData("proxy-revalidate", true)]
    [InlineData("s-maxage=5", true)]
    [InlineData("no-cache", true)]
    [InlineData("max-age=5", false)]
    public void Some_directives_forbid_stale_use(string field, bool forbids) => Assert.Equal(forbids, CacheDirectives.Parse(field).ForbidsStale);

    [Fact]
    public void Stale_windows_are_read()
    {
        CacheDirectives directives = CacheDirectives.Parse("stale-while-revalidate=30, stale-if-error=600");
        Assert.Equal((30L, 600L), (directives.StaleWhileRevalidateSeconds, directives.StaleIfErrorSeconds));
    }
}
