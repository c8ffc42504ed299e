namespace Afterimage.Bench.Index;

/// <summary>What the parts of <c>index</c> leave for one another: vectors, truths, built indexes, figures. In <c>artifacts/</c>, which git ignores.</summary>
internal static class BenchFiles
{
    public static string Folder { get; } = Directory.CreateDirectory(Path.Combine(BenchPaths.Root, "artifacts", "bench-index")).FullName;

    public static string Of(string name) => Path.Combine(Folder, name);

    /// <summary>Makes a file once, whole or not at all.</summary>
    public static string Make(string name, Action<string> write)
    {
        string path = Of(name);
        if (!File.Exists(path))
        {
            write(path + ".new");
            File.Move(path + ".new", path, overwrite: true);
        }

        return path;
    }
}
