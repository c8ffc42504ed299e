using Afterimage.Caching;
using Afterimage.Configuration;
using Afterimage.Dialects;

namespace Afterimage.Gateway;

/// <summary>Which paths are read by which dialect.</summary>
internal sealed class RouteTable
{
    private readonly Route[] _routes;

    public RouteTable(List<Configuration.RouteOptions> routes, IDialect dialect) => _routes = routes.Count > 0
        ? [.. routes.Select(r => new Route(r.Path, r.Dialect == DialectName.Http ? null : dialect, r.Seeds))]
        : [new Route("/prompt/**", dialect, SeedRule.Strict), new Route("/image/**", dialect, SeedRule.Strict)];

    /// <summary>The first route that fits; null where the request is only forwarded.</summary>
    public Route? Find(RequestTarget target)
    {
        foreach (Route route in _routes)
        {
            if (route.Fits(target.Path))
            {
                return route;
            }
        }

        return null;
    }

    /// <param name="Dialect">Null for plain HTTP caching.</param>
    internal sealed record Route(string Path, IDialect? Dialect, SeedRule Seeds)
    {
        private readonly string _prefix = Path.EndsWith("/**", StringComparison.Ordinal) ? Path[..^2] : "";

        public bool Fits(ReadOnlySpan<char> path) => _prefix.Length > 0 ? path.StartsWith(_prefix, StringComparison.Ordinal) : path.SequenceEqual(Path);
    }
}
