namespace Afterimage.Caching.Http;

/// <summary>
/// The header fields of a request, as the rules read them. The program implements it over the server's own collection, so that a cache hit copies
/// nothing; a struct implementation costs no allocation because the rules take it as a constrained type parameter.
/// </summary>
public interface IRequestFields
{
    /// <summary>All lines of a field joined by a comma and a space, or null where the request has none.</summary>
    string? Get(string name);
}
