namespace Afterimage.Bench.ExactHit;

/// <summary>Which hits are measured.</summary>
/// <param name="Title">Before every figure.</param>
/// <param name="Query">Of the pictures' addresses.</param>
/// <param name="Gateways">Tier by tier, what the gateway is told.</param>
internal sealed record HitKind(string Title, string Query, IReadOnlyList<(string Tier, string Settings)> Gateways)
{
    /// <summary><c>exact-hit</c>: pictures of a route that knows their dialect.</summary>
    public static HitKind Pictures { get; } = new(
        "exact hit", "width=64&height=64", [(HitServers.Memory, "--Store:MemoryBytesMax 1073741824"), (HitServers.Disk, "--Store:MemoryBytesMax 0")]);

    /// <summary><c>http-hit</c>: responses of a route of dialect <c>http</c>.</summary>
    public static HitKind Responses { get; } = new(
        "http hit", "http", [(HitServers.Memory, "--Routes:0:Path /** --Routes:0:Dialect http")]);

    public bool Has(string tier) => Gateways.Any(gateway => gateway.Tier == tier);
}
