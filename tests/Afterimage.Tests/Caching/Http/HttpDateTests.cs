using Afterimage.Caching.Http;
using Xunit;

namespace Afterimage.Tests.Caching.Http;

/// <summary>RFC 9110 section 5.6.7, RFC 9111 section 4.2.</summary>
public sealed class HttpDateTests
{
    private static readonly DateTimeOffset Example = new(1994, 11, 6, 8, 49, 37, TimeSpan.Zero);

    [Theory]
    [InlineData("Sun, 06 Nov 1994 08:49:37 GMT")]
    [InlineData("Sunday, 06-Nov-94 08:49:37 GMT")]
    [InlineData("Sun Nov  6 08:49:37 1994")]
    [InlineData("  Sun, 06 Nov 1994 08:49:37 GMT\t")]
    [InlineData("SUN, 06 nov 1994 08:49:37 gmt")]
    public void All_three_forms_are_read_in_any_case(string text)
    {
        Assert.True(HttpDate.TryParse(text, Make.Now, out DateTimeOffset date));
        Assert.Equal(Example, date);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("")]
    [InlineData("Sun, 06 Nov 1994 08:49:37 UTC")]
    [InlineData("Sun, 06 Nov 1994 08:49:37 AEST")]
    [InlineData("Sun, 06 Nov 94 08:49:37 GMT")]
    [InlineData("Sun 06 Nov 1994 08:49:37 GMT")]
    [InlineData("Sun, 06  Nov  1994 08:49:37 GMT")]
    [InlineData("Sun, 06-Nov-1994 08:49:37 GMT")]
    [InlineData("Sun, 06 Nov 1994 08.49.37 GMT")]
    [InlineData("Sun, 06 Nov 1994 8:49:37 GMT")]
    [InlineData("Sun, 31 Feb 1994 08:49:37 GMT")]
    [InlineData("Sun, 06 Nov 1994 24:00:00 GMT")]
    [InlineData("Foo, 06 Nov 1994 08:49:37 GMT")]
    [InlineData("Sun, 06 Nov 1994 08:49:37 GMT x")]
    public void What_the_grammar_does_not_allow_is_no_date(string text) => Assert.False(HttpDate.TryParse(text, Make.Now, out _));

    [Theory]
    [InlineData("Thursday, 18-Aug-50 02:01:18 GMT", 2050)]
    [InlineData("Thursday, 18-Aug-77 02:01:18 GMT", 1977)]
    [InlineData("Saturday, 21-Nov-76 11:00:00 GMT", 2076)]
    [InlineData("Saturday, 21-Nov-76 13:00:00 GMT", 1976)]
    public void A_two_digit_year_is_at_most_fifty_years_ahead(string text, int year)
    {
        Assert.True(HttpDate.TryParse(text, Make.Now, out DateTimeOffset date));
        Assert.Equal(year, date.Year);
    }

    [Fact]
    public void A_leap_second_is_the_end_of_its_minute()
    {
        Assert.True(HttpDate.TryParse("Sat, 31 Dec 2016 23:59:60 GMT", Make.Now, out DateTimeOffset date));
        Assert.Equal(59, date.Second);
    }
}
