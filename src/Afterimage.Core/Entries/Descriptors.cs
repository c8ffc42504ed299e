namespace Afterimage.Entries;

/// <summary>How many files and connections the process may have open at the same time. What only saves work must leave room for those.</summary>
internal static class Descriptors
{
    /// <summary>The system's bound; <see cref="int.MaxValue"/> where there is none, 0 where it is not known.</summary>
    public static int Max { get; } = Read();

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
