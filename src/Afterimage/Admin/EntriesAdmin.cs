using System.Globalization;
using Afterimage.Caching;
using Afterimage.Dialects;
using Afterimage.Entries;
using Afterimage.Gateway;

namespace Afterimage.Admin;

/// <summary>What <c>purge</c> is asked to remove. At least one condition; all given must hold.</summary>
internal sealed record PurgeOrder
{
    /// <summary>An entry id, or the id of a response.</summary>
    public string? Id { get; init; }

    /// <summary>A path as a client asks it: <c>/prompt/a%20cat?seed=1</c>.</summary>
    public string? Request { get; init; }

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

/// <summary>Entries: list, show, image, delete, purge.</summary>
internal sealed class EntriesAdmin(IEntryStore store, DecisionJournal journal, IDialect dialect, SharedChanges? changes, TimeProvider time)
{
    private const int ListMax = 1000;

    public IEnumerable<AdminEndpoint> Endpoints =>
    [
        new("GET", "entries", (context, _) => ListAsync(context)),
        new("GET", "entries/*", ShowAsync),
        new("GET", "entries/*/image", ImageAsync),
        new("DELETE", "entries/*", DeleteAsync),
        new("POST", "purge", (context, _) => PurgeAsync(context)),
    ];

    private async Task ListAsync(HttpContext context)
    {
        int limit = int.TryParse(context.Request.Query["limit"], NumberStyles.None, CultureInfo.InvariantCulture, out int asked) ? Math.Clamp(asked, 1, ListMax) : 50;
        string contains = context.Request.Query["prompt"].ToString(), model = context.Request.Query["model"].ToString(), after = context.Request.Query["after"].ToString();

        // The newest of those that fit, by their ids, which sort by time; a bounded heap so that a large store is not held in memory.
        var newest = new SortedDictionary<string, EntryHeader>(StringComparer.Ordinal);
        await foreach (EntryHeader entry in store.EnumerateAsync(context.RequestAborted))
        {
            if ((contains.Length > 0 && !entry.Request.Prompt.Contains(contains, StringComparison.OrdinalIgnoreCase)) || (model.Length > 0 && entry.Request.Model != model)
                || (after.Length > 0 && string.CompareOrdinal(entry.Id, after) >= 0))
            {
                continue;
            }

            newest[entry.Id] = entry;
            if (newest.Count > limit)
            {
                newest.Remove(newest.First().Key);
            }
        }

        EntryHeader[] page = [.. newest.Values.Reverse()];
        await AdminRoutes.WriteJsonAsync(context, new { entries = page.Select(Shown), next = page.Length == limit ? page[^1].Id : null });
    }

    private async Task ShowAsync(HttpContext context, string id)
    {
        if (await KeyOfAsync(id, context.RequestAborted) is { } key && await store.PeekAsync(key, context.RequestAborted) is { } entry)
        {
            await AdminRoutes.WriteJsonAsync(context, Shown(entry));
            return;
        }

        await NotFoundAsync(context, id);
    }

    private async Task ImageAsync(HttpContext context, string id)
    {
        if (await KeyOfAsync(id, context.RequestAborted) is { } key && await store.OpenAsync(key, context.RequestAborted) is { } entry)
        {
            using (entry)
            {
                await EntryAnswers.WriteAsync(context, entry);
            }

            return;
        }

        await NotFoundAsync(context, id);
    }

    private async Task DeleteAsync(HttpContext context, string id)
    {
        if (await KeyOfAsync(id, context.RequestAborted) is { } key && await store.DeleteAsync(key, context.RequestAborted))
        {
            await AdminRoutes.WriteJsonAsync(context, new { deleted = 1, others = await TellAsync([key], context.RequestAborted) });
            return;
        }

        await NotFoundAsync(context, id);
    }

