namespace Afterimage.Caching.Http;

/// <summary>An entity tag, RFC 9110 section 8.8.3.</summary>
/// <param name="Opaque">The quoted part with its quotes; or the whole value where it is not well formed, so that it still equals itself.</param>
/// <param name="IsWeak">Whether it starts with <c>W/</c> (upper case, as the grammar has it).</param>
public readonly record struct EntityTag(string Opaque, bool IsWeak)
{
    /// <summary>Reads an <c>ETag</c> value; null where the field is absent or empty.</summary>
    public static EntityTag? Parse(string? value)
    {
        ReadOnlySpan<char> text = value.AsSpan().Trim(" \t");
        if (text.IsEmpty)
        {
            return null;
        }

        bool weak = text.StartsWith("W/\"", StringComparison.Ordinal);
        return new EntityTag((weak ? text[2..] : text).ToString(), weak);
    }

    /// <summary>Whether it is a quoted tag that means "the same bytes".</summary>
    public bool IsStrong => !IsWeak && Opaque is ['"', .., '"'] && Opaque.Length >= 2;

    /// <summary>Equal, and both strong.</summary>
    public bool StronglyEquals(EntityTag other) => IsStrong && other.IsStrong && Opaque == other.Opaque;

    /// <summary>Equal, whether weak or strong.</summary>
    public bool WeaklyEquals(EntityTag other) => Opaque == other.Opaque;

    /// <summary>
    /// Whether a list of tags (<c>If-None-Match</c>) has one that weakly equals <paramref name="stored"/>; <c>*</c> equals every representation.
    /// Commas inside quotes separate nothing.
    /// </summary>
    public static bool ListMatches(ReadOnlySpan<char> list, EntityTag? stored)
    {
        list = list.Trim(" \t");
        if (list is "*")
        {
            return true;
        }

        while (stored is { } tag && !list.IsEmpty)
        {
            int end = EndOfElement(list);
            ReadOnlySpan<char> element = list[..end].Trim(" \t");
            if (element.StartsWith("W/\"", StringComparison.Ordinal))
            {
                element = element[2..];
            }

            if (!element.IsEmpty && element.SequenceEqual(tag.Opaque))
            {
                return true;
            }

            list = end < list.Length ? list[(end + 1)..] : default;
        }

        return false;
    }

    public override string ToString() => IsWeak ? $"W/{Opaque}" : Opaque;

    private static int EndOfElement(ReadOnlySpan<char> list)
    {
        bool quoted = false;
        for (int i = 0; i < list.Length; i++)
        {
            if (list[i] == '"')
            {
                quoted = !quoted;
            }
            else if (list[i] == ',' && !quoted)
            {
                return i;
            }
        }

        return list.Length;
    }
}
