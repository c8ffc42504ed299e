namespace Afterimage.Bench;

/// <summary>Where the benchmark's own files are in the checkout.</summary>
internal static class BenchPaths
{
    /// <summary><c>bench/peers</c>.</summary>
    public static string Peers => Path.Combine(Root, "bench", "peers");

    /// <summary>The folder that holds <c>Afterimage.slnx</c>.</summary>
    public static string Root { get; } = FindRoot();

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Afterimage.slnx")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("run the benchmarks from a checkout");
    }
}
