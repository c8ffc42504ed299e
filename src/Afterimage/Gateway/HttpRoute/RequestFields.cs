using Afterimage.Caching.Http;
using Microsoft.Extensions.Primitives;

namespace Afterimage.Gateway.HttpRoute;

/// <summary>The server's request fields as the caching rules read them.</summary>
internal readonly struct RequestFields(IHeaderDictionary headers) : IRequestFields
{
    public string? Get(string name)
    {
        StringValues values = headers[name];
        return values.Count switch
        {
            0 => null,
            1 => values[0],
            _ => string.Join(", ", values.ToArray()),
        };
    }
}
