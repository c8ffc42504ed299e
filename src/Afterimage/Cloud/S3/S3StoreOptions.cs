namespace Afterimage.Cloud.S3;

/// <summary>Settings of <see cref="S3EntryStore"/>. Credentials come from the usual AWS chain (environment, profile, container, instance).</summary>
internal sealed record S3StoreOptions
{
    public required string Bucket { get; init; }

    /// <summary>For example <c>https://(account).r2.cloudflarestorage.com</c> or a MinIO address; null for AWS itself.</summary>
    public string? ServiceUrl { get; init; }

    /// <summary>Region to sign for. R2: <c>auto</c> (default). AWS: the bucket's region.</summary>
    public string Region { get; init; } = "auto";

    /// <summary>Before every object name; ends with a slash or is empty. Default <c>afterimage/</c>.</summary>
    public string Prefix { get; init; } = "afterimage/";

    /// <summary>Bucket in the path rather than in the host name. Default true: works with every server.</summary>
    public bool ForcePathStyle { get; init; } = true;

    /// <summary>
    /// How long an entry of the local tier is served without asking the bucket whether it is still there and the same: what another gateway deletes or
    /// replaces may be served here for this long. Zero asks every time; <see cref="Timeout.InfiniteTimeSpan"/> never. Default one minute.
    /// </summary>
    public TimeSpan LocalStalenessMax { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Time for one request to the bucket, retries not counted. Default 10 s.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Time until a read must begin to be answered, retries counted; later it is a miss. Default 2 s: a bucket that is asked from another continent answers in a
    /// fraction, and whoever waits for a hit that does not come still waits for the origin after it.
    /// </summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Tries after the first for throttling, 5xx and broken connections, 0 to 5. Default 1: a miss is cheaper than waiting.</summary>
    public int RetriesMax { get; init; } = 1;

    /// <summary>How long the bucket is left alone after it failed half of at least four requests within ten seconds, or was silent at half of at least two; doubles up
    /// to eight times while it stays away. Default 5 s.</summary>
    public TimeSpan BreakDuration { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Larger objects are neither stored nor fetched. Default 64 MiB.</summary>
    public long EntryBytesMax { get; init; } = 64L << 20;

    /// <summary>Requests under way at the same time for listing and bulk writes, 1 to 64. Default 16.</summary>
    public int Parallelism { get; init; } = 16;

    /// <summary>Count the bucket's entries at the start, for the status: one list request per thousand. Default true.</summary>
    public bool CountAtStart { get; init; } = true;
}
