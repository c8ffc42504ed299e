namespace Afterimage.Caching.Http;

/// <summary>The primary key of stored responses: who may share, and the whole path with its query exactly as asked.</summary>
/// <param name="Scope">Tenant; empty for everyone.</param>
/// <param name="Target">Path and query as on the request line.</param>
public readonly record struct ResourceKey(string Scope, string Target)
{
    public override int GetHashCode() => Scope.Length == 0 ? Target.GetHashCode() : HashCode.Combine(Scope, Target);

    public bool Equals(ResourceKey other) => Target == other.Target && Scope == other.Scope;
}
