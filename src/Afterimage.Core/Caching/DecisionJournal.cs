using Afterimage.Requests;

namespace Afterimage.Caching;

/// <summary>One semantic decision, as people review it.</summary>
/// <param name="Id">Id of the response; on a miss also the id of the entry that the origin's picture became.</param>
/// <param name="Asked">The prompt of the request.</param>
/// <param name="AskedKey">Its exact key.</param>
/// <param name="CandidateId">Id of the nearest or reused entry; null without one.</param>
/// <param name="Candidate">That entry's prompt.</param>
/// <param name="PolicyProbability">What the policy alone said; feedback is learnt against it.</param>
public sealed record DecisionRecord(
    string Id, DateTimeOffset Time, SemanticMode Mode, SemanticOutcome Outcome, string Asked, Hash256 AskedKey, string? CandidateId, Hash256? CandidateKey,
    string? Candidate, float? Similarity, double? Probability, IReadOnlyList<string> Reasons, double? PolicyProbability, Hash256 Partition)
{
    /// <summary>Key of the picture that the response carried; null where that was not the candidate's.</summary>
    public Hash256? ServedKey => Outcome == SemanticOutcome.Reuse && Mode == SemanticMode.On ? CandidateKey : null;
}

/// <summary>The last decisions of the semantic tier that had a candidate, for explain, feedback and the shadow report. Bounded; thread-safe.</summary>
public sealed class DecisionJournal(int countMax, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Queue<DecisionRecord> _order = new();
    private readonly Dictionary<string, DecisionRecord> _byId = [];

    /// <summary>Told of every decision recorded; for persistence. Handlers are quick and do not throw.</summary>
    public event Action<DecisionRecord>? Recorded;

    public void Record(string id, ImageRequest request, Hash256 partition, SemanticLookup lookup, SemanticMode mode)
    {
        if (lookup.Best is not { } best)
        {
            return;
        }

        var record = new DecisionRecord(
            id, time.GetUtcNow(), mode, lookup.Outcome, request.Prompt, request.ExactKey, best.Entry.Id, best.Entry.Key, best.Entry.Request.Prompt,
            best.Similarity, best.Verdict.Probability, best.Verdict.Reasons, best.PolicyProbability, partition);
        Restore(record);
        Recorded?.Invoke(record);
    }

    /// <summary>Puts back a decision read from disk.</summary>
    public void Restore(DecisionRecord record)
    {
        lock (_lock)
        {
            if (_byId.TryAdd(record.Id, record))
            {
                _order.Enqueue(record);
                while (_order.Count > countMax)
                {
                    _byId.Remove(_order.Dequeue().Id);
                }
            }
        }
    }

    public DecisionRecord? Find(string id)
    {
        lock (_lock)
        {
            return _byId.GetValueOrDefault(id);
        }
    }

    /// <summary>The latest first.</summary>
    public IReadOnlyList<DecisionRecord> Latest(int count, Func<DecisionRecord, bool>? where = null)
    {
        lock (_lock)
        {
            return [.. _order.Reverse().Where(where ?? (_ => true)).Take(count)];
        }
    }
}
