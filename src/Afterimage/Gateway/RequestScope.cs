using Afterimage.Configuration;

namespace Afterimage.Gateway;

/// <summary>Which tenant a request belongs to, as the hash that enters keys.</summary>
internal static class RequestScope
{
    /// <summary>Empty where everyone shares; null where a request must name its tenant and does not: then nothing is read from or written to the cache.</summary>
    public static string? Of(HttpRequest request, ScopeOptions options)
    {
        if (options.Header.Length == 0)
        {
            return "";
        }

        string tenant = request.Headers[options.Header].ToString();
        return tenant.Length > 0 ? Hash256.Of("tenant\0" + tenant).ToBase64Url() : options.Required ? null : "";
    }
}
