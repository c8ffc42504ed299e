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

    /// <summary>What came is not HTTP.</summary>
    Invalid,

    /// <summary>The limit on concurrent calls and its queue are full, or the wait in the queue was too long. The origin was not asked.</summary>
    Overloaded,

    /// <summary>The breaker is open after repeated faults. The origin was not asked.</summary>
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

    /// <summary>Whether a status speaks of whoever asked (who they are, what they paid) and not of what was asked for: nobody else's answer.</summary>
    public static bool IsForAsker(int status) => status is 401 or 402 or 403 or 407;

    /// <summary>
    /// Whether those who waited for this call may make it once more: it was cut short. Not where the origin was not asked at all, and not where it was too
    /// slow, since it may be drawing still.
    /// </summary>
    public bool IsWorthRetry => Fault is OriginFault.Unreachable or OriginFault.Broken || (Fault is null && IsFailure(Status));

    /// <summary>
    /// Whether a status says that the origin failed, not that the request did: 502, 503, 504 and those of proxies between (520 to 530). 500 is not one of
    /// them: image services answer prompts that they refuse with it.
    /// </summary>
    public static bool IsFailure(int status) => status is 502 or 503 or 504 or (>= 520 and <= 530);

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

    /// <summary>Fills the buffer with the body. True where everything came: the stream ended where Content-Length said, and did not break.</summary>
    public async Task<bool> CopyToAsync(ContentBuffer body)
    {
        try
        {
            void CheckLength()
            {
                if (Length is { } length && body.Length != length)
                {
                    throw new IOException($"the answer ended after {body.Length} of {length} bytes");
                }
            }

            await body.FillAsync(Body, CheckLength, Timeout.InfiniteTimeSpan, CancellationToken.None);
            return true;
        }
        catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException)
        {
            // Broken off, out of time, or too large for anyone: the readers know.
            return false;
        }
    }

    public ValueTask DisposeAsync() => _owner?.DisposeAsync() ?? ValueTask.CompletedTask;
}
