using System.Globalization;

namespace Afterimage.Backfill.Jobs;

/// <summary>A part of the day; where <paramref name="From"/> is later than <paramref name="To"/> it spans midnight.</summary>
public sealed record TimeWindow(TimeOnly From, TimeOnly To)
{
    /// <summary>Reads <c>01:00-06:00</c>.</summary>
    public static bool TryParse(string text, out TimeWindow? window)
    {
        window = null;
        string[] parts = text.Split('-');
        if (parts.Length != 2
            || !TimeOnly.TryParseExact(parts[0].Trim(), "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out TimeOnly from)
            || !TimeOnly.TryParseExact(parts[1].Trim(), "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out TimeOnly to)
            || from == to)
        {
            return false;
        }

        window = new TimeWindow(from, to);
        return true;
    }

    /// <summary>How long until the window opens; zero while it is open.</summary>
    public TimeSpan UntilOpen(DateTimeOffset localNow)
    {
        var now = TimeOnly.FromDateTime(localNow.DateTime);
        return now.IsBetween(From, To) ? TimeSpan.Zero : From - now;
    }

    public override string ToString() => $"{From:HH:mm}-{To:HH:mm}";
}
