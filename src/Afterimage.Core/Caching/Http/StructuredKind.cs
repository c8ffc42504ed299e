namespace Afterimage.Caching.Http;

/// <summary>The types of RFC 9651 that a dictionary member can have.</summary>
public enum StructuredKind
{
    Integer,
    Decimal,
    String,
    Token,
    Bytes,
    Boolean,
    Date,
    DisplayString,
    InnerList,
}
