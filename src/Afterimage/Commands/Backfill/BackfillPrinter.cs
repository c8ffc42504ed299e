using Afterimage.Backfill.Analysis;
using Afterimage.Backfill.Jobs;

namespace Afterimage.Commands.Backfill;

/// <summary>Reports for people, or as one line of JSON.</summary>
internal static class BackfillPrinter
{
    public static void Print(AnalysisReport report, bool json)
    {
        if (json)
        {
            Console.Out.WriteLine(BackfillJson.Write(report));
            return;
        }

        Line("source", report.Source);
        Line("images", $"{report.Images}, {Size(report.Bytes)}{(report.Oldest is { } from ? $", {from:yyyy-MM-dd} to {report.Newest:yyyy-MM-dd}" : "")}");
        Line("sample", $"{report.Sampled}, prompt recovered from {report.RecoveredShare:P1}");
        Table("recovered by", report.Strategies, report.Sampled);
        Table("not recovered", report.Failures, report.Sampled);
        Table("formats", report.Formats, report.Sampled);
        Table("buckets", report.Buckets, report.Sampled);
        Table("models", report.Models, report.Sampled);
        AnalysisEstimate estimate = report.Estimate;
        Line("to adopt all", $"{TimeSpan.FromSeconds(Math.Round(estimate.Seconds))}, {estimate.Vectors} vectors, index {Size(estimate.IndexBytes)}, "
            + $"entries {Size(estimate.EntryBytes)} in place or {Size(estimate.CopyBytes)} copied");
        Line("hosted embedding", string.Join(", ", estimate.HostedCosts.Select(c => $"{c.Key} ${c.Value:0.00}")));
        foreach (AnalysisExample example in report.Examples)
        {
            Console.Out.WriteLine($"  {example.Note,-18} {Short(example.Key, 40),-40} {Short(example.Prompt ?? "", 60)}");
        }
    }

    public static void Print(PilotReport report, bool json)
    {
        if (json)
        {
            Console.Out.WriteLine(BackfillJson.Write(report));
            return;
        }

        Line("batch", $"{report.Batch:N} (quarantined; rollback removes it, run takes it over)");
        Line("adopted", $"{report.Adopted}, {report.Failed} failed");
        Table("recovered by", report.Strategies, report.Adopted);
        Table("failures", report.Failures, report.Adopted + report.Failed);
        Line("milliseconds", $"extract {report.ExtractMilliseconds:0.00}, embed {report.EmbedMilliseconds:0.000}, search {report.SearchMilliseconds:0.000} an image");
        Line("find themselves", $"{report.SelfFoundShare:P1}");
        foreach (PilotBucket bucket in report.Buckets)
        {
            Console.Out.WriteLine($"{bucket.Bucket}: {bucket.Images} images, {bucket.SelfFound} find themselves");
            foreach (PilotNeighbour near in bucket.Examples)
            {
                Console.Out.WriteLine($"  {near.Similarity:0.000} {near.Verdict,-6} {Short(near.Prompt, 60)}  ~  {Short(near.Nearest, 60)}");
            }
        }
    }

    public static void Print(BackfillStatus status, bool json)
    {
        if (json)
        {
            Console.Out.WriteLine(BackfillJson.Write(status));
            return;
        }

        BackfillProgress progress = status.Progress;
        Line("batch", $"{status.Job.Batch:N}  {status.Job.Kind}, {status.Job.State.ToString().ToLowerInvariant()}, started {status.Job.Started.ToLocalTime():yyyy-MM-dd HH:mm}");
        Line("source", status.Job.Source + (status.Job.Options.InPlace ? " (in place)" : ""));
        Line("processed", $"{progress.Processed}{(status.Job.Total is { } total ? $" of {total}" : "")}, {status.Rate:0.#}/s{(status.SecondsLeft is { } left ? $", {TimeSpan.FromSeconds(Math.Round(left))} left" : "")}");
        Line("adopted", $"{progress.Adopted}, {progress.Duplicates} duplicates, {progress.Failed} failed, {Size(progress.Bytes)} read");
        foreach ((string bucket, BucketProgress counts) in progress.Buckets.OrderByDescending(b => b.Value.Processed).Take(20))
        {
            Console.Out.WriteLine($"  {bucket,-14} {counts.Processed,10} processed {counts.Adopted,10} adopted {counts.Duplicates,8} duplicates {counts.Failed,8} failed");
        }

        Table("by", progress.Strategies, progress.Adopted);
        Table("failures", progress.Reasons, progress.Processed);
    }

    public static void Print(ValidationReport report, bool json)
    {
        if (json)
        {
            Console.Out.WriteLine(BackfillJson.Write(report));
            return;
        }

        Line("result", report.Passed ? "passed" : "FAILED");
        Line("entries", $"{report.Entries}, vectors {report.Vectors}, missing {report.Missing}, orphaned {report.Orphaned}, in the wrong place {report.WrongPlace}, wrong dimension {report.WrongDimension}");
        Line("objects", $"{report.ObjectsChecked} read back, {report.ObjectsBad} gone or changed");
        Line("searches", $"{report.Sampled}, {report.SelfFoundShare:P1} find themselves, {report.Accuracy:P1} of labelled variants judged rightly");
        Line("query time", $"median {report.QueryMillisecondsMedian:0.000} ms, p99 {report.QueryMillisecondsP99:0.000} ms");
        Table("buckets", report.Buckets, report.Entries);
        report.Problems.ForEach(p => Console.Out.WriteLine("  " + p));
    }

    public static void Print(RollbackReport report, bool json) => Console.Out.WriteLine(json ? BackfillJson.Write(report)
        : report.DryRun ? $"{report.Entries} entries and {report.Vectors} vectors of batch {report.Batch:N} would be removed; --yes removes them"
        : $"{report.Entries} entries and {report.Vectors} vectors of batch {report.Batch:N} removed");

    public static void Print(ReindexReport report, bool json) => Console.Out.WriteLine(json ? BackfillJson.Write(report)
        : $"{report.Added} vectors added in space {report.Space}; {report.Already} of {report.Entries} entries had one, {report.WithoutWords} have no words; {report.Removed} vectors of entries that are gone removed; {report.Seconds:0.0} s");

    private static void Line(string name, string text) => Console.Out.WriteLine($"{name,-16} {text}");

    private static void Table(string title, Dictionary<string, long> counts, long of)
    {
        foreach ((string name, long count) in counts.OrderByDescending(c => c.Value))
        {
            Console.Out.WriteLine($"  {title,-14} {name,-44} {count,10} {(of > 0 ? count * 100.0 / of : 0),6:0.0} %");
        }
    }

    private static string Size(long bytes) => bytes >= 1L << 30 ? $"{bytes / (double)(1L << 30):0.00} GB" : bytes >= 1 << 20 ? $"{bytes / (double)(1 << 20):0.0} MB" : $"{bytes / 1024.0:0.0} KB";

    private static string Short(string text, int length) => text.Length <= length ? text : text[..(length - 1)] + "…";
}
