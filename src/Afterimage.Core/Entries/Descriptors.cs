namespace Afterimage.Entries;

/// <summary>
/// How many files and connections the process may have open at the same time, and who may have how many of them. A process that has run out of them is
/// soon ended by its runtime, which says "Out of memory." (seen with 1,200 clients of a process that may have 1,024). So each part keeps to its share, and clients get
/// what the others leave.
/// </summary>
public static class Descriptors
{
    // Libraries (some 190), logs, the index, a database, a bucket.
    private const int OwnMax = 320;
    private const int MemoryFilesMax = 4_096;

    /// <summary>The system's bound; <see cref="int.MaxValue"/> where there is none, 0 where it is not known.</summary>
    public static int Max { get; } = Read();

    /// <summary>Files without a name for what is in memory; 0 where the bound is not known.</summary>
    internal static int ForMemory { get; } = MemoryShare(Max);

    /// <summary>Open files that a store may keep, of at most <paramref name="most"/>. A store beside it has as many.</summary>
    internal static int ForStore(int most) => StoreShare(Max, most);

    /// <summary>Connections of clients; null where nothing is known that bounds them.</summary>
    /// <param name="originMax">Connections to the origin that are needed beside them: at most one for each of theirs. 0 for no bound.</param>
    public static int? ForClients(int originMax) => ForClients(Max, originMax);

    /// <summary>The same for a process that may have <paramref name="max"/> open.</summary>
    internal static int? ForClients(int max, int originMax)
    {
        if (max is 0 or int.MaxValue)
        {
            return null;
        }

        int rest = max - Math.Min(OwnMax, max / 2) - MemoryShare(max) - (2 * StoreShare(max, FileEntryStoreOptions.OpenFilesMaxDefault));
        return Math.Max(1, rest - Math.Min(originMax > 0 ? originMax : int.MaxValue, rest / 2));
    }

    private static int MemoryShare(int max) => Math.Min(MemoryFilesMax, max / 8);

    private static int StoreShare(int max, int most) => max > 0 ? Math.Min(most, max / 8) : most;

    private static int Read()
    {
        try
        {
            string line = File.ReadLines("/proc/self/limits").First(l => l.StartsWith("Max open files", StringComparison.Ordinal));
            return int.TryParse(line.AsSpan(14).Trim().ToString().Split(' ')[0], out int soft) ? soft : int.MaxValue;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            return 0;
        }
    }
}
