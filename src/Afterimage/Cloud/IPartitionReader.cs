using Afterimage.Vectors;

namespace Afterimage.Cloud;

/// <summary>An index that can hand out a whole partition with its vectors, so that a gateway can keep the partitions in use in its own memory.</summary>
public interface IPartitionReader
{
    /// <summary>
    /// Everything that was added to or changed in the partition since <paramref name="since"/> (all of it for <see cref="PartitionMark.Start"/>),
    /// how many vectors it has now, and the mark for the next call. Records may be repeated between calls.
    /// </summary>
    Task<PartitionChanges> ReadChangesAsync(Hash256 partition, PartitionMark since, CancellationToken cancellationToken);

    /// <summary>Exact keys of all vectors of the partition.</summary>
    Task<IReadOnlyList<Hash256>> ReadKeysAsync(Hash256 partition, CancellationToken cancellationToken);
}

/// <summary>How far a partition has been read, in the time of the remote index (microseconds since 1970).</summary>
public readonly record struct PartitionMark(long Microseconds)
{
    public static PartitionMark Start => default;
}

/// <param name="Records">New and changed vectors.</param>
/// <param name="Count">Vectors in the partition now.</param>
/// <param name="Mark">Where the next read begins.</param>
public sealed record PartitionChanges(IReadOnlyList<VectorRecord> Records, long Count, PartitionMark Mark);
