namespace Afterimage.Tests.Entries;

/// <summary>A folder of its own, removed with everything in it.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("afterimage-entries-").FullName;

    public string[] EntryFiles() => Directory.Exists(Path) ? Directory.GetFiles(Path, "*.entry", SearchOption.AllDirectories) : [];

    /// <summary>Bytes of every entry, as the disk says.</summary>
    public long EntryBytes() => EntryFiles().Sum(file => new FileInfo(file).Length);

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
