using System.Text;

namespace Afterimage.Vectors.Storage;

/// <summary>The folder of one space. Keeps two processes, or two indexes of one process, out of it; the operating system frees it when the process dies.</summary>
internal sealed class IndexFolder : IDisposable
{
    private readonly FileStream _lock;

    private IndexFolder(string path, FileStream @lock)
    {
        Path = path;
        _lock = @lock;
    }

    public string Path { get; }

    /// <inheritdoc cref="VectorIndex.FolderOf"/>
    public static string PathOf(string folder, string spaceId)
    {
        ArgumentException.ThrowIfNullOrEmpty(spaceId);
        var name = new StringBuilder();
        foreach (byte c in Encoding.UTF8.GetBytes(spaceId))
        {
            bool plain = char.IsAsciiLetterOrDigit((char)c) || "_@+-".Contains((char)c) || (c == '.' && name.Length > 0);
            name.Append(plain ? ((char)c).ToString() : $"%{c:X2}");
        }

        return System.IO.Path.Combine(folder, name.ToString());
    }

    /// <summary>Makes the folder where there is none, takes it, and deletes what a crash left unfinished. Throws <see cref="VectorIndexUnavailableException"/>
    /// where another has it, <see cref="IOException"/> where the disk refuses.</summary>
    public static IndexFolder Take(string path)
    {
        DurableFolders.Create(path);
        string name = System.IO.Path.Combine(path, "lock");
        IndexFolder taken;
        try
        {
            taken = new IndexFolder(path, new FileStream(name, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException e) when (File.Exists(name))
        {
            throw new VectorIndexUnavailableException($"The index folder {path} is in use by another process: {e.Message}", e);
        }

        foreach (string unfinished in Directory.GetFiles(path, "*" + AtomicFile.TemporaryExtension))
        {
            File.Delete(unfinished);
        }

        return taken;
    }

    public void Dispose() => _lock.Dispose();
}
