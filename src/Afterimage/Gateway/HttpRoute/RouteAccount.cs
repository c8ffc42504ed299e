namespace Afterimage.Gateway.HttpRoute;

/// <summary>Counts and logs what the route answered, in the same words and instruments as the image routes.</summary>
internal sealed class RouteAccount(RequestLog? log)
{
    /// <param name="tier">How it was answered.</param>
    /// <param name="status">With which status.</param>
    /// <param name="bytes">Content bytes; 0 where they are not known yet.</param>
    public void Add(Tier tier, int status, long bytes)
    {
        RequestMeters.Answered(tier, bytes);
        log?.Write("-", tier, status, bytes);
    }
}
