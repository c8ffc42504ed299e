using Afterimage.Caching.Http;

namespace Afterimage.Gateway.HttpRoute;

/// <summary>What storing an answer needs to know of the request, without the server's request object: it may be over by then.</summary>
internal sealed record Ask(ResourceKey Key, string Method, RequestDirectives Directives, bool Authorized, IRequestFields Fields)
{
    /// <summary>
    /// From when on an invalidation makes the answer void; null for the moment at which the request was sent. The answer to a POST is newer than the
    /// invalidation that the POST itself causes.
    /// </summary>
    public DateTimeOffset? VoidFrom { get; init; }

    /// <summary>For use while the request lasts.</summary>
    public static Ask Of(RouteRequest request) => new(request.Key, request.Method, request.Directives, request.Authorized, request.Fields);

    /// <summary>For use after the request: fields copied.</summary>
    public static Ask Detached(RouteRequest request)
    {
        var lines = new List<KeyValuePair<string, string>>();
        foreach (var (name, values) in request.Context.Request.Headers)
        {
            foreach (string? value in values)
            {
                lines.Add(new(name, value ?? ""));
            }
        }

        return Of(request) with { Fields = new HttpFields(lines) };
    }
}
