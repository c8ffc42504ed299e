namespace Afterimage.Tests;

/// <summary>A folder of a test's own, removed with everything in it.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("afterimage-test-").FullName;

    /// <summary>What a process that is killed now leaves of a folder of indexes.</summary>
    public static TemporaryFolder CopyOf(string folder)
    {
        var copy = new TemporaryFolder();
        foreach (string inner in Directory.GetDirectories(folder))
        {
            string target = Directory.CreateDirectory(System.IO.Path.Combine(copy.Path, System.IO.Path.GetFileName(inner))).FullName;
            foreach (string file in Directory.GetFiles(inner).Where(f => System.IO.Path.GetFileName(f) != "lock"))
            {
                using var from = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                using var to = new FileStream(System.IO.Path.Combine(target, System.IO.Path.GetFileName(file)), FileMode.CreateNew);
                from.CopyTo(to);
            }
        }

        return copy;
    }

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // A test removed it already.
        }
    }
}
