namespace Afterimage.Matching.Comparing;

/// <summary>One difference, for people.</summary>
/// <param name="What">What differs, "color"; empty where something is only on one side.</param>
/// <param name="Left">How the first prompt has it; null where only the second does.</param>
/// <param name="Right">How the second prompt has it.</param>
internal readonly record struct Reason(string What, string? Left = null, string? Right = null)
{
    /// <summary>The same difference seen from the other prompt.</summary>
    public Reason Flipped => new(What, Right, Left);

    /// <summary><c>color: red / blue</c>, <c>added: red umbrella</c>, <c>dropped: hat</c>, <c>negation: hat</c>.</summary>
    public override string ToString() =>
        What.Length == 0 ? Left is null ? $"added: {Right}" : $"dropped: {Left}"
        : Left is null && Right is null ? What
        : $"{What}: {Left ?? "-"} / {Right ?? "-"}";
}
