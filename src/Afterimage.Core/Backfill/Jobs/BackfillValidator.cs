using System.Diagnostics;
using Afterimage.Backfill.Analysis;
using Afterimage.Entries;
using Afterimage.Matching;
using Afterimage.Vectors;

namespace Afterimage.Backfill.Jobs;

/// <summary>Compares vectors, entries and objects, and tries a sample of searches.</summary>
internal sealed class BackfillValidator(BackfillContext context)
{
    private const int ProblemsMax = 20;
    private const double SelfFoundMin = 0.99;
    private const double AccuracyMin = 0.9;

    private readonly Random _random = new(7);
    private readonly List<string> _problems = [];

    /// <param name="batch">Only this batch's entries and vectors; null for all.</param>
    /// <param name="sampleMax">Entries searched for and read back.</param>
    public async Task<ValidationReport> RunAsync(Guid? batch, int sampleMax, CancellationToken cancellationToken)
    {
        // A picture that a running gateway stores meanwhile may be met without the vector that was looked for before it was there.
        DateTimeOffset began = context.Time.GetUtcNow();
        var places = new Dictionary<Hash256, VectorPlace>();
        await foreach (VectorPlace place in context.Index.EnumerateAsync(cancellationToken))
        {
            if (batch is null || place.Batch == batch)
            {
                places[place.Entry] = place;
            }
        }

        long entries = 0, missing = 0, wrongPlace = 0;
        long vectors = places.Count;
        var buckets = new Dictionary<string, long>();
        var sample = new List<EntryHeader>();
        await foreach (EntryHeader entry in context.Store.EnumerateAsync(cancellationToken))
        {
            if (batch is not null && entry.Batch != batch)
            {
                continue;
            }

            entries++;
            string bucket = context.Resolution.NameOf(entry.Request.Width, entry.Request.Height);
            buckets[bucket] = buckets.GetValueOrDefault(bucket) + 1;
            Sample(sample, entry, entries, sampleMax);
            if (places.Remove(entry.Key, out VectorPlace place))
            {
                if (place.Batch != entry.Batch || place.Partition != entry.Request.PartitionKey(context.Resolution))
                {
                    wrongPlace++;
                    Problem($"{entry.Id}: its vector is in another partition or batch");
                }
            }
            else if (entry.Created < began && !context.Store.Quarantined.Contains(entry.Batch) && await HasWordsAsync(entry, cancellationToken))
            {
                missing++;
                Problem($"{entry.Id}: no vector");
            }
        }

        long orphaned = await CountOrphansAsync(places.Keys, cancellationToken);
        bool fits = context.Index.Dimensions == context.Embedder.Space.Dimensions && context.Index.SpaceId == context.Embedder.Space.Id;
        Searches searches = fits ? await SearchAsync(sample, cancellationToken) : new Searches(0, 0, 0, 0, 0);
        (long objects, long bad) = await ReadObjectsAsync(sample, cancellationToken);
        bool passed = fits && missing + orphaned + wrongPlace + bad == 0 && (searches.Count == 0 || (searches.SelfFound >= SelfFoundMin && searches.Accuracy >= AccuracyMin));
        return new ValidationReport(
            passed, batch, entries, vectors, missing, orphaned, wrongPlace, fits ? 0 : 1, objects, bad, searches.Count, searches.SelfFound, searches.Accuracy,
            searches.Median, searches.P99, buckets, _problems);
    }

    private void Sample(List<EntryHeader> sample, EntryHeader entry, long seen, int max)
    {
        if (context.Store.Quarantined.Contains(entry.Batch))
        {
            return;
        }

        if (sample.Count < max)
        {
            sample.Add(entry);
        }
        else if (_random.NextInt64(seen) is var place && place < max)
        {
            sample[(int)place] = entry;
        }
    }

    private async ValueTask<bool> HasWordsAsync(EntryHeader entry, CancellationToken cancellationToken) =>
        await context.EmbedAsync([entry.Request.Prompt], cancellationToken) is not { } vector || vector.AsSpan().ContainsAnyExcept(0f);

