using Afterimage.Caching.Http;
using Xunit;

namespace Afterimage.Tests.Caching.Http;

/// <summary>RFC 9111 section 4.1, RFC 9110 section 12.5.5.</summary>
public sealed class VaryTests
{
    [Theory]
    [InlineData("*")]
    [InlineData("*, *")]
    [InlineData(", *")]
    [InlineData("*, Foo")]
    [InlineData("Foo, *")]
    [InlineData("Fo o")]
    public void A_star_or_what_is_no_name_never_matches(string vary) => Assert.Null(VaryFields.Parse(vary));

    [Fact]
    public void Names_are_taken_once_in_order() => Assert.Equal(["bar", "foo"], VaryFields.Parse("Foo, , BAR,foo"));

    [Theory]
    [InlineData("Foo: 1", "Foo: 1", true)]
    [InlineData("Foo: 1", "Foo: 2", false)]
    [InlineData("Foo: 1", "Bar: 1", false)]
    [InlineData("Bar: 1", "Foo: 1", false)]
    [InlineData("Bar: 1", "Bar: 2", true)]
    [InlineData("Foo: 1,2", "Foo: 1, 2 ", true)]
    [InlineData("Foo: 1 2", "Foo: 12", false)]
    [InlineData("Foo: a", "Foo: A", false)]
    [InlineData("Foo: 1,2", "Foo: 2,1", false)]
    [InlineData("Foo: \"a, b\"", "Foo: \"a,b\"", false)]
    [InlineData("Foo: \"a\\\" , b\", c", "Foo: \"a\\\" , b\",c", true)]
    public void A_field_matches_when_only_white_space_between_members_differs(string stored, string presented, bool matches) =>
        Assert.Equal(matches, Matches("Foo", Make.Fields(stored), Make.Fields(presented)));

    [Fact]
    public void Lines_of_one_field_are_combined() =>
        Assert.True(Matches("Foo", Make.Fields("Foo: 1, 2"), Make.Fields("Foo: 1", "Foo: 2")));

    [Fact]
    public void Every_field_must_match()
    {
        HttpFields stored = Make.Fields("Foo: 1", "Bar: abc", "Baz: 789");
        Assert.True(Matches("Foo, Bar, Baz", stored, Make.Fields("Baz: 789", "Bar: abc", "Foo: 1")));
        Assert.False(Matches("Foo, Bar, Baz", stored, Make.Fields("Baz: 789", "Bar: abcde", "Foo: 1")));
        Assert.False(Matches("Foo, Bar, Baz", stored, Make.Fields("Baz: 789", "Foo: 1")));
    }

    [Theory]
    [InlineData("Accept-Language", "en, de", "de,en", true)]
    [InlineData("Accept-Language", "en, de", "eN, De", true)]
    [InlineData("Accept-Language", "en, de", " en ,   de", true)]
    [InlineData("Accept-Language", "en;q=1.0, de;q=0.5", "de; q=0.5, en", true)]
    [InlineData("Accept-Language", "en, de", "en", false)]
    [InlineData("Accept-Language", "en, de;q=0.5", "en;q=0.5, de", false)]
    [InlineData("Accept-Encoding", "gzip, br", "BR,gzip", true)]
    [InlineData("Accept", "text/html, image/png;q=0.5", "image/png; q=0.5,text/html", true)]
    [InlineData("Accept", "text/html;x=\"a,b\"", "text/html;x=\"b,a\"", false)]
    public void Preferences_match_when_they_mean_the_same(string name, string stored, string presented, bool matches) =>
        Assert.Equal(matches, Matches(name, Make.Fields($"{name}: {stored}"), Make.Fields($"{name}: {presented}")));

    [Fact]
    public void A_key_rebuilt_from_what_was_stored_is_the_same()
    {
        var key = VaryKey.Of(["bar", "foo"], Make.Fields("Foo: 1, 2"));
        Assert.True(key.IsSameAs(VaryKey.FromValues(key.Names, key.Values)));
        Assert.Equal([null, "1, 2"], key.Values);
    }

    private static bool Matches(string vary, HttpFields stored, HttpFields presented) => VaryKey.Of(VaryFields.Parse(vary)!, stored).Matches(presented);
}
