namespace Afterimage.Caching.Http;

/// <summary>A member of a structured dictionary. Parameters are checked while reading but not kept: no field that we read gives them a meaning.</summary>
/// <param name="Kind">The type.</param>
/// <param name="Text">The value of a string or token, and the spelling of every other type.</param>
/// <param name="Number">The value of an integer, date (seconds since 1970) or boolean (0 or 1).</param>
/// <param name="Items">The members of an inner list.</param>
public readonly record struct StructuredItem(StructuredKind Kind, string Text, long Number, IReadOnlyList<StructuredItem>? Items = null)
{
    public bool IsTrue => Kind == StructuredKind.Boolean && Number == 1;
}
