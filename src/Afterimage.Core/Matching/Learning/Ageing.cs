namespace Afterimage.Matching.Learning;

/// <summary>How old evidence is and what it still counts.</summary>
internal sealed class Ageing(TimeProvider time, double halfLifeDays)
{
    private static readonly DateTimeOffset Begin = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Days since the first of January 2020, the day zero of the learning file.</summary>
    public double Today => (time.GetUtcNow() - Begin).TotalDays;

    /// <summary>What is left of evidence after so many days; a clock that was set back changes nothing.</summary>
    public double Share(double days) => halfLifeDays > 0 ? Math.Pow(0.5, Math.Max(0, days) / halfLifeDays) : 1;
}
