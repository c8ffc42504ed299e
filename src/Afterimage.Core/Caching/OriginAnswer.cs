namespace Afterimage.Caching;

/// <summary>Why the origin gave no answer.</summary>
public enum OriginFault
{
    /// <summary>No connection could be made: refused, unknown host, TLS failure.</summary>
    Unreachable,

    /// <summary>Nothing, or not everything, came within the time allowed.</summary>
    TimedOut,

    /// <summary>The connection broke after the request was sent.</summary>
    Broken,

    /// <summary>The limit on concurrent calls and its queue are full.</summary>
    Overloaded,

    /// <summary>The breaker is open after repeated faults.</summary>
    BreakerOpen,
}

/// <summary>The origin's answer with its body still to be read, or the fault that came instead. Dispose it.</summary>
public sealed class OriginAnswer : IAsyncDisposable
{
    private readonly IAsyncDisposable? _owner;

    public OriginAnswer(int status, IReadOnlyList<KeyValuePair<string, string>> headers, Stream body, long? length, IAsyncDisposable? owner)
    {
        Status = status;
        Headers = headers;
        Body = body;
        Length = length;
        _owner = owner;
    }

    public OriginAnswer(OriginFault fault, string detail, TimeSpan? retryAfter = null)
    {
        Fault = fault;
        FaultDetail = detail;
        RetryAfter = retryAfter;
        Headers = [];
        Body = Stream.Null;
    }

    public int Status { get; }

    /// <summary>End-to-end headers, in order, names as sent.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; }

    /// <summary>The body; reading may throw <see cref="IOException"/> or <see cref="HttpRequestException"/> where the connection breaks.</summary>
    public Stream Body { get; }

    /// <summary>Content-Length, where the origin said it.</summary>
    public long? Length { get; }

    public OriginFault? Fault { get; }

    /// <summary>For people: what happened, without addresses of clients.</summary>
    public string FaultDetail { get; } = "";

    public TimeSpan? RetryAfter { get; }

    /// <summary>The first value of a header, or null.</summary>
    public string? Header(string name)
    {
        foreach ((string key, string value) in Headers)
        {
            if (key.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return value;
            }
        }

        return null;
    }

    public ValueTask DisposeAsync() => _owner?.DisposeAsync() ?? ValueTask.CompletedTask;
}
