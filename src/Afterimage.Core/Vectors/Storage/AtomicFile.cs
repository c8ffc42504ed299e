using Microsoft.Win32.SafeHandles;

namespace Afterimage.Vectors.Storage;

/// <summary>Files that appear whole or not at all: written under a temporary name, flushed, renamed.</summary>
internal static class AtomicFile
{
    /// <summary>Ends the names of files that are not finished; they are deleted at the next opening.</summary>
    public const string TemporaryExtension = ".new";

    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        string temporary = path + TemporaryExtension;
        using (SafeFileHandle handle = File.OpenHandle(temporary, FileMode.Create, FileAccess.Write))
        {
            RandomAccess.Write(handle, content, 0);
            RandomAccess.FlushToDisk(handle);
        }

        File.Move(temporary, path, overwrite: true);
    }
}
