namespace Afterimage.Entries;

/// <summary>
/// Walks a store's folders after the start and hands every entry name to the store. Several workers, a first-level folder each at a time; the order of the
/// walk does not matter, because entries that are asked for before are looked up directly.
/// </summary>
internal sealed class FolderReadBack(EntryFolder folder, Action<Hash256> adopt)
{
    private const int WorkersMax = 4;

    private int _done;
    private int _total = -1;

    /// <summary>0 to 1.</summary>
    public double Progress => _total < 0 ? 0 : _total == 0 ? 1 : Math.Min(1, (double)Volatile.Read(ref _done) / _total);

    public void Run(CancellationToken cancellationToken)
    {
        if (!Directory.Exists(folder.Root))
        {
            _total = 0;
            return;
        }

        string[] shelves = [.. Directory.EnumerateDirectories(folder.Root).Where(path => IsHex(Path.GetFileName(path.AsSpan())))];
        _total = shelves.Length;
        int next = -1;
        void Work()
        {
            for (int i; (i = Interlocked.Increment(ref next)) < shelves.Length && !cancellationToken.IsCancellationRequested;)
            {
                Walk(shelves[i], cancellationToken);
            }
        }

        // Threads of their own: they compute and wait for the disk as long as there are folders, and the pool, which first hits after the start depend on, has a
        // thread per core and gets a further one only twice a second.
        Task[] workers = [.. Enumerable.Range(0, Math.Min(WorkersMax, Environment.ProcessorCount))
            .Select(_ => Task.Factory.StartNew(Work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
        Task.WaitAll(workers, CancellationToken.None);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private void Walk(string shelf, CancellationToken cancellationToken)
    {
        try
        {
            foreach (string path in folder.Volume.FilesUnder(shelf))
            {
                if (cancellationToken.IsCancellationRequested)
                {
                    return;
                }

                ReadOnlySpan<char> name = Path.GetFileNameWithoutExtension(path.AsSpan());

                // A name that is not an entry's, or in a folder that its name does not lead to, is not ours to touch.
                if (Hash256.TryParseHex(name, out Hash256 key) && folder.PathOf(key) == path)
                {
                    adopt(key);
                }
                else
                {
                    EntryMeters.CountFault(EntryFault.Misplaced);
                }
            }
        }
        catch (Exception e) when (EntryVolume.IsDiskFault(e))
        {
            EntryMeters.CountDiskFault("read back");
        }
        finally
        {
            Interlocked.Increment(ref _done);
        }
    }

    private static bool IsHex(ReadOnlySpan<char> name) => name.Length == 2 && char.IsAsciiHexDigitLower(name[0]) && char.IsAsciiHexDigitLower(name[1]);
}
