namespace Afterimage.Bench.ExactHit;

/// <summary>Which hits are measured.</summary>
/// <param name="Title">Before every figure.</param>
/// <param name="Query">Of the pictures' addresses.</param>
/// <param name="Gateways">Tier by tier, what the gateway is told, and whether it is another process than the one that stored the pictures.</param>
internal sealed record HitKind(string Title, string Query, IReadOnlyList<(string Tier, string Settings, bool Restarts)> Gateways)
{
    private const string HttpRoute = "--Routes:0:Path /** --Routes:0:Dialect http";

    /// <summary><c>exact-hit</c>: pictures of a route that knows their dialect.</summary>
    public static HitKind Pictures { get; } = new(
        "exact hit", "width=64&height=64", [(HitServers.Memory, "--Store:MemoryBytesMax 1073741824", false), (HitServers.Disk, "--Store:MemoryBytesMax 0", false)]);

    /// <summary><c>http-hit</c>: responses of a route of dialect <c>http</c>. What was stored by another process is sent from its file.</summary>
    public static HitKind Responses { get; } = new("http hit", "http", [(HitServers.Memory, HttpRoute, false), (HitServers.Disk, HttpRoute, true)]);

    public bool Has(string tier) => Gateways.Any(gateway => gateway.Tier == tier);
}
