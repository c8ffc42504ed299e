using Afterimage.Caching;
using Afterimage.Configuration;
using Afterimage.Dialects;
using Afterimage.Entries;
using Afterimage.Gateway;
using Afterimage.Gateway.HttpRoute;
using Afterimage.Requests;

namespace Afterimage.Admin;

/// <summary>What <c>purge</c> is asked to remove. At least one condition; all given must hold.</summary>
internal sealed record PurgeOrder
{
    /// <summary>An entry id, or the id of a response.</summary>
    public string? Id { get; init; }

    /// <summary>A path as a client asks it: <c>/prompt/a%20cat?seed=1</c>. Its variants go too, and in every scope unless one is named.</summary>
    public string? Request { get; init; }

    /// <summary>Only this tenant's: the value of <c>Scope:Header</c>, the segment of <c>Scope:Path</c>, or the value of its Authorization header.</summary>
    public string? Tenant { get; init; }

    /// <summary>The same as the hash that <c>entries</c> shows; empty for the common scope.</summary>
    public string? Scope { get; init; }

    public string? Model { get; init; }

    /// <summary>Entries made longer ago than this.</summary>
    public double? OlderThanSeconds { get; init; }

    /// <summary>A backfill batch.</summary>
    public Guid? Batch { get; init; }

    /// <summary>Everything; only with no other condition.</summary>
    public bool All { get; init; }

    /// <summary>True, the default, only counts.</summary>
    public bool DryRun { get; init; } = true;
}

/// <summary>Purge: entries by what they are, and responses of routes of dialect http by their request.</summary>
internal sealed class PurgeAdmin(IEntryStore store, DecisionJournal journal, RouteTable routes, HttpCacheRoute? http, SharedChanges? changes, ScopeOptions scopes, TimeProvider time)
{
    // A century.
    private const double SecondsMax = 3.2e9;

    public IEnumerable<AdminEndpoint> Endpoints => [new("POST", "purge", (context, _) => PurgeAsync(context))];

    private async Task PurgeAsync(HttpContext context)
    {
        if (await AdminRoutes.ReadJsonAsync<PurgeOrder>(context) is not { } order)
        {
            return;
        }

        bool ofEntries = order.Id is not null || order.Model is not null || order.OlderThanSeconds is not null || order.Batch is not null;
        bool named = ofEntries || order.Request is not null || order.Tenant is not null || order.Scope is not null;
        if (named == order.All || (order.Tenant is not null && (order.Scope is not null || !scopes.Separates)))
        {
            await ErrorAnswers.WriteAsync(
                context, StatusCodes.Status400BadRequest, "purge-what",
                "Say what to purge: id, request, tenant or scope, model, olderThanSeconds or batch (all given must hold), or all alone. tenant needs a Scope setting. dryRun is true unless said otherwise.");
            return;
        }

        if (order.OlderThanSeconds is not (null or (>= 0 and <= SecondsMax)))
        {
            await ErrorAnswers.WriteAsync(context, StatusCodes.Status400BadRequest, "purge-age", $"olderThanSeconds is from 0 to {SecondsMax:0}.");
            return;
        }

        string? scope = order.Tenant is { } tenant ? RequestScope.OfTenant(tenant, scopes) : order.Scope;
        RequestTarget? target = order.Request is { } path ? RequestTarget.From(path) : null;
        RouteTable.Route? route = target is { } asked ? routes.Find(asked) : null;
        ImageRequest? request = target is { } read ? route?.Dialect?.Read(read, "").Request : null;
        bool ofHttp = http is not null && route is { Dialect: null };
        if (order.Request is not null && request is null && !(ofHttp && !ofEntries))
        {
            await ErrorAnswers.WriteAsync(
                context, StatusCodes.Status400BadRequest, "purge-request", $"'{order.Request}' is not an image request of a route{(ofHttp ? "; with a route of dialect http only tenant or scope may stand beside it" : "")}.");
            return;
        }

        List<EntryHeader> matches = ofHttp ? [] : await MatchesAsync(order, request, scope, context.RequestAborted);
        HttpPurge? ofRoute = ofHttp || (!ofEntries && order.Request is null) ? new HttpPurge(target?.Raw, scope) : null;
        int responses = http is not null && ofRoute is not null ? await http.PurgeAsync(ofRoute, order.DryRun, context.RequestAborted) : 0;
        var deleted = new List<Hash256>();
        string? others = null;
        try
        {
            foreach (EntryHeader entry in order.DryRun ? [] : matches)
            {
                if (await store.DeleteAsync(entry.Key, context.RequestAborted))
                {
                    deleted.Add(entry.Key);
                }
            }
        }
        finally
        {
            // Also where the operator hung up halfway: what is gone is gone everywhere.
            others = changes is null ? null : await TellAsync(changes, deleted, order.DryRun ? null : ofRoute) ? "told" : "told later";
        }

        await AdminRoutes.WriteJsonAsync(context, new
        {
            dryRun = order.DryRun,
            matched = matches.Count + responses,
            deleted = deleted.Count + (order.DryRun ? 0 : responses),
            others,
            sample = matches.Take(10).Select(EntriesAdmin.Shown),
        });
    }

    private static async Task<bool> TellAsync(SharedChanges changes, List<Hash256> deleted, HttpPurge? ofRoute) =>
        await changes.PublishPurgeAsync(deleted, CancellationToken.None) & (ofRoute is null || await changes.PublishAsync(ofRoute, CancellationToken.None));

    private async Task<List<EntryHeader>> MatchesAsync(PurgeOrder order, ImageRequest? request, string? scope, CancellationToken cancellationToken)
    {
        HashSet<Hash256>? keys = request is null ? null : KeysOf(request.InScope(scope ?? "")), direct = scope is not null || !scopes.Separates ? keys : null;
        bool Fits(EntryHeader entry) => (order.Model is null || entry.Request.Model == order.Model) && (order.Batch is null || entry.Batch == order.Batch)
            && !(time.GetUtcNow() - entry.Created < TimeSpan.FromSeconds(order.OlderThanSeconds ?? 0))
            && (scope is null || entry.Request.Scope == scope) && (request is null || IsOf(entry, request, keys!, scope));
        var matches = new List<EntryHeader>();
        if (order.Id is { } id)
        {
            direct = (await store.FindByIdAsync(id, cancellationToken) ?? journal.Find(id)?.ServedKey) is { } key ? [key] : [];
        }

        if (direct is not null)
        {
            foreach (Hash256 key in direct)
            {
                if (await store.PeekAsync(key, cancellationToken) is { } entry && Fits(entry))
                {
                    matches.Add(entry);
                }
            }

            return matches;
        }

        // In every scope: their hashes are not known, so the entries are read.
        await foreach (EntryHeader entry in store.EnumerateAsync(cancellationToken))
        {
            if (Fits(entry))
            {
                matches.Add(entry);
            }
        }

        return matches;
    }

    private static bool IsOf(EntryHeader entry, ImageRequest request, HashSet<Hash256> keys, string? scope) =>
        entry.Request.Prompt == request.Prompt && entry.Request.Model == request.Model && keys.Contains(entry.Request.InScope(scope ?? "").ExactKey);

    /// <summary>The request itself and, where it names no seed, every place that a variant of it may have.</summary>
    private static HashSet<Hash256> KeysOf(ImageRequest request) => request.Seed.Kind == SeedKind.Defaulted
        ? [request.ExactKey, .. Enumerable.Range(1, VariantOptions.SizeMax).Select(place => request.AsVariant(place, request.Seed).ExactKey)]
        : [request.ExactKey];
}
