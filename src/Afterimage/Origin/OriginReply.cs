using Afterimage.Caching;

namespace Afterimage.Origin;

/// <summary>What came of a request to the origin: a response with its body still to be read, or the reason why there is none. Dispose it.</summary>
internal sealed class OriginReply : IDisposable
{
    private readonly OriginServer.Permit? _permit;
    private bool _failed;

    public OriginReply(HttpResponseMessage response, OriginServer.Permit permit)
    {
        (Response, _permit) = (response, permit);
        _failed = OriginAnswer.IsFailure((int)response.StatusCode);
    }

    public OriginReply(OriginFault fault, string detail, TimeSpan? retryAfter = null) => Failure = new OriginAnswer(fault, detail, retryAfter);

    /// <summary>Null where there is none.</summary>
    public HttpResponseMessage? Response { get; }

    /// <summary>Why there is no response; null where there is one.</summary>
    public OriginAnswer? Failure { get; }

    /// <summary>Notes that the body did not come whole; the breaker counts that as a failed call.</summary>
    public void BrokeOff() => _failed = true;

    public void Dispose()
    {
        Response?.Dispose();
        _permit?.End(_failed);
    }
}
