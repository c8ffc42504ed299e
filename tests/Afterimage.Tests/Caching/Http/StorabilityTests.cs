using Afterimage.Caching.Http;
using Xunit;

namespace Afterimage.Tests.Caching.Http;

/// <summary>RFC 9111 section 3.</summary>
public sealed class StorabilityTests
{
    private const string Hour = "Cache-Control: max-age=3600";

    [Theory]
    [InlineData(StorageVerdict.Store, 200, Hour)]
    [InlineData(StorageVerdict.Store, 299, Hour)]
    [InlineData(StorageVerdict.Store, 404, Hour)]
    [InlineData(StorageVerdict.Store, 503, Hour)]
    [InlineData(StorageVerdict.Store, 599, Hour)]
    [InlineData(StorageVerdict.Store, 200, "Cache-Control: no-cache", "ETag: \"a\"")]
    [InlineData(StorageVerdict.Store, 200, "ETag: \"a\"")]
    [InlineData(StorageVerdict.Store, 200, "Cache-Control: max-age=0", "ETag: \"a\"")]
    [InlineData(StorageVerdict.Store, 200, "Cache-Control: max-age=0")]
    [InlineData(StorageVerdict.NoStore, 200, "Cache-Control: max-age=3600, no-store")]
    [InlineData(StorageVerdict.Private, 200, "Cache-Control: max-age=3600, private")]
    [InlineData(StorageVerdict.Store, 200, "Cache-Control: max-age=3600, private=\"x\"")]
    [InlineData(StorageVerdict.VaryStar, 200, Hour, "Vary: *")]
    [InlineData(StorageVerdict.VaryStar, 200, Hour, "Vary: Foo, *")]
    [InlineData(StorageVerdict.Status, 304, Hour)]
    [InlineData(StorageVerdict.Status, 416, Hour)]
    [InlineData(StorageVerdict.Status, 103, Hour)]
    [InlineData(StorageVerdict.NotAllowed, 201, "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT")]
    [InlineData(StorageVerdict.NotAllowed, 503, "ETag: \"a\"")]
    [InlineData(StorageVerdict.Useless, 200)]
    [InlineData(StorageVerdict.Useless, 200, "Cache-Control: max-age=0, must-revalidate")]
    [InlineData(StorageVerdict.Useless, 200, "Cache-Control: no-cache")]
    public void The_response_says_whether_it_may_be_stored(StorageVerdict expected, int status, params string[] lines) =>
        Assert.Equal(expected, Check("GET", "", false, status, lines));

    [Fact]
    public void Must_understand_admits_known_statuses_even_with_no_store()
    {
        // Section 5.2.2.3
        Assert.Equal(StorageVerdict.Store, Check("GET", "", false, 200, "Cache-Control: max-age=3600, no-store, must-understand"));
        Assert.Equal(StorageVerdict.Status, Check("GET", "", false, 599, "Cache-Control: max-age=3600, must-understand"));
    }

    [Theory]
    [InlineData(StorageVerdict.Authorization, Hour)]
    [InlineData(StorageVerdict.Store, "Cache-Control: max-age=3600, public")]
    [InlineData(StorageVerdict.Store, "Cache-Control: max-age=3600, must-revalidate")]
    [InlineData(StorageVerdict.Store, "Cache-Control: s-maxage=3600")]
    public void An_authorised_answer_is_shared_only_where_it_says_so(StorageVerdict expected, string line) =>
        Assert.Equal(expected, Check("GET", "", true, 200, line)); // Section 3.5

    [Fact]
    public void The_client_may_forbid_it() => Assert.Equal(StorageVerdict.RequestNoStore, Check("GET", "no-store", false, 200, Hour));

    [Theory]
    [InlineData("HEAD")]
    [InlineData("PUT")]
    [InlineData("OPTIONS")]
    [InlineData("POST")]
    public void Answers_to_other_methods_are_not_stored(string method) => Assert.Equal(StorageVerdict.Method, Check(method, "", false, 200, Hour));

    [Fact]
    public void An_answer_to_POST_is_stored_when_it_says_where_it_belongs_and_how_long()
    {
        // RFC 9110 section 9.3.3
        HttpFields fields = Make.Fields(Hour);
        var directives = CacheDirectives.Parse("max-age=3600");
        Assert.Equal(StorageVerdict.Store, Storability.Check("POST", default, false, 200, fields, directives, Make.FreshnessOf(200, Hour), true));
        Assert.Equal(StorageVerdict.Method, Storability.Check("POST", default, false, 200, fields, directives, Make.FreshnessOf(200, "ETag: \"a\""), true));
    }

    private static StorageVerdict Check(string method, string request, bool authorized, int status, params string[] lines)
    {
        HttpFields fields = Make.Fields(lines);
        return Storability.Check(
            method,
            RequestDirectives.Parse(request),
            authorized,
            status,
            fields,
            TargetedDirectives.Select(fields, TargetedDirectives.DefaultTargets),
            Make.FreshnessOf(status, lines),
            sameContentLocation: false);
    }
}
