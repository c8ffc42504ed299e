namespace Afterimage.Commands.Replay;

/// <summary>How the prompt of a picture that would be served is related to the prompt asked.</summary>
internal enum PromptRelation
{
    /// <summary>Equal to the last character.</summary>
    Same,

    /// <summary>The same words in the same order: only case, spacing or punctuation differ.</summary>
    Normalized,

    /// <summary>Other words.</summary>
    Paraphrase,
}

/// <summary>A picture that would have been served for another request.</summary>
/// <param name="Asked">Number of the request in the log.</param>
/// <param name="Stored">Number of the request that made the picture.</param>
internal sealed record ServedPair(
    long Asked, long Stored, PromptRelation Relation, double Probability, float Similarity, string AskedPrompt, string StoredPrompt);
