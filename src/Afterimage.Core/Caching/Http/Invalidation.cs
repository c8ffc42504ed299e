namespace Afterimage.Caching.Http;

/// <summary>Which stored responses an unsafe request makes void, RFC 9111 section 4.4.</summary>
public static class Invalidation
{
    /// <summary>
    /// The targets (path and query) to remove after an answer to <paramref name="method"/>: the request's own, and those of <c>Location</c> and
    /// <c>Content-Location</c> where they are of the same origin. Empty for safe methods and for error answers.
    /// </summary>
    /// <param name="method">The request's method.</param>
    /// <param name="status">The answer's status.</param>
    /// <param name="target">The request's path and query.</param>
    /// <param name="origins">What counts as the same origin: the authority that the client used and the one that we ask, each as <c>http://host:port</c>.</param>
    /// <param name="answer">The answer's fields.</param>
    public static IReadOnlyList<string> Targets(string method, int status, string target, IReadOnlyList<Uri> origins, HttpFields answer)
    {
        if (MethodRules.IsSafe(method) || !StatusRules.IsNonError(status))
        {
            return [];
        }

        var targets = new List<string> { target };
        foreach (string name in new[] { "Location", "Content-Location" })
        {
            if (SameOriginTarget(answer.First(name), target, origins) is { } other && !targets.Contains(other))
            {
                targets.Add(other);
            }
        }

        return targets;
    }

    /// <summary>Path and query of a reference relative to <paramref name="target"/>; null where it leads to another origin or nowhere.</summary>
    public static string? SameOriginTarget(string? reference, string target, IReadOnlyList<Uri> origins)
    {
        if (reference is null)
        {
            return null;
        }

        foreach (Uri origin in origins)
        {
            if (Uri.TryCreate(origin, target, out Uri? own) && Uri.TryCreate(own, reference, out Uri? resolved)
                && resolved.Scheme == origin.Scheme && resolved.Authority.Equals(origin.Authority, StringComparison.OrdinalIgnoreCase))
            {
                return resolved.PathAndQuery;
            }
        }

        return null;
    }
}
