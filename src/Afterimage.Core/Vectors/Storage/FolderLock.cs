namespace Afterimage.Vectors.Storage;

/// <summary>Keeps two processes, or two indexes of one process, out of the same folder. The operating system frees it when the process dies.</summary>
internal sealed class FolderLock : IDisposable
{
    private readonly FileStream _file;

    private FolderLock(FileStream file) => _file = file;

    /// <summary>Takes the lock or throws <see cref="VectorIndexUnavailableException"/>.</summary>
    public static FolderLock Take(string folder)
    {
        string path = Path.Combine(folder, "lock");
        try
        {
            return new FolderLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException e)
        {
            throw new VectorIndexUnavailableException($"The index folder {folder} is in use by another process.", e);
        }
    }

    public void Dispose() => _file.Dispose();
}
