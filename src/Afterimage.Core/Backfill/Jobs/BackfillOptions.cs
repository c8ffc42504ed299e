namespace Afterimage.Backfill.Jobs;

/// <summary>How a job runs. Written into the job's file, so that a resumed job makes the same of an image as before it was stopped.</summary>
public sealed record BackfillOptions
{
    /// <summary>Leave images where they are and reference them; otherwise their bytes are copied into the store.</summary>
    public bool InPlace { get; init; }

    /// <summary>Images read and understood at the same time, 1 to 256.</summary>
    public int Concurrency { get; init; } = 4;

    /// <summary>Images a second at most; 0 for no limit.</summary>
    public double RateMax { get; init; }

    /// <summary>Work only between these times of the day, local time; null for always.</summary>
    public TimeWindow? Between { get; init; }

    /// <summary>Larger images are failures, in bytes.</summary>
    public long ImageBytesMax { get; init; } = 32L << 20;

    /// <summary>Images taken, embedded, stored and committed together.</summary>
    public int ChunkSize { get; init; } = 512;

    /// <summary>Reads of an image before it is a failure.</summary>
    public int Attempts { get; init; } = 4;

    /// <summary>Request parameters that replace what was extracted, for example the model of a folder that does not tell it.</summary>
    public Dictionary<string, string> Set { get; init; } = [];

    /// <summary>Wait before the second attempt; doubles with each.</summary>
    public TimeSpan Backoff { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The same result at another pace: what an order to go on may change.</summary>
    internal BackfillOptions AtPaceOf(BackfillOptions order) => this with
    {
        Concurrency = order.Concurrency,
        RateMax = order.RateMax,
        Between = order.Between,
        ChunkSize = order.ChunkSize,
    };
}
