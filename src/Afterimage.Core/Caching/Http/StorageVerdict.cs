namespace Afterimage.Caching.Http;

/// <summary>Whether a response may be stored, and which rule says no.</summary>
public enum StorageVerdict
{
    Store,

    /// <summary>Not a method whose responses this cache keeps.</summary>
    Method,

    /// <summary>The request says <c>no-store</c>.</summary>
    RequestNoStore,

    /// <summary>The response says <c>no-store</c>.</summary>
    NoStore,

    /// <summary>The response says <c>private</c>.</summary>
    Private,

    /// <summary>The request was authorised and the response does not say that it may be shared all the same.</summary>
    Authorization,

    /// <summary>A status that cannot be stored, or a 206 that does not say which part it is.</summary>
    Status,

    /// <summary><c>Vary: *</c>: it could never be matched.</summary>
    VaryStar,

    /// <summary>Nothing in the response allows it.</summary>
    NotAllowed,

    /// <summary>Allowed, but it could neither be used fresh nor validated nor served stale.</summary>
    Useless,
}
