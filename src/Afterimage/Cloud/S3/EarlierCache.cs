using Afterimage.Caching;
using Afterimage.Diagnostics;
using Afterimage.Entries;
using Afterimage.Images;
using Afterimage.Requests;

namespace Afterimage.Cloud.S3;

/// <summary>
/// The exact tier behind the exact tier: pictures that an earlier cache left in its bucket, found by its own keys. What is found becomes an entry of ours like
/// an origin's answer, vector included, and the bucket is not asked for it again. What was not found is remembered for a while, so that requests that other
/// pictures answer do not ask each time. Thread-safe.
/// </summary>
internal sealed class EarlierCache(
    EarlierCacheReader reader, AdmissionRules admission, IEntryStore store, IndexQueue indexing, TimeSpan? entryTtl, TimeSpan patience, TimeProvider time)
{
    private const int AbsentMax = 100_000;
    private static readonly TimeSpan PatienceMin = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan AbsentFor = TimeSpan.FromMinutes(10);

    private readonly SharedLookups _lookups = new();
    private readonly RecentCache<Hash256, long> _absent = new(AbsentMax);

    /// <summary>The picture of an identical request; null where there is none, or what is there is no whole picture. Only for requests of the common scope: what the
    /// earlier cache held was everybody's.</summary>
    /// <param name="pathAndQuery">As the client sent it.</param>
    /// <param name="keep">Whether it may be stored.</param>
    /// <param name="waited">How long the client has waited for the exact tier before: of two silent buckets the second is not waited for as long again.</param>
    public async ValueTask<OpenEntry?> FindAsync(ImageRequest request, string pathAndQuery, bool keep, TimeSpan waited, CancellationToken cancellationToken)
    {
        Hash256 key = request.ExactKey;
        if (request.Scope.Length > 0 || (_absent.TryGet(key, out long since) && time.GetElapsedTime(since) < AbsentFor))
        {
            return null;
        }

        try
        {
            TimeSpan left = patience - waited;
            return await _lookups.FindAsync(key, () => TakeAsync(request, pathAndQuery, keep)).WaitAsync(left > PatienceMin ? left : PatienceMin, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // What it finds is an entry of ours for the next.
            return null;
        }
    }

    private async Task<OpenEntry?> TakeAsync(ImageRequest request, string pathAndQuery, bool keep)
    {
        (S3Answer answer, EarlierCacheReader.Found found) = await reader.TryReadAsync(pathAndQuery, CancellationToken.None);
        ImageReport report = default;
        if (answer != S3Answer.Done || admission.JudgeBody(request, found.Bytes.Span, out report) != AdmissionOutcome.Admitted)
        {
            if (answer != S3Answer.Unavailable)
            {
                _absent.Set(request.ExactKey, time.GetTimestamp());
            }

            return null;
        }

        DateTimeOffset now = time.GetUtcNow();
        var header = new EntryHeader
        {
            Id = Ulid.New(now),
            Request = request,
            Key = request.ExactKey,
            Created = now,
            Expires = now + entryTtl,
            Source = EntrySource.Backfill,
            Extraction = "earlier-cache",
            ContentType = report.ContentType,
            ContentHash = Hash256.Of(found.Bytes.Span),
            Length = found.Bytes.Length,
            Width = report.Width,
            Height = report.Height,
        };
        if (keep && await store.PeekAsync(header.Key, CancellationToken.None) is null
            && await store.PutAsync(header, found.Bytes, CancellationToken.None) is PutOutcome.Stored or PutOutcome.Replaced)
        {
            indexing.Enqueue(header, null, () => { });
        }

        return new HotEntry(header, found.Bytes);
    }
}
