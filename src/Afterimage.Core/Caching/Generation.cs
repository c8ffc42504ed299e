using Afterimage.Entries;

namespace Afterimage.Caching;

/// <summary>What a generation came to.</summary>
public enum GenerationEnd
{
    /// <summary>A stored picture that means the same is served instead.</summary>
    Reused,

    /// <summary>The origin's picture is complete, valid and an entry (or about to be).</summary>
    Admitted,

    /// <summary>The entry was stored by another generation just before this one began.</summary>
    Found,

    /// <summary>The origin answered, and its answer is not stored. May be an error that the others get too.</summary>
    NotAdmitted,

    /// <summary>The origin gave no answer, or broke off.</summary>
    Fault,
}

/// <summary>The start of a generation: enough to begin answering the client that asked first.</summary>
/// <param name="Lookup">What the semantic tier found.</param>
/// <param name="Answer">The origin's status and headers; null where a stored picture is reused.</param>
/// <param name="Body">Its bytes as they come, and the whole of them once they are here; null where a stored picture is reused or the origin failed.</param>
public sealed record GenerationHead(SemanticLookup Lookup, OriginAnswer? Answer, ContentBuffer? Body);

/// <summary>The end of a generation.</summary>
/// <param name="Entry">The new entry's header; set when admitted.</param>
/// <param name="Admission">Why it was or was not admitted.</param>
public sealed record GenerationResult(GenerationEnd End, GenerationHead Head, EntryHeader? Entry, AdmissionOutcome Admission)
{
    /// <summary>Whether it came to nothing because the origin failed in a way that another attempt may not.</summary>
    public bool IsCutShort => End switch
    {
        GenerationEnd.Fault => Head.Answer is not { Fault: not null } answer || answer.IsWorthRetry,
        GenerationEnd.NotAdmitted => Head.Answer!.IsWorthRetry,
        _ => false,
    };
}

/// <summary>
/// One picture being made, shared by everyone who asks for it meanwhile. It runs on its own: no client that hangs up cancels it. The first client
/// (the leader) is answered as the bytes come; the others wait for <see cref="Result"/>.
/// </summary>
public sealed class Generation
{
    private readonly TaskCompletionSource<GenerationHead> _head = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<GenerationResult> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _leaderLock = new();
    private bool _leaderLeft;
    private int _joined;

    private readonly TaskCompletionSource _stored = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal Generation(string id, bool isRetry) => (Id, IsRetry) = (id, isRetry);

    /// <summary>The id that the entry will have.</summary>
    public string Id { get; }

    /// <summary>Whether it was begun because another of the same request had failed; those who wait for it do not begin a third.</summary>
    public bool IsRetry { get; }

    /// <summary>
    /// Whether a request that waited for this in vain may try once more. Both count: the retry may be one that it did not begin itself, and it may have waited,
    /// on its own second attempt, for somebody else's first.
    /// </summary>
    public bool MayBeRepeatedBy(RequestPlan plan) => !IsRetry && !plan.IsRetry && Result.Result.IsCutShort;

    public Task<GenerationHead> Head => _head.Task;

    /// <summary>Set once the answer is complete and judged, before it is stored.</summary>
    public Task<GenerationResult> Result => _result.Task;

    /// <summary>Whether the origin's answer is all here: whoever comes now does not wait for a picture but finds one.</summary>
    public bool IsComplete => Result.IsCompleted || (Head.IsCompletedSuccessfully && Head.Result.Body?.IsComplete == true);

    /// <summary>What keeps other gateways from making the same picture; let go once it is stored, or will not be.</summary>
    internal GenerationLease? Lease { get; set; }

    /// <summary>Set once entry and vector can be found, or will not be.</summary>
    public Task Stored => _stored.Task;

    /// <summary>Requests that wait for it, without the leader.</summary>
    public int Joined => Volatile.Read(ref _joined);

    internal void Join() => Interlocked.Increment(ref _joined);

    /// <summary>The leader's place in the answer; set with <see cref="Head"/> where that has a body.</summary>
    public ContentBuffer.Reader? Leader { get; private set; }

    /// <summary>The leader has been answered or is gone: an answer too large to keep does not wait for it any more. Always call it.</summary>
    public void LeaderLeft()
    {
        lock (_leaderLock)
        {
            _leaderLeft = true;
            Leader?.Dispose();
        }
    }

    internal void Begin(GenerationHead head)
    {
        lock (_leaderLock)
        {
            Leader = head.Body!.Attach();
            if (_leaderLeft)
            {
                Leader?.Dispose();
            }
        }

        _head.TrySetResult(head);
    }

    internal void End(GenerationResult result)
    {
        _head.TrySetResult(result.Head);
        _result.TrySetResult(result);
    }

    internal void StoringOver() => _stored.TrySetResult();
}
