using Afterimage.Caching.Http;
using Xunit;

namespace Afterimage.Tests.Caching.Http;

/// <summary>RFC 9111 section 5.2.1.</summary>
public sealed class RequestDirectivesTests
{
    [Fact]
    public void All_directives_are_read()
    {
        var directives = RequestDirectives.Parse("max-age=1, max-stale=2, min-fresh=3, no-cache, no-store, only-if-cached, stale-if-error=4");
        Assert.Equal(
            new RequestDirectives
            {
                MaxAgeSeconds = 1,
                MaxStaleSeconds = 2,
                MinFreshSeconds = 3,
                NoCache = true,
                NoStore = true,
                OnlyIfCached = true,
                StaleIfErrorSeconds = 4,
            },
            directives);
    }

    [Fact]
    public void Max_stale_without_a_value_accepts_any_staleness() => Assert.Equal(long.MaxValue, RequestDirectives.Parse("max-stale").MaxStaleSeconds);

    [Theory]
    [InlineData("max-stale=x")]
    [InlineData("max-age=x, min-fresh=-1")]
    [InlineData("nothing-to-see-here")]
    [InlineData("\"no-cache\"")]
    public void What_cannot_be_read_asks_for_nothing(string field) => Assert.Equal(default, RequestDirectives.Parse(field));
}
