using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Afterimage.Diagnostics;

namespace Afterimage.Backfill.Jobs;

/// <summary>The running jobs as gauges: what <c>status</c> shows. Nothing is published while no job runs.</summary>
internal static class BackfillMeters
{
    private const int BucketsMax = 50;

    private static readonly ConcurrentDictionary<BackfillRun, byte> Running = new();

    static BackfillMeters()
    {
        Meter meter = Telemetry.Meter;
        meter.CreateObservableGauge("afterimage.backfill.bucket.images", ImagesByBucket, "{image}", "Images of the running backfill, by resolution bucket (the fifty largest) and outcome.");
        meter.CreateObservableGauge("afterimage.backfill.job.images", () => Of(status => status.Progress.Processed), "{image}", "Images that the running backfill has met.");
        meter.CreateObservableGauge("afterimage.backfill.job.total", () => Of(status => status.Job.Total), "{image}", "Images in the source of the running backfill, once they are counted.");
        meter.CreateObservableGauge("afterimage.backfill.job.rate", () => Of(status => status.Rate), "{image}/s", "Images a second of the running backfill.");
        meter.CreateObservableGauge("afterimage.backfill.job.left", () => Of(status => status.SecondsLeft), "s", "Time that the running backfill still needs, once its images are counted.");
    }

    public static void Follow(BackfillRun run) => Running[run] = 0;

    public static void Unfollow(BackfillRun run) => Running.TryRemove(run, out _);

    private static IEnumerable<Measurement<double>> Of(Func<BackfillStatus, double?> figure) =>
        Running.Keys.Select(run => figure(run.Status)).OfType<double>().Select(value => new Measurement<double>(value));

    private static IEnumerable<Measurement<long>> ImagesByBucket()
    {
        foreach (BackfillRun run in Running.Keys)
        {
            foreach ((string bucket, BucketProgress progress) in run.Status.Progress.Buckets.OrderByDescending(b => b.Value.Processed).Take(BucketsMax))
            {
                yield return Image(bucket, "adopted", progress.Adopted);
                yield return Image(bucket, "duplicate", progress.Duplicates);
                yield return Image(bucket, "failed", progress.Failed);
            }
        }
    }

    private static Measurement<long> Image(string bucket, string outcome, long count) =>
        new(count, new KeyValuePair<string, object?>("bucket", bucket), new KeyValuePair<string, object?>("outcome", outcome));
}
