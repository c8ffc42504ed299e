using Afterimage.Configuration;
using Afterimage.Matching;
using MatcherPolicy = Afterimage.Matching.MatcherPolicy;

namespace Afterimage.Commands;

/// <summary>The match policies by the names that commands and configuration use.</summary>
internal static class PolicyCatalog
{
    public static IReadOnlyList<string> Names { get; } = ["matcher", "cosine", "ramp"];

    /// <summary>The policy of that name, or null where there is none.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="maxFalseReuse">The error rate that a policy which knows probabilities keeps; 0 to 1.</param>
    /// <param name="spaceId">The embedding space that similarities come from.</param>
    public static IMatchPolicy? Find(string name, double maxFalseReuse, string spaceId) => name switch
    {
        "matcher" => new MatcherPolicy(new MatcherOptions { MaxFalseReuse = maxFalseReuse, SpaceId = spaceId }),
        "ramp" => new RampPolicy((float)CosineDefaults.RampShort, (float)CosineDefaults.RampLong),
        "cosine" => new CosinePolicy((float)CosineDefaults.Threshold),
        _ => null,
    };

    /// <summary>Reads <c>matcher,cosine</c>. Null, with the message in <paramref name="error"/>, where a name is unknown.</summary>
    public static IReadOnlyList<IMatchPolicy>? Parse(string names, double maxFalseReuse, string spaceId, out string? error)
    {
        error = null;
        var policies = new List<IMatchPolicy>();
        foreach (string name in names.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct())
        {
            if (Find(name, maxFalseReuse, spaceId) is not { } policy)
            {
                error = $"unknown policy '{name}' (known: {string.Join(", ", Names)})";
                return null;
            }

            policies.Add(policy);
        }

        error = policies.Count == 0 ? $"no policy named (known: {string.Join(", ", Names)})" : null;
        return policies.Count == 0 ? null : policies;
    }
}
