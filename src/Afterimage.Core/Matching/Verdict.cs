namespace Afterimage.Matching;

/// <summary>The matcher's decision on one candidate.</summary>
public enum Decision
{
    Reject,
    Reuse,
}

/// <summary>May the picture drawn for one prompt be served for another?</summary>
/// <param name="Decision">Reuse where <paramref name="Probability"/> reaches the bound that the operator's error rate asks for and nothing forbids it.</param>
/// <param name="Probability">Calibrated probability that reuse is right, 0 to 1.</param>
/// <param name="Reasons">What speaks against it, most important first, for people: <c>color: blue / grey</c>, <c>count: two / three</c>,
/// <c>added: red umbrella</c>, <c>roles swapped: dog, cat</c>, <c>text: OPEN / CLOSED</c>. Empty where nothing does.</param>
public readonly record struct Verdict(Decision Decision, double Probability, IReadOnlyList<string> Reasons);
