using Afterimage.Caching.Http;
using Xunit;

namespace Afterimage.Tests.Caching.Http;

/// <summary>RFC 9651 section 4.2.</summary>
public sealed class StructuredDictionaryTests
{
    [Theory]
    [InlineData("a=1", StructuredKind.Integer)]
    [InlineData("a=-999999999999999", StructuredKind.Integer)]
    [InlineData("a=1.5", StructuredKind.Decimal)]
    [InlineData("a=-0.001", StructuredKind.Decimal)]
    [InlineData("a=\"x \\\" \\\\ y\"", StructuredKind.String)]
    [InlineData("a=tok:en/x", StructuredKind.Token)]
    [InlineData("a=*x", StructuredKind.Token)]
    [InlineData("a=:cHJldGVuZA==:", StructuredKind.Bytes)]
    [InlineData("a=:cHJldGVuZA:", StructuredKind.Bytes)]
    [InlineData("a", StructuredKind.Boolean)]
    [InlineData("a=?0", StructuredKind.Boolean)]
    [InlineData("a=@1659578233", StructuredKind.Date)]
    [InlineData("a=%\"f%c3%bc\"", StructuredKind.DisplayString)]
    [InlineData("a=(1 \"x\" y;p=1);q", StructuredKind.InnerList)]
    [InlineData("a=()", StructuredKind.InnerList)]
    public void Every_type_is_read(string field, StructuredKind kind)
    {
        Assert.True(StructuredDictionary.TryParse(field, out var members));
        Assert.Equal(kind, members["a"].Kind);
    }

    [Theory]
    [InlineData("a=1,")]
    [InlineData("a=1 b=2")]
    [InlineData("A=1")]
    [InlineData("=1")]
    [InlineData("a =1")]
    [InlineData("a= 1")]
    [InlineData("a=1;;b")]
    [InlineData("a=1, &&&&&")]
    [InlineData("a=\"x")]
    [InlineData("a=\"\\x\"")]
    [InlineData("a=\"\u00e9\"")]
    [InlineData("a=1000000000000000")]
    [InlineData("a=1.")]
    [InlineData("a=1.2345")]
    [InlineData("a=1234567890123.1")]
    [InlineData("a=-")]
    [InlineData("a=?2")]
    [InlineData("a=?")]
    [InlineData("a=:x")]
    [InlineData("a=:x y:")]
    [InlineData("a=:cHJld=GVuZA:")]
    [InlineData("a=@1.5")]
    [InlineData("a=%\"f%C3%BC\"")]
    [InlineData("a=%\"f%ff\"")]
    [InlineData("a=%\"f%c\"")]
    [InlineData("a=%\"f")]
    [InlineData("a=%x")]
    [InlineData("a=(1 2")]
    [InlineData("a=(1,2)")]
    [InlineData("a=(1\"x\")")]
    [InlineData("a=")]
    [InlineData("\ta=1")]
    public void Any_deviation_makes_the_field_invalid(string field) => Assert.False(StructuredDictionary.TryParse(field, out _));

    [Fact]
    public void Values_are_kept()
    {
        Assert.True(StructuredDictionary.TryParse(" max-age=100;x=y,\tfoo , note=\"a \\\"b\\\"\", list=(1 2), text=%\"%c3%bc\" ", out var members));
        Assert.Equal(100, members["max-age"].Number);
        Assert.True(members["foo"].IsTrue);
        Assert.Equal("a \"b\"", members["note"].Text);
        Assert.Equal([1, 2], members["list"].Items!.Select(item => item.Number));
        Assert.Equal("ü", members["text"].Text);
    }

    [Fact]
    public void A_key_that_comes_again_replaces_the_value()
    {
        Assert.True(StructuredDictionary.TryParse("a=1, b, a=2", out var members));
        Assert.Equal(2, members["a"].Number);
    }

    [Fact]
    public void An_empty_field_has_no_members()
    {
        Assert.True(StructuredDictionary.TryParse("  ", out var members));
        Assert.Empty(members);
    }
}
