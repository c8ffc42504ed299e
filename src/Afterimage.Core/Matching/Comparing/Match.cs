namespace Afterimage.Matching.Comparing;

/// <summary>How alike two words are.</summary>
/// <param name="Likeness">The reason.</param>
/// <param name="Strength">How safely one may stand for the other, 0 to 1.</param>
internal readonly record struct Match(Likeness Likeness, float Strength)
{
    public static readonly Match None = new(Likeness.None, 0);
}
