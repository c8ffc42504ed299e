namespace Afterimage.Caching;

/// <summary>The memory that answers under way may take together. Thread-safe.</summary>
/// <param name="bytesMax">The bound.</param>
public sealed class BufferBudget(long bytesMax)
{
    private long _taken;

    /// <summary>Bytes taken now.</summary>
    public long Taken => Interlocked.Read(ref _taken);

    /// <summary>Takes some; false where that would be too much.</summary>
    public bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _taken, bytes) <= bytesMax)
        {
            return true;
        }

        Return(bytes);
        return false;
    }

    public void Return(long bytes) => Interlocked.Add(ref _taken, -bytes);
}
