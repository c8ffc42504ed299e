namespace Afterimage.Cloud.S3;

/// <summary>Settings of <see cref="EarlierCacheReader"/>.</summary>
internal sealed record EarlierCacheOptions
{
    /// <summary>Version prefixes to try, in order; an empty one stands for keys without. Default: the last version, then none.</summary>
    public IReadOnlyList<string> Versions { get; init; } = ["brand-v1", ""];

    /// <summary>Before every key, where the bucket was copied into a folder. Default none.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Models whose seed the earlier cache overwrote with 42; null for its own rule (<c>gptimage</c>).</summary>
    public IReadOnlySet<string>? FixedSeedModels { get; init; }
}