    private async ValueTask<long> CountOrphansAsync(IEnumerable<Hash256> keys, CancellationToken cancellationToken)
    {
        long orphaned = 0;
        foreach (Hash256 key in keys)
        {
            if (await context.Store.PeekAsync(key, cancellationToken) is null)
            {
                orphaned++;
                Problem($"{key.ToHex()[..16]}...: a vector without entry");
            }
        }

        return orphaned;
    }

    private async ValueTask<Searches> SearchAsync(List<EntryHeader> sample, CancellationToken cancellationToken)
    {
        int found = 0, judged = 0, right = 0, count = 0;
        var milliseconds = new List<double>(sample.Count);
        foreach (EntryHeader entry in sample)
        {
            if (await context.EmbedAsync([entry.Request.Prompt], cancellationToken) is not { } vector || !vector.AsSpan().ContainsAnyExcept(0f))
            {
                continue;
            }

            count++;
            long start = Stopwatch.GetTimestamp();
            var query = new VectorQuery(entry.Request.PartitionKey(context.Resolution), entry.Request.Seed.Value, vector, 100, -1);
            IReadOnlyList<Neighbor> neighbors = await context.Index.SearchAsync(query, cancellationToken);
            milliseconds.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            bool self = neighbors.Any(n => n.Entry == entry.Key && n.Similarity >= neighbors[0].Similarity - 0.001f);
            found += self ? 1 : 0;
            if (!self)
            {
                Problem($"{entry.Id}: its own prompt does not find it");
            }

            PromptReading stored = PromptReading.Of(entry.Request.Prompt);
            foreach ((string text, bool same) in Variants.Of(entry.Request.Prompt))
            {
                if (await context.EmbedAsync([text], cancellationToken) is { } other)
                {
                    judged++;
                    Verdict verdict = context.Policy.Judge(PromptReading.Of(text), stored, Cosine(vector, other));
                    right += (verdict.Decision == Decision.Reuse) == same ? 1 : 0;
                }
            }
        }

        milliseconds.Sort();
        return new Searches(
            count, count == 0 ? 0 : found / (double)count, judged == 0 ? 0 : right / (double)judged,
            milliseconds.Count == 0 ? 0 : milliseconds[milliseconds.Count / 2],
            milliseconds.Count == 0 ? 0 : milliseconds[(int)(milliseconds.Count * 0.99)]);
    }

    /// <summary>Reads sampled images back, from the store or from where they are, and compares their hashes.</summary>
    private async ValueTask<(long Checked, long Bad)> ReadObjectsAsync(List<EntryHeader> sample, CancellationToken cancellationToken)
    {
        long read = 0, bad = 0;
        foreach (EntryHeader entry in sample)
        {
            if (entry.Location is not null && context.Locations is null)
            {
                continue;
            }

            read++;
            if (await HashOfAsync(entry, cancellationToken) != entry.ContentHash)
            {
                bad++;
                Problem($"{entry.Id}: {entry.Location ?? "its stored image"} is gone or has changed");
            }
        }

        return (read, bad);
    }

    private async ValueTask<Hash256?> HashOfAsync(EntryHeader entry, CancellationToken cancellationToken)
    {
        if (entry.Location is { } location)
        {
            return await context.Locations!.ReadAsync(location, entry.Length, cancellationToken) is { } body ? Hash256.Of(body.Span) : null;
        }

        using OpenEntry? open = await context.Store.OpenAsync(entry.Key, cancellationToken);
        if (open is null)
        {
            return null;
        }

        var bytes = new byte[open.Header.Length];
        int filled = 0;
        for (int more; filled < bytes.Length && (more = await open.ReadAsync(filled, bytes.AsMemory(filled), cancellationToken)) > 0;)
        {
            filled += more;
        }

        return Hash256.Of(bytes.AsSpan(0, filled));
    }

    private static float Cosine(float[] a, float[] b)
    {
        float dot = 0;
        for (int i = 0; i < a.Length; i++)
        {
            dot += a[i] * b[i];
        }

        return dot;
    }

    private void Problem(string text)
    {
        if (_problems.Count < ProblemsMax)
        {
            _problems.Add(text);
        }
    }

    private readonly record struct Searches(int Count, double SelfFound, double Accuracy, double Median, double P99);
}
