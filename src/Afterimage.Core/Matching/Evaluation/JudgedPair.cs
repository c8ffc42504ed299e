namespace Afterimage.Matching.Evaluation;

/// <summary>What a policy said of a labelled pair.</summary>
/// <param name="Pair">The pair.</param>
/// <param name="Similarity">Cosine of the two prompts.</param>
/// <param name="Verdict">The policy's verdict.</param>
public readonly record struct JudgedPair(LabelledPair Pair, float Similarity, Verdict Verdict);
