namespace Afterimage.Caching.Http;

/// <summary>Which bytes of a representation a 206 carries, RFC 9110 section 14.4.</summary>
/// <param name="First">Offset of the first byte.</param>
/// <param name="Last">Offset of the last byte.</param>
/// <param name="CompleteLength">Length of the whole representation; null where the origin does not know it.</param>
public readonly record struct ContentRange(long First, long Last, long? CompleteLength)
{
    public long Length => Last - First + 1;

    /// <summary>Reads <c>bytes 0-4/10</c> or <c>bytes 0-4/*</c>; anything else is null, a 416's <c>bytes */10</c> too.</summary>
    public static ContentRange? Parse(string? value)
    {
        ReadOnlySpan<char> text = value.AsSpan().Trim(" \t");
        if (!text.StartsWith("bytes ", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        text = text["bytes ".Length..].TrimStart(' ');
        int dash = text.IndexOf('-');
        int slash = text.IndexOf('/');
        if (dash < 0 || slash < dash || !RangeSpec.TryOffset(text[..dash], out long first) || !RangeSpec.TryOffset(text[(dash + 1)..slash], out long last))
        {
            return null;
        }

        ReadOnlySpan<char> length = text[(slash + 1)..];
        long? complete = null;
        if (length is not "*")
        {
            if (!RangeSpec.TryOffset(length, out long known))
            {
                return null;
            }

            complete = known;
        }

        return last < first || last >= complete ? null : new ContentRange(first, last, complete);
    }

    public override string ToString() => $"bytes {First}-{Last}/{(CompleteLength is { } length ? length.ToString() : "*")}";
}
