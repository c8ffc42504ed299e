using Afterimage.Caching.Http;
using Xunit;

namespace Afterimage.Tests.Caching.Http;

/// <summary>RFC 9111 section 5.1.</summary>
public sealed class AgeFieldTests
{
    [Theory]
    [InlineData(null, 0L)]
    [InlineData("0", 0L)]
    [InlineData(" 7200 ", 7200L)]
    [InlineData("2147483649", DeltaSeconds.Max)]
    [InlineData("99999999999999999999", DeltaSeconds.Max)]
    public void Seconds_are_read(string? field, long seconds) => Assert.Equal(seconds, AgeField.Parse(field));

    [Theory]
    [InlineData("7200, 0", 7200L)]
    [InlineData("0,7200", 0L)]
    [InlineData("7200;foo=bar", 7200L)]
    public void The_first_member_counts_without_its_parameters(string field, long seconds) => Assert.Equal(seconds, AgeField.Parse(field));

    [Theory]
    [InlineData("abc")]
    [InlineData("-7200")]
    [InlineData("7200.0")]
    [InlineData("")]
    [InlineData(", 5")]
    public void An_age_that_cannot_be_read_is_the_greatest_one(string field) => Assert.Equal(DeltaSeconds.Max, AgeField.Parse(field));
}
