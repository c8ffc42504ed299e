namespace Afterimage.Caching.Http;

/// <summary>
/// The <c>Age</c> field, RFC 9111 section 5.1. Of a list the first member counts, and parameters behind a semicolon are ignored.
/// </summary>
public static class AgeField
{
    /// <summary>
    /// Seconds; 0 where the field is absent; <see cref="DeltaSeconds.Max"/> where it is there but cannot be read. Section 5.1 says that such a field
    /// should be ignored, which would make a response of unknown age look new. Section 4.2.1 encourages caches to take unreadable freshness
    /// information for stale, and that is the side on which an error costs a request instead of a wrong answer.
    /// </summary>
    public static long Parse(string? combined)
    {
        if (combined is null)
        {
            return 0;
        }

        ReadOnlySpan<char> first = combined;
        int comma = first.IndexOf(',');
        first = comma < 0 ? first : first[..comma];
        int semicolon = first.IndexOf(';');
        first = semicolon < 0 ? first : first[..semicolon];
        return DeltaSeconds.Parse(first.Trim(" \t")) ?? DeltaSeconds.Max;
    }
}
