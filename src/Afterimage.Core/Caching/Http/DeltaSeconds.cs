namespace Afterimage.Caching.Http;

/// <summary>Non-negative whole seconds, RFC 9111 section 1.2.2.</summary>
public static class DeltaSeconds
{
    /// <summary>What a number too large to keep becomes: 2^31, over 68 years.</summary>
    public const long Max = 2147483648;

    /// <summary>Digits only; null for anything else, <see cref="Max"/> for anything larger than it.</summary>
    public static long? Parse(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty)
        {
            return null;
        }

        long value = 0;
        foreach (char c in text)
        {
            if (!char.IsAsciiDigit(c))
            {
                return null;
            }

            value = Math.Min((value * 10) + (c - '0'), Max);
        }

        return value;
    }
}
