using Afterimage.Caching.Http;
using Xunit;

namespace Afterimage.Tests.Caching.Http;

/// <summary>RFC 9110 sections 8.8.3 and 13.1.2.</summary>
public sealed class EntityTagTests
{
    [Theory]
    [InlineData("\"a\"", "\"a\"", true)]
    [InlineData("\"a\"", "W/\"a\"", true)]
    [InlineData("W/\"a\"", "W/\"a\"", true)]
    [InlineData("\"a\", \"b\", \"c\"", "\"a\"", true)]
    [InlineData("\"a\", \"b\", \"c\"", "\"b\"", true)]
    [InlineData("\"a\", W/\"b\" , \"c\"", "\"c\"", true)]
    [InlineData("*", "\"a\"", true)]
    [InlineData(" * ", null, true)]
    [InlineData("\"a\"", "\"b\"", false)]
    [InlineData("\"a,b\"", "\"a", false)]
    [InlineData("\"a,b\", \"c\"", "\"a,b\"", true)]
    [InlineData("\"a\"", null, false)]
    [InlineData("", "\"a\"", false)]
    [InlineData("a", "\"a\"", false)]
    [InlineData("\"\"", "\"\"", true)]
    [InlineData("\"abcdef\u00fc\"", "\"abcdef\u00fc\"", true)]
    public void A_list_matches_weakly(string list, string? stored, bool matches) =>
        Assert.Equal(matches, EntityTag.ListMatches(list, EntityTag.Parse(stored)));

    [Theory]
    [InlineData("\"a\"", "\"a\"", true)]
    [InlineData("W/\"a\"", "W/\"a\"", false)]
    [InlineData("\"a\"", "W/\"a\"", false)]
    [InlineData("a", "a", false)]
    public void Strong_comparison_needs_two_strong_tags(string a, string b, bool equal) =>
        Assert.Equal(equal, EntityTag.Parse(a)!.Value.StronglyEquals(EntityTag.Parse(b)!.Value));

    [Fact]
    public void An_empty_field_is_no_tag() => Assert.Null(EntityTag.Parse("  "));
}
