namespace Afterimage.Caching.Http;

/// <summary>How a 304, or a 200 to HEAD, changes what is stored: RFC 9111 sections 3.2, 4.3.4 and 4.3.5.</summary>
public static class StoredUpdate
{
    /// <summary>
    /// Fields that describe the stored bytes as such: a message without content cannot change them. Section 3.2 names <c>Content-Length</c>, lets
    /// <c>Content-Range</c> be left out by everyone, and the others by caches for which they must agree with what is stored.
    /// </summary>
    private static readonly HashSet<string> BoundToContent = new(StringComparer.OrdinalIgnoreCase)
    {
        "Content-Length", "Content-Range", "Content-Encoding", "Content-MD5", "Content-Digest",
    };

    /// <summary>The stored response with the fields of <paramref name="received"/> in place of its own of the same names, and its new times.</summary>
    public static StoredResponse Freshen(
        StoredResponse stored, HttpFields received, DateTimeOffset requestTime, DateTimeOffset responseTime, HttpCachePolicy policy)
    {
        CacheDirectives receivedDirectives = TargetedDirectives.Select(received, policy.Targets);
        HttpFields updates = ConnectionFields.Storable(received, receivedDirectives).Without(BoundToContent.Contains);
        var replaced = new HashSet<string>(updates.Lines.Select(line => line.Key), StringComparer.OrdinalIgnoreCase) { "Date", "Age" };
        var fields = new HttpFields([.. stored.Fields.Lines.Where(line => !replaced.Contains(line.Key)), .. updates.Lines]);
        CacheDirectives directives = TargetedDirectives.Select(fields, policy.Targets);
        VaryKey vary = stored.Vary;
        return new StoredResponse(
            stored.Status, stored.Reason, fields, directives, vary, requestTime, responseTime, stored.Body, stored.Range, policy);
    }

    /// <summary>
    /// Whether a 304 is about this stored response (section 4.3.4): its strong tag is ours; or its weak tag is; or it has no tag, and its
    /// <c>Last-Modified</c>, if any, is ours. A 304 without any validator is taken to be about the one response that we asked about.
    /// </summary>
    public static bool Selects(HttpFields notModified, StoredResponse stored)
    {
        if (EntityTag.Parse(notModified.First("ETag")) is { } tag)
        {
            return stored.ETag is { } own ? own.WeaklyEquals(tag) : stored.LastModified is not null;
        }

        return notModified.First("Last-Modified") is not { } modified || stored.LastModifiedText is null || modified == stored.LastModifiedText
            || stored.ETag is not null;
    }

    /// <summary>Whether a 200 to HEAD describes this stored response (section 4.3.5); where not, it is outdated.</summary>
    public static bool HeadDescribes(HttpFields head, StoredResponse stored)
    {
        return (head.First("ETag") is not { } tag || tag == stored.Fields.First("ETag"))
            && (head.First("Last-Modified") is not { } modified || modified == stored.LastModifiedText)
            && (head.First("Content-Length") is not { } length || !stored.IsComplete || length == stored.Body.Length.ToString());
    }
}
