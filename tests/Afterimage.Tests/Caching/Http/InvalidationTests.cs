using Afterimage.Caching.Http;
using Xunit;

namespace Afterimage.Tests.Caching.Http;

/// <summary>RFC 9111 section 4.4.</summary>
public sealed class InvalidationTests
{
    private static readonly Uri[] Origins = [new("http://cache.example:8080"), new("http://origin.example")];

    [Theory]
    [InlineData("POST", 200, true)]
    [InlineData("PUT", 204, true)]
    [InlineData("DELETE", 303, true)]
    [InlineData("M-SEARCH", 200, true)]
    [InlineData("POST", 404, false)]
    [InlineData("POST", 500, false)]
    [InlineData("GET", 200, false)]
    [InlineData("HEAD", 200, false)]
    [InlineData("OPTIONS", 200, false)]
    [InlineData("TRACE", 200, false)]
    public void A_successful_unsafe_request_invalidates_its_target(string method, int status, bool invalidates) =>
        Assert.Equal(invalidates ? ["/a?b"] : [], Targets(method, status));

    [Theory]
    [InlineData("Location: c", "/c")]
    [InlineData("Location: /d?e=f", "/d?e=f")]
    [InlineData("Content-Location: http://cache.example:8080/g", "/g")]
    [InlineData("Content-Location: http://ORIGIN.example/g", "/g")]
    public void It_invalidates_what_it_points_to_on_the_same_origin(string line, string other) => Assert.Equal(["/a?b", other], Targets("POST", 201, line));

    [Theory]
    [InlineData("Location: http://elsewhere.example/c")]
    [InlineData("Location: https://cache.example:8080/c")]
    [InlineData("Location: http://cache.example/c")]
    [InlineData("Location: //elsewhere.example/c")]
    [InlineData("Location: http://")]
    public void Other_origins_cannot_be_invalidated(string line) => Assert.Equal(["/a?b"], Targets("POST", 201, line));

    private static IReadOnlyList<string> Targets(string method, int status, params string[] lines) =>
        Invalidation.Targets(method, status, "/a?b", Origins, Make.Fields(lines));
}
