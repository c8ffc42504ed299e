using System.Globalization;

namespace Afterimage.Caching.Http;

/// <summary>
/// The three date forms of RFC 9110 section 5.6.7: the preferred one, the obsolete RFC 850 one and C's asctime. Letter case is ignored (RFC 9111
/// section 4.2 asks for it); everything else is as strict as the grammar, because an <c>Expires</c> that is not a valid date means "already expired".
/// </summary>
public static class HttpDate
{
    private const int ImfLength = 29;
    private const int AsctimeLength = 24;

    private static readonly string[] ShortDays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    private static readonly string[] LongDays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
    private static readonly string[] Months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

    /// <summary>The preferred form, for example <c>Sun, 06 Nov 1994 08:49:37 GMT</c>.</summary>
    public static string Format(DateTimeOffset value) => value.UtcDateTime.ToString("r", CultureInfo.InvariantCulture);

    /// <summary>Reads any of the three forms.</summary>
    /// <param name="text">The field value; white space around it is ignored.</param>
    /// <param name="now">Needed for the two-digit years of RFC 850: more than 50 years ahead means the century before.</param>
    /// <param name="value">The instant, always in UTC.</param>
    public static bool TryParse(ReadOnlySpan<char> text, DateTimeOffset now, out DateTimeOffset value)
    {
        text = text.Trim(" \t");
        if (text.Length == ImfLength && text[3] == ',')
        {
            return TryParseImf(text, out value);
        }

        if (text.Length == AsctimeLength && text[3] == ' ')
        {
            return TryParseAsctime(text, out value);
        }

        return TryParseRfc850(text, now, out value);
    }

    /// <summary><c>Sun, 06 Nov 1994 08:49:37 GMT</c></summary>
    private static bool TryParseImf(ReadOnlySpan<char> text, out DateTimeOffset value)
    {
        value = default;
        return IndexOf(ShortDays, text[..3]) >= 0
            && text[4] == ' ' && TryDigits(text.Slice(5, 2), out int day)
            && text[7] == ' ' && TryMonth(text.Slice(8, 3), out int month)
            && text[11] == ' ' && TryDigits(text.Slice(12, 4), out int year)
            && text[16] == ' ' && text[25..].Equals(" GMT", StringComparison.OrdinalIgnoreCase)
            && TryTime(text.Slice(17, 8), out TimeSpan time)
            && TryMake(year, month, day, time, out value);
    }

    /// <summary><c>Sunday, 06-Nov-94 08:49:37 GMT</c></summary>
    private static bool TryParseRfc850(ReadOnlySpan<char> text, DateTimeOffset now, out DateTimeOffset value)
    {
        value = default;
        int comma = text.IndexOf(',');
        if (comma < 0 || IndexOf(LongDays, text[..comma]) < 0)
        {
            return false;
        }

        ReadOnlySpan<char> rest = text[(comma + 1)..];
        if (rest.Length != 23 || rest[0] != ' ' || rest[3] != '-' || rest[7] != '-' || rest[10] != ' '
            || !rest[19..].Equals(" GMT", StringComparison.OrdinalIgnoreCase)
            || !TryDigits(rest.Slice(1, 2), out int day) || !TryMonth(rest.Slice(4, 3), out int month)
            || !TryDigits(rest.Slice(8, 2), out int twoDigits) || !TryTime(rest.Slice(11, 8), out TimeSpan time))
        {
            return false;
        }

        int year = (now.UtcDateTime.Year / 100 * 100) + twoDigits;
        if (!TryMake(year, month, day, time, out value))
        {
            return false;
        }

        if (value > now.AddYears(50))
        {
            return TryMake(year - 100, month, day, time, out value);
        }

        return true;
    }

    /// <summary><c>Sun Nov  6 08:49:37 1994</c></summary>
    private static bool TryParseAsctime(ReadOnlySpan<char> text, out DateTimeOffset value)
    {
        value = default;
        ReadOnlySpan<char> dayText = text.Slice(8, 2);
        dayText = dayText[0] == ' ' ? dayText[1..] : dayText;
        return IndexOf(ShortDays, text[..3]) >= 0
            && TryMonth(text.Slice(4, 3), out int month)
            && text[7] == ' ' && TryDigits(dayText, out int day)
            && text[10] == ' ' && TryTime(text.Slice(11, 8), out TimeSpan time)
            && text[19] == ' ' && TryDigits(text.Slice(20, 4), out int year)
            && TryMake(year, month, day, time, out value);
    }

    private static bool TryMake(int year, int month, int day, TimeSpan time, out DateTimeOffset value)
    {
        value = default;
        if (year < 1 || day < 1 || day > DateTime.DaysInMonth(year, month))
        {
            return false;
        }

        value = new DateTimeOffset(year, month, day, 0, 0, 0, TimeSpan.Zero) + time;
        return true;
    }

    private static bool TryTime(ReadOnlySpan<char> text, out TimeSpan time)
    {
        time = default;
        if (text[2] != ':' || text[5] != ':' || !TryDigits(text[..2], out int hours) || !TryDigits(text.Slice(3, 2), out int minutes)
            || !TryDigits(text.Slice(6, 2), out int seconds) || hours > 23 || minutes > 59 || seconds > 60)
        {
            return false;
        }

        // 60 is a leap second; our clock has none, so it is the last second of the minute.
        time = new TimeSpan(hours, minutes, Math.Min(seconds, 59));
        return true;
    }

    private static bool TryMonth(ReadOnlySpan<char> text, out int month)
    {
        month = IndexOf(Months, text) + 1;
        return month > 0;
    }

    private static int IndexOf(string[] names, ReadOnlySpan<char> text)
    {
        for (int i = 0; i < names.Length; i++)
        {
            if (text.Equals(names[i], StringComparison.OrdinalIgnoreCase))
            {
                return i;
            }
        }

        return -1;
    }

    private static bool TryDigits(ReadOnlySpan<char> text, out int value)
    {
        value = 0;
        foreach (char c in text)
        {
            if (!char.IsAsciiDigit(c))
            {
                return false;
            }

            value = (value * 10) + (c - '0');
        }

        return text.Length > 0;
    }
}
