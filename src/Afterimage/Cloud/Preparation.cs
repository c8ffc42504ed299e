using Afterimage.Vectors;

namespace Afterimage.Cloud;

/// <summary>
/// Something that must be made once before a remote index can be used (a schema, a table). One attempt at a time runs in the background, for everybody; who
/// asks waits no longer than for the use itself, and not at all once an attempt has failed or has been waited for in vain: a service that does not answer must
/// not hold up requests that can do without it. Thread-safe.
/// </summary>
/// <param name="make">Faults are <see cref="VectorIndexUnavailableException"/>; bounded in time by itself.</param>
/// <param name="pause">Time between the end of a failed attempt and the next.</param>
/// <param name="late">The fault of who waited in vain, as a sentence.</param>
internal sealed class Preparation<T>(Func<Task<T>> make, TimeSpan pause, string late, TimeProvider time)
    where T : class
{
    private readonly Lock _lock = new();
    private volatile T? _made;
    private VectorIndexUnavailableException? _fault;
    private Task<T>? _attempt;
    private long _failedAt;

    /// <summary>What was made; null before.</summary>
    public T? Made => _made;

    /// <param name="patience"><see cref="Timeout.InfiniteTimeSpan"/> for work in the background: it sees the attempt to its end, whatever came of earlier ones.</param>
    public async ValueTask<T> GetAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        if (_made is { } made)
        {
            return made;
        }

        Task<T>? attempt = Attempt(out VectorIndexUnavailableException? known);
        if (known is not null && (attempt is null || patience != Timeout.InfiniteTimeSpan))
        {
            throw new VectorIndexUnavailableException(known.Message, known);
        }

        try
        {
            return await attempt!.WaitAsync(patience, time, cancellationToken);
        }
        catch (TimeoutException e)
        {
            // Nobody else waits for this attempt as long.
            var fault = new VectorIndexUnavailableException(late, e);
            lock (_lock)
            {
                _fault ??= fault;
            }

            throw fault;
        }
    }

    // The attempt under way or a new one; null while the last failure is too fresh.
    private Task<T>? Attempt(out VectorIndexUnavailableException? fault)
    {
        lock (_lock)
        {
            fault = _fault;
            if (_attempt is null or { IsCompleted: true })
            {
                if (_fault is not null && time.GetElapsedTime(_failedAt) < pause)
                {
                    return null;
                }

                _attempt = Task.Run(MakeAsync);
            }

            return _attempt;
        }
    }

    private async Task<T> MakeAsync()
    {
        try
        {
            return _made = await make();
        }
        catch (VectorIndexUnavailableException e)
        {
            lock (_lock)
            {
                _fault = e;
                _failedAt = time.GetTimestamp();
            }

            throw;
        }
    }
}
