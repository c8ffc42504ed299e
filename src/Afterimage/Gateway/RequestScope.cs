using Afterimage.Configuration;
using Afterimage.Dialects;

namespace Afterimage.Gateway;

/// <summary>Which tenant a request belongs to, as the hash that enters keys.</summary>
internal static class RequestScope
{
    /// <summary>Fields that say who asks.</summary>
    public static readonly string[] KeyHeaders = ["Authorization", "X-Api-Key"];
    private static readonly string[] KeyParameters = ["key", "token"];

    /// <summary>
    /// The scope, and the target as routes and origin see it. The scope is empty where everyone shares, and null where a request must say whose it is and does
    /// not, or cannot be understood: then nothing is read from or written to the cache.
    /// </summary>
    public static (string? Scope, RequestTarget Target) Of(HttpRequest request, RequestTarget target, ScopeOptions options)
    {
        if (!options.Separates)
        {
            return ("", target);
        }

        string? identity;
        if (options.Path.Length > 0)
        {
            (identity, target) = FromPath(target, options.Path);
        }
        else
        {
            identity = options.ApiKey ? Credentials(request, target) : request.Headers[options.Header].ToString();
        }

        return (identity is null ? null : identity.Length > 0 ? HashOf(identity, options) : options.Required ? null : "", target);
    }

    /// <summary>The scope of a tenant as it names itself: the header's value, the segment of the path, or the value of its Authorization header.</summary>
    public static string OfTenant(string tenant, ScopeOptions options) => HashOf(options.ApiKey ? Named(KeyHeaders[0], tenant) : tenant, options);

    private static string HashOf(string identity, ScopeOptions options) =>
        Hash256.Of((options.Path.Length > 0 ? "path\0" : options.ApiKey ? "key\0" : "tenant\0") + identity).ToBase64Url();

    private static (string Tenant, RequestTarget Inner) FromPath(RequestTarget target, string prefix)
    {
        ReadOnlySpan<char> path = target.Path;
        if (!path.StartsWith(prefix, StringComparison.Ordinal) || path[prefix.Length..].IndexOf('/') is not (var end and > 0))
        {
            return ("", target);
        }

        return (path.Slice(prefix.Length, end).ToString(), new RequestTarget(target.Raw[(prefix.Length + end)..]));
    }

    // All of them: which one the image service believes is not known here. Null where the query cannot be read: then what it names is not known either.
    private static string? Credentials(HttpRequest request, RequestTarget target)
    {
        string all = string.Concat(KeyHeaders.Select(name => Named(name, request.Headers[name].ToString())));
        var query = new List<KeyValuePair<string, string>>();
        return !target.TryReadQuery(query)
            ? null
            : all + string.Concat(KeyParameters.SelectMany(name => query.Where(p => p.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(p => Named(name, p.Value))));
    }

    private static string Named(string name, string value) => value.Length > 0 ? $"{name}:{value.Length}:{value};" : "";
}
