namespace Afterimage.Matching.Learning;

/// <summary>How carefully a <see cref="CalibrationLearner"/> learns.</summary>
public sealed record LearnerOptions
{
    /// <summary>The share of wrong servings asked for, above 0 and below 0.5.</summary>
    public double MaxFalseReuse { get; init; } = 0.01;

    /// <summary>
    /// The policy's probability from which it serves; evidence is read relative to it. Null for a policy that knows probabilities (the matcher), which serves
    /// from 1 - <see cref="MaxFalseReuse"/>; for a cosine threshold, that threshold.
    /// </summary>
    public double? ServedFrom { get; init; }

    /// <summary>
    /// Of the wrong pictures that are served, the share that somebody reports. A serving nobody complains of is evidence of this weight that it was right.
    /// 0 ignores silence: then only verdicts count. 0 to 1.
    /// </summary>
    public double ReportShare { get; init; } = 0.1;

    /// <summary>Reviewed pairs of one entry before its own record counts.</summary>
    public int EntryReviewsMin { get; init; } = 20;

    /// <summary>Reviewed pairs of a partition before evidence may serve what the policy alone would not.</summary>
    public int LoosenReviewsMin { get; init; } = 100;

    /// <summary>Pairs that the policy finds less probable than this are never served, whatever evidence says.</summary>
    public double LoosenProbabilityMin { get; init; } = 0.9;

    /// <summary>
    /// Days after which evidence counts half: traffic and models change, and where evidence has stopped all serving no new evidence would come. 0: never forgotten.
    /// Blocked pairs are never forgotten.
    /// </summary>
    public double HalfLifeDays { get; init; } = 60;

    /// <summary>Partitions with evidence of their own; the least lately observed leave.</summary>
    public int PartitionsMax { get; init; } = 10_000;

    /// <summary>Entries with evidence of their own; the least lately observed leave.</summary>
    public int EntriesMax { get; init; } = 50_000;

    /// <summary>Blocked pairs kept; beyond it the oldest leave.</summary>
    public int BlockedMax { get; init; } = 1_000_000;

    /// <summary>The file is rewritten in short form when it has more records than this.</summary>
    public int FileRecordsMax { get; init; } = 500_000;
}
