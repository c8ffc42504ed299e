namespace Afterimage.Vectors;

/// <summary>How an in-process index is opened.</summary>
public sealed record VectorIndexOptions
{
    /// <summary>The folder of all indexes; each space has a folder of its own inside, named after its id.</summary>
    public required string Folder { get; init; }

    /// <summary>The space id, at most 200 bytes of UTF-8.</summary>
    public required string SpaceId { get; init; }

    /// <summary>Components of every vector, 1 to 4096.</summary>
    public required int Dimensions { get; init; }

    /// <summary>The longest that something added stays unflushed, so what a power failure can take. A killed process loses nothing. Default 1 s; 10 ms to 1 h.</summary>
    public TimeSpan FlushInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A partition with this many vectors gets a graph, one with less than half of it loses it again. Default 20,000; at least 128.</summary>
    public int GraphMin { get; init; } = 20_000;

    /// <summary>The most bytes of one log segment; those of a small index are shorter. Default 64 MB; 4 KB to 1 GB.</summary>
    internal long SegmentBytesMax { get; init; } = 64 << 20;

    /// <summary>Nodes that a graph search keeps: wider finds more and takes longer.</summary>
    internal int SearchBeam { get; init; } = 64;

    /// <summary>Nodes that a new one is compared with to find its neighbours: wider is slower to build and better linked.</summary>
    internal int BuildBeam { get; init; } = 128;

    /// <summary>The dot-product kernel; for tests and measurements.</summary>
    internal Kernels.DotKernel Kernel { get; init; } = Kernels.DotKernel.Best;

    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrEmpty(Folder);
        ArgumentException.ThrowIfNullOrEmpty(SpaceId);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(
            System.Text.Encoding.UTF8.GetByteCount(SpaceId), Storage.LogSegment.SpaceIdLengthMax, nameof(SpaceId));
        ArgumentOutOfRangeException.ThrowIfLessThan(Dimensions, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Dimensions, 4096);
        ArgumentOutOfRangeException.ThrowIfLessThan(FlushInterval, TimeSpan.FromMilliseconds(10));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(FlushInterval, TimeSpan.FromHours(1));
        ArgumentOutOfRangeException.ThrowIfLessThan(GraphMin, 128);
        ArgumentOutOfRangeException.ThrowIfLessThan(SegmentBytesMax, 4096);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(SegmentBytesMax, 1 << 30);
    }
}
