using Afterimage.Caching.Http;
using Xunit;

namespace Afterimage.Tests.Caching.Http;

/// <summary>RFC 9111 sections 3.1, 3.2, 4.3.4 and 4.3.5.</summary>
public sealed class StoredUpdateTests
{
    [Fact]
    public void Fields_of_a_304_replace_stored_ones_and_the_others_stay()
    {
        StoredResponse updated = Freshen(Make.Stored("Cache-Control: max-age=1", "A: 1", "A: 2", "B: 1"), "Cache-Control: max-age=60", "a: 3", "C: 1");
        Assert.Equal(("3", "1", "1"), (updated.Fields.Get("A"), updated.Fields.Get("B"), updated.Fields.Get("C")));
        Assert.Equal(TimeSpan.FromMinutes(1), updated.Freshness.Lifetime);
        Assert.Equal("hello", Make.Text(updated));
    }

    [Theory]
    [InlineData("Content-Length")]
    [InlineData("Content-Encoding")]
    [InlineData("Content-Range")]
    [InlineData("Content-MD5")]
    public void Fields_that_describe_the_stored_bytes_stay(string name) =>
        Assert.Equal("old", Freshen(Make.Stored($"{name}: old"), $"{name}: new").Fields.First(name));

    [Theory]
    [InlineData("Connection")]
    [InlineData("Keep-Alive")]
    [InlineData("Transfer-Encoding")]
    [InlineData("Upgrade")]
    [InlineData("TE")]
    [InlineData("Proxy-Authenticate")]
    [InlineData("Proxy-Authentication-Info")]
    [InlineData("Proxy-Authorization")]
    [InlineData("Proxy-Connection")]
    public void Fields_of_one_connection_are_never_stored(string name)
    {
        Assert.Null(Make.Stored($"{name}: x").Fields.First(name));
        Assert.Null(Freshen(Make.Stored(), $"{name}: x").Fields.First(name));
    }

    [Fact]
    public void Fields_that_Connection_or_a_directive_names_are_not_stored()
    {
        StoredResponse stored = Make.Stored("Connection: a, B", "Cache-Control: no-cache=\"c\", private=\"d\"", "A: 1", "b: 1", "C: 1", "D: 1", "E: 1");
        Assert.Equal(["Cache-Control", "Date", "E"], stored.Fields.Lines.Select(line => line.Key).Order());
    }

    [Fact]
    public void The_age_starts_anew()
    {
        StoredResponse stored = Make.Stored("Cache-Control: max-age=100", "Age: 90", Make.At("Date", -90));
        StoredResponse updated = StoredUpdate.Freshen(stored, Make.Fields("Cache-Control: max-age=100"), Make.Now.AddSeconds(200), Make.Now.AddSeconds(200), HttpCachePolicy.Default);
        Assert.Equal(0, updated.AgeAt(Make.Now.AddSeconds(200)).TotalSeconds);
    }

    [Theory]
    [InlineData("ETag: \"a\"", "ETag: \"a\"", true)]
    [InlineData("ETag: \"a\"", "ETag: W/\"a\"", true)]
    [InlineData("ETag: \"a\"", "ETag: \"b\"", false)]
    [InlineData("ETag: \"a\"", "X: 1", true)]
    [InlineData("Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT", "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT", true)]
    [InlineData("Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT", "Last-Modified: Mon, 07 Nov 1994 08:49:37 GMT", false)]
    public void A_304_is_about_the_response_whose_validator_it_repeats(string stored, string received, bool selects) =>
        Assert.Equal(selects, StoredUpdate.Selects(Make.Fields(received), Make.Stored(stored)));

    [Theory]
    [InlineData("X: 1", true)]
    [InlineData("ETag: \"a\"", true)]
    [InlineData("ETag: \"b\"", false)]
    [InlineData("Content-Length: 5", true)]
    [InlineData("Content-Length: 6", false)]
    [InlineData("Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT", false)]
    public void A_HEAD_describes_what_is_stored_when_nothing_in_it_differs(string received, bool describes) =>
        Assert.Equal(describes, StoredUpdate.HeadDescribes(Make.Fields(received), Make.Stored("ETag: \"a\"")));

    private static StoredResponse Freshen(StoredResponse stored, params string[] lines) =>
        StoredUpdate.Freshen(stored, Make.Fields(lines), Make.Now, Make.Now, HttpCachePolicy.Default);
}
