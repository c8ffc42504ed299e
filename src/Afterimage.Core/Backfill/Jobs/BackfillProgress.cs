using System.Text.Json.Serialization;

namespace Afterimage.Backfill.Jobs;

/// <summary>What was done in one resolution bucket: that of the request, or of the picture where it failed; <c>unknown</c> where there is neither.</summary>
public sealed record BucketProgress(long Adopted, long Duplicates, long Failed)
{
    /// <summary>Images met.</summary>
    public long Processed => Adopted + Duplicates + Failed;
}

/// <summary>Everything a job has done up to a cursor. One of these is the last line of the journal, and what <c>status</c> shows.</summary>
public sealed record BackfillProgress
{
    /// <summary>The last key done; null before the first.</summary>
    public string? After { get; init; }

    /// <summary>The last key of the chunk that was begun behind <see cref="After"/>; null where none was.</summary>
    public string? Announced { get; init; }

    /// <summary>Images met.</summary>
    public long Processed { get; init; }

    /// <summary>Entries made.</summary>
    public long Adopted { get; init; }

    /// <summary>Images whose request had an entry already.</summary>
    public long Duplicates { get; init; }

    /// <summary>Images that could not be adopted; each is in the failures file.</summary>
    public long Failed { get; init; }

    /// <summary>Adopted entries whose prompt has no words to search by.</summary>
    public long WithoutVector { get; init; }

    /// <summary>Bytes read.</summary>
    public long Bytes { get; init; }

    /// <summary>Seconds of work, over all runs of this job.</summary>
    public double Seconds { get; init; }

    /// <summary>The file of failures that belongs to this cursor, and how much of it.</summary>
    public string FailureFile { get; init; } = "failures.jsonl";

    public long FailureBytes { get; init; }

    public Dictionary<string, BucketProgress> Buckets { get; init; } = [];

    /// <summary>Adopted images by the strategy that understood them.</summary>
    public Dictionary<string, long> Strategies { get; init; } = [];

    /// <summary>Failures by reason, without the details.</summary>
    public Dictionary<string, long> Reasons { get; init; } = [];

    /// <summary>The same as if the images that failed had never been met.</summary>
    internal BackfillProgress WithoutFailures() => this with
    {
        Processed = Processed - Failed,
        Failed = 0,
        Reasons = [],
        Buckets = Buckets.Select(b => KeyValuePair.Create(b.Key, b.Value with { Failed = 0 })).Where(b => b.Value.Processed > 0).ToDictionary(),
    };
}

/// <summary>What state a job is in.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<BackfillState>))]
public enum BackfillState
{
    Running,

    /// <summary>Outside of its hours.</summary>
    Waiting,

    /// <summary>Stopped before the end; running it again resumes it.</summary>
    Interrupted,

    Done,

    /// <summary>Removed by a rollback.</summary>
    RolledBack,
}

/// <summary>A job as its file tells it.</summary>
public sealed record BackfillJob
{
    public required Guid Batch { get; init; }

    /// <summary><c>run</c> or <c>pilot</c>.</summary>
    public required string Kind { get; init; }

    public required string Source { get; init; }

    public required string Space { get; init; }

    public required DateTimeOffset Started { get; init; }

    public BackfillOptions Options { get; init; } = new();

    public BackfillState State { get; init; }

    /// <summary>Images in the source, where they were counted; null where not.</summary>
    public long? Total { get; init; }
}

/// <summary>A job with its progress.</summary>
/// <param name="Rate">Images a second in this run so far.</param>
/// <param name="SecondsLeft">Null where the total is unknown.</param>
public sealed record BackfillStatus(BackfillJob Job, BackfillProgress Progress, double Rate, double? SecondsLeft);