    private async Task PurgeAsync(HttpContext context)
    {
        if (await AdminRoutes.ReadJsonAsync<PurgeOrder>(context) is not { } order)
        {
            return;
        }

        bool named = order.Id is not null || order.Request is not null || order.Model is not null || order.OlderThanSeconds is not null || order.Batch is not null;
        if (named == order.All)
        {
            await ErrorAnswers.WriteAsync(
                context, StatusCodes.Status400BadRequest, "purge-what", "Say what to purge: id, request, model, olderThanSeconds or batch (all given must hold), or all alone. dryRun is true unless said otherwise.");
            return;
        }

        if (await MatchesAsync(order, context) is not { } matches)
        {
            return;
        }

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
            others = await TellAsync(deleted, CancellationToken.None);
        }

        await AdminRoutes.WriteJsonAsync(context, new { dryRun = order.DryRun, matched = matches.Count, deleted = deleted.Count, others, sample = matches.Take(10).Select(Shown) });
    }

    /// <summary>Tells the other gateways; how that went as one word, null where there are none.</summary>
    private async Task<string?> TellAsync(IReadOnlyCollection<Hash256> keys, CancellationToken cancellationToken) =>
        changes is null ? null : await changes.PublishPurgeAsync(keys, cancellationToken) ? "told" : "told later";

    /// <summary>The entries that an order names; null, with the error answered, where it cannot be read.</summary>
    private async Task<List<EntryHeader>?> MatchesAsync(PurgeOrder order, HttpContext context)
    {
        Hash256? only = null;
        if (order.Request is { } path)
        {
            DialectReading reading = RequestTarget.From(path) is { } target ? dialect.Read(target, "") : default;
            if (reading.Request is null)
            {
                await ErrorAnswers.WriteAsync(context, StatusCodes.Status400BadRequest, "purge-request", $"'{path}' is not an image request of the {dialect.Name} dialect ({reading.Bypass ?? "path"}).");
                return null;
            }

            only = reading.Request.ExactKey;
        }

        if (order.Id is { } id)
        {
            if (await KeyOfAsync(id, context.RequestAborted) is not { } key || (only is { } other && other != key))
            {
                return [];
            }

            only = key;
        }

        bool Fits(EntryHeader entry) => (order.Model is null || entry.Request.Model == order.Model) && (order.Batch is null || entry.Batch == order.Batch)
            && !(time.GetUtcNow() - entry.Created < TimeSpan.FromSeconds(order.OlderThanSeconds ?? 0));
        if (only is { } one)
        {
            return await store.PeekAsync(one, context.RequestAborted) is { } entry && Fits(entry) ? [entry] : [];
        }

        var matches = new List<EntryHeader>();
        await foreach (EntryHeader entry in store.EnumerateAsync(context.RequestAborted))
        {
            if (Fits(entry))
            {
                matches.Add(entry);
            }
        }

        return matches;
    }

    /// <summary>The key behind an entry's id, or behind the id of the response that a semantic hit carried.</summary>
    private async ValueTask<Hash256?> KeyOfAsync(string id, CancellationToken cancellationToken) =>
        await store.FindByIdAsync(id, cancellationToken) ?? journal.Find(id)?.CandidateKey;

    private static object Shown(EntryHeader entry) => new
    {
        entry.Id,
        entry.Key,
        dialect = entry.Request.Dialect,
        prompt = entry.Request.Prompt,
        model = entry.Request.Model,
        seed = entry.Request.Seed.Value,
        seedKind = entry.Request.Seed.Kind,
        width = entry.Width,
        height = entry.Height,
        parameters = entry.Request.Parameters.ToDictionary(p => p.Key, p => p.Value),
        entry.ContentType,
        entry.Length,
        entry.ContentHash,
        entry.Created,
        entry.Expires,
        entry.Source,
        batch = entry.Batch == default ? (Guid?)null : entry.Batch,
        entry.Extraction,
        originSeconds = entry.OriginTime?.TotalSeconds,
    };

    private static Task NotFoundAsync(HttpContext context, string id) =>
        ErrorAnswers.WriteAsync(context, StatusCodes.Status404NotFound, "no-such-entry", $"There is no entry or response with the id '{id}'.");
}
