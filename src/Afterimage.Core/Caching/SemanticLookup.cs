using Afterimage.Entries;
using Afterimage.Matching;

namespace Afterimage.Caching;

/// <summary>How a semantic lookup ended. The names are the metric's <c>outcome</c> values.</summary>
public enum SemanticOutcome
{
    /// <summary>Not tried: switched off, or the request is random, private or asked past the cache.</summary>
    NotTried,

    /// <summary>The prompt has no words to compare.</summary>
    NoWords,

    /// <summary>No entry of the partition is near.</summary>
    NoCandidate,

    /// <summary>The nearest were judged and refused.</summary>
    Rejected,

    /// <summary>A picture may be reused.</summary>
    Reuse,

    /// <summary>The embedder or the index failed; a miss of this tier.</summary>
    Failed,
}

/// <summary>A candidate with what was decided about it.</summary>
/// <param name="Entry">The stored picture's header.</param>
/// <param name="Similarity">Exact cosine, -1 to 1.</param>
/// <param name="PolicyProbability">What the policy alone said, before feedback corrected it.</param>
/// <param name="Verdict">The verdict that counts.</param>
public sealed record SemanticCandidate(EntryHeader Entry, float Similarity, double PolicyProbability, Verdict Verdict);

/// <summary>What the semantic tier found for one request.</summary>
/// <param name="Best">The picture to reuse where the outcome says so, otherwise the nearest one judged; null without candidates.</param>
/// <param name="Vector">The request's own vector, so that indexing its picture need not embed again; null where it was not made.</param>
/// <param name="Likeliest">Of those judged the one most likely to be right; what stands in where the origin fails.</param>
public sealed record SemanticLookup(SemanticOutcome Outcome, SemanticCandidate? Best = null, float[]? Vector = null, SemanticCandidate? Likeliest = null)
{
    public static readonly SemanticLookup NotTried = new(SemanticOutcome.NotTried);
}
