namespace Afterimage.Vectors.Storage;

/// <summary>Files that appear whole or not at all: written under a temporary name, flushed, renamed, and the name flushed too.</summary>
internal static class AtomicFile
{
    /// <summary>Ends the names of files that are not finished; they are deleted at the next opening.</summary>
    public const string TemporaryExtension = ".new";

    /// <summary>Throws <see cref="IOException"/> where the disk refuses; nothing is left of the attempt then but, at worst, the finished file.</summary>
    public static void Write(string path, Action<FileStream> write)
    {
        string temporary = path + TemporaryExtension;
        try
        {
            using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None, 1))
            {
                write(file);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            // On a full disk a half-written file would keep the space that everyone else waits for.
            File.Delete(temporary);
            throw;
        }

        DurableFolders.Flush(Path.GetDirectoryName(path)!);
    }
}
