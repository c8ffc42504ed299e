namespace Afterimage.Matching;

/// <summary>
/// Decides whether a picture may be served for another prompt: the matcher, a plain cosine threshold, or a threshold that rises with length.
/// Thread-safe; never throws for any input.
/// </summary>
public interface IMatchPolicy
{
    /// <summary>The name used in configuration and reports: <c>matcher</c>, <c>cosine</c>, <c>ramp</c>.</summary>
    string Name { get; }

    /// <summary>Judges whether the picture of <paramref name="stored"/> may be served for <paramref name="asked"/>.</summary>
    /// <param name="asked">The prompt of the request.</param>
    /// <param name="stored">The prompt of the candidate.</param>
    /// <param name="similarity">Cosine of the two prompts in the embedding space, -1 to 1.</param>
    Verdict Judge(PromptReading asked, PromptReading stored, float similarity);
}
