using System.Globalization;
using Afterimage.Caching;
using Afterimage.Entries;
using Afterimage.Gateway;

namespace Afterimage.Admin;

/// <summary>Entries: list, show, image, delete.</summary>
internal sealed class EntriesAdmin(IEntryStore store, DecisionJournal journal, SharedChanges? changes)
{
    private const int ListMax = 1000;

    public IEnumerable<AdminEndpoint> Endpoints =>
    [
        new("GET", "entries", (context, _) => ListAsync(context)),
        new("GET", "entries/*", ShowAsync),
        new("GET", "entries/*/image", ImageAsync),
        new("DELETE", "entries/*", DeleteAsync),
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

    /// <summary>Tells the other gateways; how that went as one word, null where there are none.</summary>
    private async Task<string?> TellAsync(IReadOnlyCollection<Hash256> keys, CancellationToken cancellationToken) =>
        changes is null ? null : await changes.PublishPurgeAsync(keys, cancellationToken) ? "told" : "told later";

    /// <summary>The key behind an entry's id, or behind the id of the response that a semantic hit carried.</summary>
    private async ValueTask<Hash256?> KeyOfAsync(string id, CancellationToken cancellationToken) =>
        await store.FindByIdAsync(id, cancellationToken) ?? journal.Find(id)?.ServedKey;

    internal static object Shown(EntryHeader entry) => new
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
        scope = entry.Request.Scope,
        variant = entry.Request.Variant,
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
