using Afterimage.Entries;
using Afterimage.Vectors;

namespace Afterimage.Backfill.Jobs;

/// <summary>
/// Stores and indexes what a chunk of images became, and counts it. Never replaces an entry that is already there, so that taking a batch out again leaves what
/// was before; only a pilot's quarantined entries give way.
/// </summary>
internal sealed class ChunkCommitter(BackfillContext context, BackfillJob job, bool index = true)
{
    private readonly List<string> _failedBuckets = [];

    /// <summary>The failures of the last chunk.</summary>
    public List<BackfillFailure> Failures { get; } = [];

    /// <param name="again">These images may have been stored by this job before it was killed; then they are counted now, because they were not then.</param>
    public async ValueTask<BackfillProgress> CommitAsync(BackfillProgress before, IReadOnlyList<AdoptedImage> images, bool again, CancellationToken cancellationToken)
    {
        Failures.Clear();
        _failedBuckets.Clear();
        var fresh = new List<AdoptedImage>(images.Count);
        var known = new List<EntryHeader>();
        var keys = new HashSet<Hash256>();
        var duplicates = new List<EntryHeader>();
        foreach (AdoptedImage image in images)
        {
            if (image.Failure is not null)
            {
                Fail(image.Failure, image.Size);
            }
            else if (!keys.Add(image.Header!.Key))
            {
                duplicates.Add(image.Header);
            }
            else if (await ExistingAsync(image.Header, cancellationToken) is not { } existing)
            {
                fresh.Add(image);
            }
            else if (again && existing.Batch == job.Batch && existing.ContentHash == image.Header.ContentHash && existing.Location == image.Header.Location)
            {
                // Stored by the same job just before it was killed; its vector may be missing.
                known.Add(existing);
            }
            else
            {
                duplicates.Add(image.Header);
            }
        }

        List<EntryHeader> stored = await StoreAsync(fresh, cancellationToken);
        stored.AddRange(known);
        long withoutVector = await IndexAsync(stored, cancellationToken);
        return Count(before, images, stored, duplicates, withoutVector);
    }

    private async ValueTask<EntryHeader?> ExistingAsync(EntryHeader header, CancellationToken cancellationToken)
    {
        EntryHeader? existing = await context.Store.PeekAsync(header.Key, cancellationToken);
        return existing is not null && existing.Batch != job.Batch && context.Store.Quarantined.Contains(existing.Batch) ? null : existing;
    }

    private async ValueTask<List<EntryHeader>> StoreAsync(List<AdoptedImage> images, CancellationToken cancellationToken)
    {
        var outcomes = new PutOutcome[images.Count];
        if (job.Options.InPlace)
        {
            (await context.Store.PutManyAsync([.. images.Select(i => i.Header!)], cancellationToken)).ToArray().CopyTo(outcomes, 0);
        }
        else
        {
            await Parallel.ForAsync(0, images.Count, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellationToken }, async (i, token) =>
                outcomes[i] = await context.Store.PutAsync(images[i].Header!, images[i].Body, token));
        }

        var stored = new List<EntryHeader>(images.Count);
        for (int i = 0; i < images.Count; i++)
        {
            if (outcomes[i] is PutOutcome.Stored or PutOutcome.Replaced)
            {
                stored.Add(images[i].Header!);
            }
            else
            {
                string reason = outcomes[i] switch
                {
                    PutOutcome.TooLarge => "too large for the store",
                    PutOutcome.NoSpace => "no space in the store",
                    _ => "the store failed",
                };
                Fail(new BackfillFailure(images[i].Image.Key, reason, null), images[i].Size);
            }
        }

        return stored;
    }

    private async ValueTask<long> IndexAsync(List<EntryHeader> stored, CancellationToken cancellationToken)
    {
        if (!index || stored.Count == 0)
        {
            return 0;
        }

        if (await context.EmbedAsync([.. stored.Select(h => h.Request.Prompt)], cancellationToken) is not { } vectors)
        {
            // The entries stand; reindex or the gateway's reconcile brings their vectors.
            return stored.Count;
        }

        int dimensions = context.Embedder.Space.Dimensions;
        var records = new List<VectorRecord>(stored.Count);
        for (int i = 0; i < stored.Count; i++)
        {
            ReadOnlyMemory<float> vector = vectors.AsMemory(i * dimensions, dimensions);
            if (vector.Span.ContainsAnyExcept(0f))
            {
                records.Add(new VectorRecord(stored[i].Key, stored[i].Request.PartitionKey(context.Resolution), stored[i].Request.Seed.Value, vector, job.Batch));
            }
        }

        await context.Index.AddAsync(records, cancellationToken);
        return stored.Count - records.Count;
    }

    private void Fail(BackfillFailure failure, (int Width, int Height) size)
    {
        Failures.Add(failure);
        _failedBuckets.Add(size.Width > 0 ? context.Resolution.NameOf(size.Width, size.Height) : "unknown");
    }

    private BackfillProgress Count(BackfillProgress before, IReadOnlyList<AdoptedImage> images, List<EntryHeader> stored, List<EntryHeader> duplicates, long withoutVector)
    {
        var buckets = new Dictionary<string, BucketProgress>(before.Buckets);
        var strategies = new Dictionary<string, long>(before.Strategies);
        var reasons = new Dictionary<string, long>(before.Reasons);
        foreach (EntryHeader header in stored)
        {
            Count(buckets, BucketOf(header), bucket => bucket with { Adopted = bucket.Adopted + 1 });
            strategies[header.Extraction!] = strategies.GetValueOrDefault(header.Extraction!) + 1;
        }

        foreach (EntryHeader header in duplicates)
        {
            Count(buckets, BucketOf(header), bucket => bucket with { Duplicates = bucket.Duplicates + 1 });
        }

        foreach ((BackfillFailure failure, string name) in Failures.Zip(_failedBuckets))
        {
            Count(buckets, name, bucket => bucket with { Failed = bucket.Failed + 1 });
            reasons[failure.Reason] = reasons.GetValueOrDefault(failure.Reason) + 1;
        }

        return before with
        {
            After = images.Count > 0 ? images[^1].Image.Key : before.After,
            Processed = before.Processed + images.Count,
            Adopted = before.Adopted + stored.Count,
            Duplicates = before.Duplicates + duplicates.Count,
            Failed = before.Failed + Failures.Count,
            WithoutVector = before.WithoutVector + withoutVector,
            Bytes = before.Bytes + images.Sum(i => i.BytesRead),
            Buckets = buckets,
            Strategies = strategies,
            Reasons = reasons,
        };
    }

    private string BucketOf(EntryHeader header) => context.Resolution.NameOf(header.Request.Width, header.Request.Height);

    private static void Count(Dictionary<string, BucketProgress> buckets, string name, Func<BucketProgress, BucketProgress> change) =>
        buckets[name] = change(buckets.GetValueOrDefault(name, new BucketProgress(0, 0, 0)));
}
