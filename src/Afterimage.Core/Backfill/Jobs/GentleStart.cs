namespace Afterimage.Backfill.Jobs;

/// <summary>
/// The first images that a process adopts beside live traffic are taken slowly and in small chunks, because the runtime compiles what they need while hits are served. Counted in
/// images and not in seconds, and once for all jobs of a process: an order to go on does not begin slowly again. Thread-safe.
/// </summary>
internal sealed class GentleStart
{
    /// <summary>Images a second meanwhile.</summary>
    public const double RateMax = 20;

    /// <summary>Images of a chunk meanwhile: what is done once a chunk is done often enough to be compiled for good.</summary>
    public const int ChunkSize = 4;

    private const int Images = 200;

    private int _passed;

    /// <summary>The rate for the next image: the one that is asked for once the start is over.</summary>
    public double RateOfNext(double rate) => Volatile.Read(ref _passed) >= Images || Interlocked.Increment(ref _passed) > Images ? rate : Math.Min(rate, RateMax);

    /// <summary>The size of the next chunk.</summary>
    public int ChunkOf(int size) => Volatile.Read(ref _passed) >= Images ? size : Math.Min(size, ChunkSize);
}
