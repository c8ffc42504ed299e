using System.Collections.Concurrent;
using Afterimage.Entries;

namespace Afterimage.Cloud.S3;

/// <summary>
/// Lookups of one key at the same time are one. It is not cancelled with those who wait for it: the others, and the store that keeps what it finds, want it. Thread-safe.
/// </summary>
internal sealed class SharedLookups
{
    private readonly ConcurrentDictionary<Hash256, Task<OpenEntry?>> _underWay = new();

    /// <summary>
    /// What the lookup under way finds, or the one that begins here; null where it was cancelled. It must find an entry that is in memory: many read it, and none disposes of it.
    /// </summary>
    public Task<OpenEntry?> FindAsync(Hash256 key, Func<Task<OpenEntry?>> look)
    {
        var source = new TaskCompletionSource<OpenEntry?>(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<OpenEntry?> lookup = _underWay.GetOrAdd(key, source.Task);
        if (lookup == source.Task)
        {
            _ = CompleteAsync(key, source, look);
        }

        return lookup;
    }

    private async Task CompleteAsync(Hash256 key, TaskCompletionSource<OpenEntry?> source, Func<Task<OpenEntry?>> look)
    {
        try
        {
            source.SetResult(await look());
        }
        catch (OperationCanceledException)
        {
            source.SetResult(null);
        }
        catch (Exception e)
        {
            // A bug: everyone who waits shall see it rather than wait for ever.
            source.SetException(e);
        }
        finally
        {
            _underWay.TryRemove(KeyValuePair.Create(key, source.Task));
        }
    }
}
