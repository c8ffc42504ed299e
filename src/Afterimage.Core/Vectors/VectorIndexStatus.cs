namespace Afterimage.Vectors;

/// <summary>How an in-process index is doing, for health pages.</summary>
/// <param name="Loaded">Whether the log has been read; until then every operation waits.</param>
/// <param name="LoadProgress">0 to 1.</param>
/// <param name="Vectors">Vectors that searches can see.</param>
/// <param name="Partitions">Partitions with at least one vector.</param>
/// <param name="Pending">Vectors of huge partitions that wait for their place in a graph; searches scan them meanwhile.</param>
/// <param name="MemoryBytes">Private memory held for them, in bytes.</param>
/// <param name="DiskBytes">Bytes of the log.</param>
/// <param name="UnflushedSeconds">Age of the oldest change that is not on disk yet; 0 where all are.</param>
/// <param name="DamagedRecords">Records that the last opening had to skip or cut; a reconcile brings their vectors back.</param>
/// <param name="Rebuilds">Graphs thrown away since opening because most of what they held was removed.</param>
/// <param name="Fault">Why the log cannot be written or flushed at the moment; null where it can.</param>
public sealed record VectorIndexStatus(
    bool Loaded,
    double LoadProgress,
    long Vectors,
    long Partitions,
    long Pending,
    long MemoryBytes,
    long DiskBytes,
    double UnflushedSeconds,
    long DamagedRecords,
    long Rebuilds,
    string? Fault);
