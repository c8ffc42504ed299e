namespace Afterimage.Vectors.Storage;

/// <summary>Files that appear whole or not at all: written under a temporary name, flushed, renamed.</summary>
internal static class AtomicFile
{
    /// <summary>Ends the names of files that are not finished; they are deleted at the next opening.</summary>
    public const string TemporaryExtension = ".new";

    public static void Write(string path, Action<FileStream> write)
    {
        string temporary = path + TemporaryExtension;
        using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None, 1))
        {
            write(file);
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }
}
