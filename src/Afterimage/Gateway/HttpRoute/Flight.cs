using Afterimage.Caching;
using Afterimage.Caching.Http;

namespace Afterimage.Gateway.HttpRoute;

/// <summary>What a flight turned out to be, once the origin's header section is there.</summary>
internal enum FlightOutcome
{
    /// <summary>The content is arriving; those with the same secondary key can read along.</summary>
    Streaming,

    /// <summary>The store has the answer now (a 304 renewed it).</summary>
    Stored,

    /// <summary>The answer is for its own client only.</summary>
    NotShared,

    /// <summary>The origin failed, and a stale response stood in.</summary>
    StoodIn,

    /// <summary>No answer.</summary>
    Failed,
}

/// <summary>A request to the origin that is under way, which identical requests wait for instead of sending their own.</summary>
internal sealed class Flight
{
    private readonly TaskCompletionSource<FlightOutcome> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _waiting;

    /// <summary>Requests that wait for the header section.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Waits for the header section.</summary>
    public async Task<FlightOutcome> JoinAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _waiting);
        try
        {
            return await Outcome.WaitAsync(cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <summary>Completes with the header section.</summary>
    public Task<FlightOutcome> Outcome => _outcome.Task;

    /// <summary>Whether those who come may still read along.</summary>
    public bool IsStreaming => Outcome is { IsCompletedSuccessfully: true, Result: FlightOutcome.Streaming };

    /// <summary>The response as it will be stored, still without content; set before <see cref="FlightOutcome.Streaming"/>.</summary>
    public StoredResponse? Head { get; private set; }

    /// <summary>Its content; set before <see cref="FlightOutcome.Streaming"/>.</summary>
    public ContentBuffer? Content { get; private set; }

    public void Stream(StoredResponse head, ContentBuffer content)
    {
        Head = head;
        Content = content;
        _outcome.TrySetResult(FlightOutcome.Streaming);
    }

    /// <summary>Why the origin gave no answer; set before <see cref="FlightOutcome.Failed"/> where that is so.</summary>
    public OriginAnswer? Failure { get; set; }

    public void End(FlightOutcome outcome) => _outcome.TrySetResult(outcome);
}
