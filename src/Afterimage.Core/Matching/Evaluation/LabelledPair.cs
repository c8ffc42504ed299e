namespace Afterimage.Matching.Evaluation;

/// <summary>Two prompts and what people say of them.</summary>
/// <param name="Label">1 where the picture of the one may be served for the other, 0 where not, null where that is not decided.</param>
/// <param name="Category">What kind of pair it is, for example <c>swap-color</c>.</param>
/// <param name="Score">How similar people find the two; null where nobody was asked.</param>
/// <param name="A">The prompt asked.</param>
/// <param name="B">The prompt of the stored picture.</param>
public sealed record LabelledPair(int? Label, string Category, double? Score, string A, string B);
