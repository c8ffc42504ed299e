using Afterimage.Caching;

namespace Afterimage.Commands.Replay;

/// <summary>What a log of requests would have given with one seed rule and one policy.</summary>
internal sealed class ReplayReport(SeedRule seeds, string policy)
{
    public SeedRule Seeds => seeds;

    public string Policy => policy;

    public ReplayCounts All { get; } = new();

    /// <summary>The same request was answered before.</summary>
    public ReplayCounts Exact { get; } = new();

    /// <summary>Answered with the picture of a request that means the same, by how the prompts are related.</summary>
    public Dictionary<PromptRelation, ReplayCounts> Semantic { get; } = Enum.GetValues<PromptRelation>().ToDictionary(r => r, _ => new ReplayCounts());

    public ReplayCounts Miss { get; } = new();

    /// <summary>Misses that had a candidate which the policy refused.</summary>
    public ReplayCounts Refused { get; } = new();

    /// <summary>Never cached: random seeds, private pictures, URLs of no known dialect.</summary>
    public ReplayCounts Bypass { get; } = new();

    public List<ServedPair> Served { get; } = [];

    /// <summary>Wall-clock time of the replay.</summary>
    public TimeSpan Elapsed { get; set; }

    public double SecondsSaved => Exact.OriginSeconds + Semantic.Values.Sum(c => c.OriginSeconds);

    public long ImagesSaved => Exact.Images + Semantic.Values.Sum(c => c.Images);
}
