using Afterimage.Caching.Http;
using Xunit;

namespace Afterimage.Tests.Caching.Http;

/// <summary>RFC 9110 section 14, RFC 9111 sections 3.3 and 3.4.</summary>
public sealed class RangeTests
{
    private const string Hour = "Cache-Control: max-age=3600";

    [Theory]
    [InlineData("bytes=0-1", 0, 1)]
    [InlineData("bytes=5-", 5, 9)]
    [InlineData("bytes=-3", 7, 9)]
    [InlineData("bytes=-30", 0, 9)]
    [InlineData("BYTES= 0-99 ", 0, 9)]
    [InlineData("bytes=,9-9,", 9, 9)]
    public void A_range_says_which_bytes(string field, long first, long last) => Assert.Equal((first, last), Assert.Single(RangeSpec.Parse(field)!).Resolve(10));

    [Theory]
    [InlineData("bytes=10-")]
    [InlineData("bytes=10-20")]
    [InlineData("bytes=-0")]
    public void A_range_beyond_the_end_is_unsatisfiable(string field) => Assert.Null(Assert.Single(RangeSpec.Parse(field)!).Resolve(10));

    [Theory]
    [InlineData(null)]
    [InlineData("bytes=")]
    [InlineData("bytes=2-1")]
    [InlineData("bytes=a-b")]
    [InlineData("bytes=1")]
    [InlineData("bytes=--1")]
    [InlineData("bytes=1-2-3")]
    [InlineData("items=0-1")]
    [InlineData("bytes=0-99999999999999999999")]
    [InlineData("bytes=+1-2")]
    public void What_is_no_range_is_ignored(string? field) => Assert.Null(RangeSpec.Parse(field));

    [Theory]
    [InlineData("bytes 0-4/10", 0, 4, 10L)]
    [InlineData("bytes 0-4/*", 0, 4, null)]
    public void A_content_range_is_read_and_written(string field, long first, long last, long? length)
    {
        var range = ContentRange.Parse(field);
        Assert.Equal(new ContentRange(first, last, length), range);
        Assert.Equal(field, range.ToString());
    }

    [Theory]
    [InlineData("bytes */10")]
    [InlineData("bytes 4-0/10")]
    [InlineData("bytes 0-10/10")]
    [InlineData("bytes 0-4")]
    [InlineData("items 0-4/10")]
    [InlineData("")]
    public void What_is_no_content_range_is_none(string field) => Assert.Null(ContentRange.Parse(field));

    [Theory]
    [InlineData("bytes=6-8", "234")]
    [InlineData("bytes=4-4", "0")]
    [InlineData("bytes=5-", "12345")]
    [InlineData("bytes=5-100", "12345")]
    [InlineData("bytes=-1", "5")]
    public void A_stored_part_answers_for_the_bytes_it_has(string field, string expected)
    {
        StoredResponse part = Make.Stored(206, "012345", null, Hour, "Content-Range: bytes 4-9/10");
        RangeSelection selection = RangeSelection.Of(part, RangeSpec.Parse(field)![0]);
        Assert.Equal(RangeOutcome.Held, selection.Outcome);
        Assert.Equal(expected, Make.Text(part, selection.Offset, selection.Range.Length));
    }

    [Theory]
    [InlineData("bytes=3-5")]
    [InlineData("bytes=0-")]
    [InlineData("bytes=-7")]
    [InlineData("bytes=10-12")]
    public void It_does_not_answer_for_others(string field)
    {
        StoredResponse part = Make.Stored(206, "012345", null, Hour, "Content-Range: bytes 4-9/10");
        Assert.Equal(RangeOutcome.NotHeld, RangeSelection.Of(part, RangeSpec.Parse(field)![0]).Outcome);
    }

    [Theory]
    [InlineData("bytes=2-")]
    [InlineData("bytes=-1")]
    [InlineData("bytes=4-6")]
    public void A_part_that_does_not_reach_the_end_does_not_answer_for_it(string field)
    {
        StoredResponse part = Make.Stored(206, "01234", null, Hour, "Content-Range: bytes 0-4/10");
        Assert.Equal(RangeOutcome.NotHeld, RangeSelection.Of(part, RangeSpec.Parse(field)![0]).Outcome);
    }

    [Fact]
    public void A_part_shorter_than_it_says_is_used_as_far_as_it_goes()
    {
        StoredResponse part = Make.Stored(206, "012", null, Hour, "Content-Range: bytes 0-4/10");
        Assert.Equal(RangeOutcome.Held, RangeSelection.Of(part, RangeSpec.Parse("bytes=0-2")![0]).Outcome);
        Assert.Equal(RangeOutcome.NotHeld, RangeSelection.Of(part, RangeSpec.Parse("bytes=0-3")![0]).Outcome);
    }

    [Fact]
    public void Two_parts_with_one_strong_tag_become_the_whole()
    {
        StoredResponse? whole = Combine("\"a\"", "bytes 0-4/10", "01234", "\"a\"", "bytes 3-9/10", "3456789");
        Assert.True(whole is { Status: 200, IsComplete: true });
        Assert.Equal("0123456789", Make.Text(whole));
        Assert.Equal("10", whole.Fields.First("Content-Length"));
        Assert.Null(whole.Fields.First("Content-Range"));
    }

    [Fact]
    public void Two_parts_that_touch_become_a_longer_part()
    {
        StoredResponse? part = Combine("\"a\"", "bytes 5-6/10", "56", "\"a\"", "bytes 2-4/10", "234");
        Assert.Equal(new ContentRange(2, 6, 10), part!.Range);
        Assert.Equal("23456", Make.Text(part));
    }

    [Theory]
    [InlineData("\"a\"", "\"b\"", "bytes 5-9/10")]
    [InlineData("W/\"a\"", "W/\"a\"", "bytes 5-9/10")]
    [InlineData("\"a\"", "\"a\"", "bytes 5-9/11")]
    public void Parts_of_different_representations_stay_apart(string first, string second, string range) =>
        Assert.Null(Combine(first, "bytes 0-4/10", "01234", second, range, "56789"));

    [Fact]
    public void Parts_with_a_gap_stay_apart() => Assert.Null(Combine("\"a\"", "bytes 0-3/10", "0123", "\"a\"", "bytes 5-9/10", "56789"));

    private static StoredResponse? Combine(string tagA, string rangeA, string bodyA, string tagB, string rangeB, string bodyB) => PartialContent.Combine(
        Make.Stored(206, bodyA, null, Hour, $"ETag: {tagA}", $"Content-Range: {rangeA}"),
        Make.Stored(206, bodyB, null, Hour, $"ETag: {tagB}", $"Content-Range: {rangeB}"),
        HttpCachePolicy.Default);
}
