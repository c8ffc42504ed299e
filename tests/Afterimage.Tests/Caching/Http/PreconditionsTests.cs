using Afterimage.Caching.Http;
using Xunit;

namespace Afterimage.Tests.Caching.Http;

/// <summary>RFC 9111 section 4.3.2, RFC 9110 sections 13.1 and 13.2.</summary>
public sealed class PreconditionsTests
{
    [Theory]
    [InlineData("\"a\"", true)]
    [InlineData("W/\"a\"", true)]
    [InlineData("\"b\"", false)]
    [InlineData("*", true)]
    public void If_None_Match_compares_weakly(string tags, bool notModified) =>
        Assert.Equal(notModified, Preconditions.IsNotModified(Make.Stored("ETag: \"a\""), Make.Fields($"If-None-Match: {tags}")));

    [Fact]
    public void If_None_Match_decides_alone()
    {
        StoredResponse stored = Make.Stored("ETag: \"a\"", Make.At("Last-Modified", -5000));
        Assert.True(Preconditions.IsNotModified(stored, Make.Fields("If-None-Match: \"a\"", Make.At("If-Modified-Since", -9000))));
        Assert.False(Preconditions.IsNotModified(stored, Make.Fields("If-None-Match: \"b\"", Make.At("If-Modified-Since", -1))));
    }

    [Theory]
    [InlineData(-3000, true)]
    [InlineData(-2000, true)]
    [InlineData(-3001, false)]
    public void If_Modified_Since_compares_with_Last_Modified(double seconds, bool notModified) =>
        Assert.Equal(notModified, Preconditions.IsNotModified(Make.Stored(Make.At("Last-Modified", -3000)), Make.Fields(Make.At("If-Modified-Since", seconds))));

    [Fact]
    public void Without_Last_Modified_the_Date_stands_in()
    {
        StoredResponse stored = Make.Stored(Make.At("Date", -100));
        Assert.True(Preconditions.IsNotModified(stored, Make.Fields(Make.At("If-Modified-Since", -50))));
        Assert.False(Preconditions.IsNotModified(stored, Make.Fields(Make.At("If-Modified-Since", -3000))));
    }

    [Fact]
    public void A_date_that_cannot_be_read_is_ignored() =>
        Assert.False(Preconditions.IsNotModified(Make.Stored(Make.At("Last-Modified", -3000)), Make.Fields("If-Modified-Since: tomorrow")));

    [Fact]
    public void If_Modified_Since_does_not_apply_to_other_statuses() => Assert.False(
        Preconditions.IsNotModified(Make.Stored(404, "", null, Make.At("Last-Modified", -3000)), Make.Fields(Make.At("If-Modified-Since", -1))));

    [Theory]
    [InlineData("\"a\"", "\"a\"", true)]
    [InlineData("\"a\"", "\"b\"", false)]
    [InlineData("W/\"a\"", "W/\"a\"", false)]
    public void If_Range_needs_the_same_strong_tag(string stored, string condition, bool applies) =>
        Assert.Equal(applies, Preconditions.RangeApplies(Make.Stored($"ETag: {stored}"), Make.Fields($"If-Range: {condition}")));

    [Fact]
    public void If_Range_with_a_date_needs_exactly_that_date_and_a_strong_one()
    {
        StoredResponse stored = Make.Stored(Make.At("Last-Modified", -3000), Make.At("Date", 0));
        Assert.True(Preconditions.RangeApplies(stored, Make.Fields(Make.At("If-Range", -3000))));
        Assert.False(Preconditions.RangeApplies(stored, Make.Fields(Make.At("If-Range", -2999))));
        Assert.False(Preconditions.RangeApplies(Make.Stored(Make.At("Last-Modified", 0), Make.At("Date", 0)), Make.Fields(Make.At("If-Range", 0))));
    }
}
