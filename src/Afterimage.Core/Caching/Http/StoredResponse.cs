using Afterimage.Entries;

namespace Afterimage.Caching.Http;

/// <summary>
/// A response in the store with everything that reusing it needs, worked out once. Immutable except for the two marks at the end; an update makes a new
/// one that shares the body.
/// </summary>
public sealed class StoredResponse
{
    /// <param name="status">200, or any final status that may be stored; 206 has a <paramref name="range"/>.</param>
    /// <param name="reason">Reason phrase as received.</param>
    /// <param name="fields">Fields that may be stored (<see cref="ConnectionFields.Storable"/>).</param>
    /// <param name="directives">The directives that hold (<see cref="TargetedDirectives.Select"/>).</param>
    /// <param name="vary">Secondary key.</param>
    /// <param name="requestTime">When the request was sent to the origin.</param>
    /// <param name="responseTime">When its header section arrived.</param>
    /// <param name="body">The content; of a 206 the part that it carries.</param>
    /// <param name="range">Which part; null for a complete response.</param>
    /// <param name="policy">For the heuristic lifetime.</param>
    public StoredResponse(
        int status,
        string? reason,
        HttpFields fields,
        CacheDirectives directives,
        VaryKey vary,
        DateTimeOffset requestTime,
        DateTimeOffset responseTime,
        IStoredContent body,
        ContentRange? range,
        HttpCachePolicy policy)
    {
        Freshness = Freshness.Of(status, fields, directives, requestTime, responseTime, policy);
        Status = status;
        Reason = reason;
        Directives = directives;
        Vary = vary;
        RequestTime = requestTime;
        ResponseTime = responseTime;
        Body = body;
        Range = range;

        // Section 6.6.1 of RFC 9110: a response without a valid date gets the one on which it arrived. Age is written anew on every use.
        bool dated = HttpDate.TryParse(fields.First("Date"), responseTime, out _);
        fields = fields.Without(static name => name.Equals("Age", StringComparison.OrdinalIgnoreCase));
        Fields = dated ? fields : fields.With("Date", HttpDate.Format(responseTime));
        ETag = EntityTag.Parse(fields.First("ETag"));
        LastModifiedText = fields.First("Last-Modified");
        LastModified = HttpDate.TryParse(LastModifiedText, responseTime, out DateTimeOffset modified) ? modified : null;
        Bytes = BytesOf(body, Fields);
    }

    private StoredResponse(StoredResponse head, IStoredContent body)
    {
        Status = head.Status;
        Reason = head.Reason;
        Fields = head.Fields;
        Directives = head.Directives;
        Vary = head.Vary;
        RequestTime = head.RequestTime;
        ResponseTime = head.ResponseTime;
        Range = head.Range;
        Freshness = head.Freshness;
        ETag = head.ETag;
        LastModified = head.LastModified;
        LastModifiedText = head.LastModifiedText;
        Body = body;
        Bytes = BytesOf(body, Fields);
    }

    /// <summary>The same response with its content.</summary>
    public StoredResponse WithBody(IStoredContent body) => new(this, body);

    public int Status { get; }

    public string? Reason { get; }

    /// <summary>As stored: no hop-by-hop fields, no <c>Age</c>, always a <c>Date</c>.</summary>
    public HttpFields Fields { get; }

    public CacheDirectives Directives { get; }

    public VaryKey Vary { get; }

    public DateTimeOffset RequestTime { get; }

    public DateTimeOffset ResponseTime { get; }

    public IStoredContent Body { get; }

    public ContentRange? Range { get; }

    public Freshness Freshness { get; }

    public EntityTag? ETag { get; }

    public DateTimeOffset? LastModified { get; }

    /// <summary><c>Last-Modified</c> as received, which is what <c>If-Modified-Since</c> must repeat.</summary>
    public string? LastModifiedText { get; }

    /// <summary>What the store counts for it: what it holds in memory.</summary>
    public long Bytes { get; }

    public bool IsComplete => Range is null;

    /// <summary>Whether the origin can be asked if it is still right.</summary>
    public bool HasValidator => ETag is not null || LastModified is not null;

    /// <summary>Room for the server's prepared form of the fields; filled by the first use.</summary>
    public object? Prepared { get; set; }

    /// <summary>Set by a use, taken back by the store's sweep.</summary>
    internal bool Used { get; set; }

    /// <summary>Its place in the order in which the store sweeps; null where it is in none.</summary>
    internal SweepTurn? Turn { get; set; }

    /// <summary>Whether it was replaced or removed in the store that had it; false before it was stored, and where it only had to make room.</summary>
    public bool Gone { get; internal set; }

    /// <summary>Current age, RFC 9111 section 4.2.3; never negative, whatever the clock did.</summary>
    public TimeSpan AgeAt(DateTimeOffset now)
    {
        TimeSpan resident = now - ResponseTime;
        return Freshness.InitialAge + (resident > TimeSpan.Zero ? resident : TimeSpan.Zero);
    }

    /// <summary>What is left of the lifetime; negative once stale.</summary>
    public TimeSpan RemainingAt(DateTimeOffset now) => Freshness.Lifetime - AgeAt(now);

    private static long BytesOf(IStoredContent body, HttpFields fields) => (body is MemoryContent ? body.Length : 0) + fields.ApproximateBytes + 512;
}
