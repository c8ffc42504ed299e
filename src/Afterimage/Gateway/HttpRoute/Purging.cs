using Afterimage.Caching.Http;

namespace Afterimage.Gateway.HttpRoute;

/// <summary>Which stored responses are to be forgotten.</summary>
/// <param name="Target">Path and query; null for all.</param>
/// <param name="Scope">Tenant; null for all.</param>
internal sealed record HttpPurge(string? Target, string? Scope);

/// <summary>Forgets stored responses, and keeps what is on its way from being stored.</summary>
internal sealed class Purging(RouteParts parts)
{
    /// <summary>Forgets a resource: at once for those who ask, and on the disk when the task completes.</summary>
    public Task ForgetAsync(ResourceKey key)
    {
        ForgetMemory(key);
        if (parts.Disk is not { } disk)
        {
            return Task.CompletedTask;
        }

        // From memory first, so that what is being written sees that it has gone. Until the disk had forgotten it too, a request may have brought it back from
        // there: hence once more, and whoever is still reading it began before that and throws it away.
        Task removal = disk.ForgetAllAsync(key);
        ForgetMemory(key);
        return removal;
    }

    /// <summary>Forgets what is meant; how many resources there were.</summary>
    /// <param name="dryRun">Only counts.</param>
    public async Task<int> PurgeAsync(HttpPurge purge, bool dryRun, CancellationToken cancellationToken)
    {
        (string? target, string? scope) = purge;
        if (target is not null && scope is not null)
        {
            return await PurgeOneAsync(new ResourceKey(scope, target), dryRun);
        }

        bool IsMeant(ResourceKey key) => (target is null || key.Target == target) && (scope is null || key.Scope == scope);
        HashSet<ResourceKey> keys = [.. parts.Store.Keys.Where(IsMeant)];
        if (parts.Disk is { } disk)
        {
            keys.UnionWith(await disk.FindAsync(IsMeant, cancellationToken));
        }

        if (!dryRun)
        {
            // What is under way is not stored yet and must not be stored after this.
            foreach (ResourceKey key in keys.Union(parts.Flights.Keys.Where(IsMeant)).ToArray())
            {
                await ForgetAsync(key);
            }
        }

        return keys.Count;
    }

    private void ForgetMemory(in ResourceKey key)
    {
        parts.Invalidations.Add(key);
        parts.Flights.Detach(key);
        parts.Store.RemoveAll(key);
    }

    // Where the resource is named nothing need be looked through.
    private async Task<int> PurgeOneAsync(ResourceKey key, bool dryRun)
    {
        int found = parts.Store.Has(key) || parts.Disk?.MayHave(key) == true ? 1 : 0;
        if (!dryRun)
        {
            await ForgetAsync(key);
        }

        return found;
    }
}
