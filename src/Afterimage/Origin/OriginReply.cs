using Afterimage.Caching;

namespace Afterimage.Origin;

/// <summary>What came of a request to the origin: a response with its body still to be read, or the reason why there is none. Dispose it.</summary>
internal sealed class OriginReply : IDisposable
{
    private readonly OriginServer.Permit? _permit;
    private CallVerdict _verdict = CallVerdict.Well;

    public OriginReply(HttpResponseMessage response, OriginServer.Permit permit)
    {
        (Response, _permit) = (response, permit);
        if (OriginAnswer.IsFailure((int)response.StatusCode))
        {
            _verdict = CallVerdict.Failed;
        }
    }

    public OriginReply(OriginFault fault, string detail, TimeSpan? retryAfter = null) => Failure = new OriginAnswer(fault, detail, retryAfter);

    /// <summary>Null where there is none.</summary>
    public HttpResponseMessage? Response { get; }

    /// <summary>Why there is no response; null where there is one.</summary>
    public OriginAnswer? Failure { get; }

    /// <summary>The response's body. Where the origin breaks it off the breaker hears of it; where the reader leaves, it does not.</summary>
    public async Task<Stream> OpenContentAsync(CancellationToken cancellationToken) => new Body(await Response!.Content.ReadAsStreamAsync(cancellationToken), this);

    /// <summary>Notes for the breaker that the body did not come whole in the time it may take. <see cref="OpenContentAsync"/> notes all other faults itself.</summary>
    public void GaveUp() => _verdict = CallVerdict.TimedOut;

    public void Dispose()
    {
        Response?.Dispose();
        _permit?.End(_verdict);
    }

    private sealed class Body(Stream inner, OriginReply reply) : ReadingStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            try
            {
                return await inner.ReadAsync(buffer, cancellationToken);
            }
            catch (Exception e) when (e is IOException or HttpRequestException)
            {
                reply._verdict = CallVerdict.Failed;
                throw;
            }
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
