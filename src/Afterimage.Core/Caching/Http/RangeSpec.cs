namespace Afterimage.Caching.Http;

/// <summary>One member of a <c>Range</c> field: <c>a-b</c>, <c>a-</c> or <c>-n</c>, RFC 9110 section 14.1.2.</summary>
/// <param name="First">Offset of the first byte; null for a suffix.</param>
/// <param name="Last">Offset of the last byte, or the length of a suffix; null for "to the end".</param>
public readonly record struct RangeSpec(long? First, long? Last)
{
    /// <summary>Whether it asks for the last bytes.</summary>
    public bool IsSuffix => First is null;

    /// <summary>
    /// Reads a <c>Range</c> field; null where it is absent, of another unit or not well formed: such a field is ignored and the whole representation
    /// is served (section 14.2).
    /// </summary>
    public static IReadOnlyList<RangeSpec>? Parse(string? value)
    {
        ReadOnlySpan<char> text = value.AsSpan().Trim(" \t");
        if (!text.StartsWith("bytes=", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var ranges = new List<RangeSpec>(1);
        text = text["bytes=".Length..];
        foreach (Range part in text.Split(','))
        {
            ReadOnlySpan<char> member = text[part].Trim(" \t");
            if (member.IsEmpty)
            {
                continue;
            }

            if (ParseOne(member) is not { } range)
            {
                return null;
            }

            ranges.Add(range);
        }

        return ranges.Count > 0 ? ranges : null;
    }

    /// <summary>The bytes that this asks of a representation of <paramref name="length"/> bytes; null where there are none (section 14.1.1).</summary>
    public (long First, long Last)? Resolve(long length)
    {
        if (First is { } first)
        {
            return first < length ? (first, Math.Min(Last ?? long.MaxValue, length - 1)) : null;
        }

        long suffix = Math.Min(Last ?? 0, length);
        return suffix > 0 ? (length - suffix, length - 1) : null;
    }

    internal static bool TryOffset(ReadOnlySpan<char> text, out long value)
    {
        value = 0;
        foreach (char c in text)
        {
            if (!char.IsAsciiDigit(c) || value > (long.MaxValue - 9) / 10)
            {
                return false;
            }

            value = (value * 10) + (c - '0');
        }

        return text.Length > 0;
    }

    private static RangeSpec? ParseOne(ReadOnlySpan<char> member)
    {
        int dash = member.IndexOf('-');
        if (dash < 0)
        {
            return null;
        }

        ReadOnlySpan<char> before = member[..dash];
        ReadOnlySpan<char> behind = member[(dash + 1)..];
        if (before.IsEmpty)
        {
            return TryOffset(behind, out long suffix) ? new RangeSpec(null, suffix) : null;
        }

        if (!TryOffset(before, out long first))
        {
            return null;
        }

        if (behind.IsEmpty)
        {
            return new RangeSpec(first, null);
        }

        return TryOffset(behind, out long last) && last >= first ? new RangeSpec(first, last) : null;
    }
}
