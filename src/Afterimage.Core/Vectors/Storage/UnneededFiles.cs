using System.Collections.Concurrent;

namespace Afterimage.Vectors.Storage;

/// <summary>
/// Files of the log that are to be deleted, oldest first and each for good before the next: what an older segment adds may have been removed by a later
/// one, and must not outlive it.
/// </summary>
internal sealed class UnneededFiles(string folder)
{
    private readonly ConcurrentQueue<string> _paths = new();

    public void Add(string path) => _paths.Enqueue(path);

    /// <summary>Deletes them; throws <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/> where the disk refuses one, and the rest waits. One thread at a time.</summary>
    public void Delete()
    {
        while (_paths.TryPeek(out string? path))
        {
            File.Delete(path);
            DurableFolders.Flush(folder);
            _paths.TryDequeue(out _);
        }
    }
}
