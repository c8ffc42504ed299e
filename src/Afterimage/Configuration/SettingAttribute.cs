namespace Afterimage.Configuration;

/// <summary>
/// What people read of a setting: in the reference page, in the commented default file, and in the message when it is wrong. One place, so that they
/// cannot disagree.
/// </summary>
/// <param name="meaning">One or two sentences: what it does, its unit, what happens at the limit.</param>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SettingAttribute(string meaning) : Attribute
{
    public string Meaning => meaning;

    /// <summary>Smallest value allowed, for numbers.</summary>
    public double Min { get; init; } = double.NegativeInfinity;

    /// <summary>Largest value allowed, for numbers.</summary>
    public double Max { get; init; } = double.PositiveInfinity;

    /// <summary>Not shown in logs or error messages.</summary>
    public bool Secret { get; init; }
}
