using System.Diagnostics;
using Afterimage.Backfill.Analysis;
using Afterimage.Backfill.Sources;
using Afterimage.Entries;
using Afterimage.Matching;
using Afterimage.Vectors;

namespace Afterimage.Backfill.Jobs;

/// <summary>
/// Adopts a stratified sample into a quarantined batch and measures each step. Its vectors live in an index of their own, so that nothing of it is served;
/// a later run takes its entries over, a rollback removes them.
/// </summary>
internal sealed class PilotRun(BackfillContext context, IImageSource source, BackfillJournal journal)
{
    private const int ExamplesPerBucket = 8;
    private const int UnsuccessfulMax = 4000;

    // Small, because images that are copied are in memory until they are stored.
    private const int CommitEvery = 16;

    private readonly ChunkCommitter _committer = new(context, journal.Job, index: false);
    private readonly List<EntryHeader> _entries = [];
    private int _taken;

    /// <param name="perBucket">Images of each resolution bucket, 100 to 200 in general.</param>
    public async Task<PilotReport> RunAsync(int perBucket, CancellationToken cancellationToken)
    {
        await context.Store.SetQuarantineAsync(journal.Job.Batch, true, cancellationToken);
        journal.SetState(BackfillState.Running);
        TimeSpan extract = await TakeAsync(perBucket, cancellationToken);
        long start = Stopwatch.GetTimestamp();
        float[] vectors = await context.EmbedAsync([.. _entries.Select(e => e.Request.Prompt)], cancellationToken)
            ?? throw new SourceException($"the embedder {context.Embedder.Space.Id} does not answer", transient: true);
        double embedMs = Stopwatch.GetElapsedTime(start).TotalMilliseconds / Math.Max(1, _entries.Count);
        (List<PilotBucket> buckets, double searchMs) = await SearchAsync(_entries, vectors, cancellationToken);
        BackfillProgress progress = journal.Progress;
        journal.SetTotal(progress.Processed);
        journal.SetState(BackfillState.Done);
        return new PilotReport(
            journal.Job.Batch, progress.Adopted, progress.Failed, progress.Strategies, progress.Reasons, extract.TotalMilliseconds / Math.Max(1, _taken), embedMs, searchMs,
            _entries.Count == 0 ? 0 : buckets.Sum(b => b.SelfFound) / (double)_entries.Count, buckets);
    }

    /// <summary>Goes through the listing until every bucket that shows up is full, or until long nothing new fits. Returns the time that reading and understanding took.</summary>
    private async Task<TimeSpan> TakeAsync(int perBucket, CancellationToken cancellationToken)
    {
        var adopter = new ImageAdopter(context, source, journal.Job);
        var counts = new Dictionary<string, int>();
        var taken = new List<AdoptedImage>(CommitEvery);
        TimeSpan extract = TimeSpan.Zero;
        int fruitless = 0;
        await foreach (SourceImage image in source.ListAsync(null, cancellationToken))
        {
            long start = Stopwatch.GetTimestamp();
            AdoptedImage result = await adopter.AdoptAsync(image, cancellationToken);
            TimeSpan took = Stopwatch.GetElapsedTime(start);
            string bucket = result.Header is { } header ? context.Resolution.NameOf(header.Request.Width, header.Request.Height) : "unknown";
            int count = counts.GetValueOrDefault(bucket);
            if (count < perBucket)
            {
                counts[bucket] = count + 1;
                taken.Add(result);
                extract += took;
                fruitless = 0;
            }
            else
            {
                result.Content?.Dispose();
                if (++fruitless == UnsuccessfulMax)
                {
                    break;
                }
            }

            if (taken.Count == CommitEvery)
            {
                await CommitAsync(taken, cancellationToken);
            }
        }

        await CommitAsync(taken, cancellationToken);
        return extract;
    }

    private async Task CommitAsync(List<AdoptedImage> taken, CancellationToken cancellationToken)
    {
        BackfillProgress progress = await _committer.CommitAsync(journal.Progress, taken, again: false, cancellationToken);
        journal.Commit(progress, _committer.Failures);
        _entries.AddRange(taken.Select(t => t.Header).OfType<EntryHeader>());
        _taken += taken.Count;
        taken.Clear();
    }

    private async Task<(List<PilotBucket> Buckets, double SearchMilliseconds)> SearchAsync(List<EntryHeader> entries, float[] vectors, CancellationToken cancellationToken)
    {
        int dimensions = context.Embedder.Space.Dimensions;
        await using var index = new ScanIndex(context.Embedder.Space.Id, dimensions);
        var byKey = entries.DistinctBy(e => e.Key).ToDictionary(e => e.Key);
        await index.AddAsync(
            [.. entries.Select((e, i) => new VectorRecord(e.Key, e.Request.PartitionKey(context.Resolution), null, vectors.AsMemory(i * dimensions, dimensions), journal.Job.Batch))],
            cancellationToken);
        var buckets = new Dictionary<string, PilotBucket>();
        long ticks = 0;
        for (int i = 0; i < entries.Count; i++)
        {
            EntryHeader entry = entries[i];
            var query = new VectorQuery(entry.Request.PartitionKey(context.Resolution), null, vectors.AsMemory(i * dimensions, dimensions), 5, -1);
            long start = Stopwatch.GetTimestamp();
            IReadOnlyList<Neighbor> found = await index.SearchAsync(query, cancellationToken);
            ticks += Stopwatch.GetTimestamp() - start;
            string name = context.Resolution.NameOf(entry.Request.Width, entry.Request.Height);
            PilotBucket bucket = buckets.GetValueOrDefault(name, new PilotBucket(name, 0, 0, []));
            bool self = found.Count > 0 && (found[0].Entry == entry.Key || byKey[found[0].Entry].Request.Prompt == entry.Request.Prompt || found[0].Similarity > 0.9999f);
            if (bucket.Examples.Count < ExamplesPerBucket && found.FirstOrDefault(n => n.Entry != entry.Key) is { Entry: var other } near && byKey.TryGetValue(other, out EntryHeader? neighbour))
            {
                Verdict verdict = context.Policy.Judge(PromptReading.Of(entry.Request.Prompt), PromptReading.Of(neighbour.Request.Prompt), near.Similarity);
                bucket.Examples.Add(new PilotNeighbour(entry.Request.Prompt, neighbour.Request.Prompt, near.Similarity, verdict.Decision.ToString().ToLowerInvariant()));
            }

            buckets[name] = bucket with { Images = bucket.Images + 1, SelfFound = bucket.SelfFound + (self ? 1 : 0) };
        }

        double milliseconds = ticks * 1000.0 / Stopwatch.Frequency / Math.Max(1, entries.Count);
        return ([.. buckets.Values.OrderByDescending(b => b.Images)], milliseconds);
    }
}
