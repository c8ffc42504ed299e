using Afterimage.Entries;

namespace Afterimage.Backfill.Jobs;

/// <summary>
/// Stores and indexes what a chunk of images became, and counts it. Never replaces an entry that is already there, so that taking a batch out again leaves what
/// was before; only a pilot's quarantined entries give way. Gives the images' bytes back.
/// </summary>
internal sealed class ChunkCommitter(BackfillContext context, BackfillJob job, bool index = true)
{
    // A bucket that throttles, is slow or is left alone by its breaker takes the images later: with the usual back-off, waits of a quarter of a second to half a minute.
    private const int StoreAttempts = 9;

    private readonly List<string> _failedBuckets = [];
    private readonly List<EntryHeader> _stored = [];
    private readonly List<EntryHeader> _duplicates = [];

    /// <summary>The failures of the last chunk.</summary>
    public List<BackfillFailure> Failures { get; } = [];

    /// <summary>Whether some of the last chunk had been stored by this job before it was killed.</summary>
    public bool MetOwn { get; private set; }

    /// <summary>Throws <see cref="IOException"/> where the store takes nothing of a chunk however long it is waited for; then nothing is counted.</summary>
    /// <param name="again">These images may have been stored by this job before it was killed; then they are counted now, because they were not then.</param>
    /// <param name="stop">Ends the waiting for a store that is away, and nothing else.</param>
    public async ValueTask<BackfillProgress> CommitAsync(BackfillProgress before, IReadOnlyList<AdoptedImage> images, bool again, CancellationToken stop)
    {
        Failures.Clear();
        _failedBuckets.Clear();
        _stored.Clear();
        _duplicates.Clear();
        MetOwn = false;
        var keys = new HashSet<Hash256>();
        var waiting = new List<AdoptedImage>(images.Count);
        foreach (AdoptedImage image in images)
        {
            if (image.Failure is not null)
            {
                Fail(image.Failure, image.Size);
            }
            else if (!keys.Add(image.Header!.Key))
            {
                _duplicates.Add(image.Header);
            }
            else
            {
                waiting.Add(image);
            }
        }

        await StorePatientlyAsync(waiting, again, stop);
        foreach (AdoptedImage image in images)
        {
            image.Content?.Dispose();
        }

        // Where the embedder is away the entries stand; reindex or the gateway's reconcile brings their vectors.
        int vectors = index ? await context.IndexAsync(_stored, CancellationToken.None) ?? 0 : _stored.Count;
        return Count(before, images, _stored.Count - vectors);
    }

    /// <summary>Stores images, those that the store would not take just now again after a while.</summary>
    private async ValueTask StorePatientlyAsync(List<AdoptedImage> images, bool again, CancellationToken stop)
    {
        List<AdoptedImage> left = await StoreAsync(images, again);
        for (int attempt = 1; left.Count > 0 && attempt < StoreAttempts; attempt++)
        {
            await Task.Delay(job.Options.Backoff * (1 << (attempt - 1)), context.Time, stop);

            // What a store says it has not taken may be there all the same: its answer came too late.
            left = await StoreAsync(left, again: true);
        }

        // A store that takes none of several images is away, or closed to us, and would be for the rest of the source.
        if (left.Count > 1 && left.Count == images.Count)
        {
            throw new IOException("the store takes no images now; run the same again to go on where this stopped");
        }

        left.ForEach(image => Fail(image, "the store failed"));
    }

    /// <summary>Stores those that are not there yet. Returns those of which the store would not say, or that it would not take, just now.</summary>
    private async ValueTask<List<AdoptedImage>> StoreAsync(List<AdoptedImage> images, bool again)
    {
        var left = new List<AdoptedImage>();
        var fresh = new List<AdoptedImage>(images.Count);
        foreach (AdoptedImage image in images)
        {
            PeekedEntry there = await context.Store.TryPeekAsync(image.Header!.Key, CancellationToken.None);
            if (!there.Answered)
            {
                left.Add(image);
            }
            else if (there.Header is not { } existing || GivesWay(existing))
            {
                fresh.Add(image);
            }
            else if (again && IsOwn(existing, image.Header))
            {
                // Its vector may be missing.
                MetOwn = true;
                _stored.Add(existing);
            }
            else
            {
                _duplicates.Add(image.Header);
            }
        }

        IReadOnlyList<PutOutcome> outcomes = await context.Store.PutManyAsync([.. fresh.Select(i => new NewEntry(i.Header!, i.Body))], CancellationToken.None);
        foreach ((AdoptedImage image, PutOutcome outcome) in fresh.Zip(outcomes))
        {
            switch (outcome)
            {
                case PutOutcome.Stored or PutOutcome.Replaced:
                    _stored.Add(image.Header!);
                    break;
                case PutOutcome.TooLarge:
                    Fail(image, "too large for the store");
                    break;
                case PutOutcome.NoSpace:
                    Fail(image, "no space in the store");
                    break;
                default:
                    left.Add(image);
                    break;
            }
        }

        return left;
    }

    private bool GivesWay(EntryHeader existing) => existing.Batch != job.Batch && context.Store.Quarantined.Contains(existing.Batch);

    /// <summary>Whether an entry is what this job made of the same image, rather than of an equal copy of it elsewhere in the source.</summary>
    private bool IsOwn(EntryHeader existing, EntryHeader made) => existing.Batch == job.Batch && existing.Id == made.Id && existing.ContentHash == made.ContentHash;

    private void Fail(AdoptedImage image, string reason) => Fail(new BackfillFailure(image.Image.Key, reason, null), image.Size);

    private void Fail(BackfillFailure failure, (int Width, int Height) size)
    {
        Failures.Add(failure);
        _failedBuckets.Add(size.Width > 0 ? context.Resolution.NameOf(size.Width, size.Height) : "unknown");
    }

    private BackfillProgress Count(BackfillProgress before, IReadOnlyList<AdoptedImage> images, long withoutVector)
    {
        var buckets = new Dictionary<string, BucketProgress>(before.Buckets);
        var strategies = new Dictionary<string, long>(before.Strategies);
        var reasons = new Dictionary<string, long>(before.Reasons);
        foreach (EntryHeader header in _stored)
        {
            Count(buckets, BucketOf(header), bucket => bucket with { Adopted = bucket.Adopted + 1 });
            strategies[header.Extraction!] = strategies.GetValueOrDefault(header.Extraction!) + 1;
        }

        foreach (EntryHeader header in _duplicates)
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
            Adopted = before.Adopted + _stored.Count,
            Duplicates = before.Duplicates + _duplicates.Count,
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
