namespace Afterimage.Tests.Entries;

/// <summary>What a folder holds of an entry store.</summary>
internal static class EntriesOnDisk
{
    public static string[] EntryFiles(this TemporaryFolder folder) =>
        Directory.Exists(folder.Path) ? Directory.GetFiles(folder.Path, "*.entry", SearchOption.AllDirectories) : [];

    /// <summary>Bytes of every entry, as the disk says.</summary>
    public static long EntryBytes(this TemporaryFolder folder) => folder.EntryFiles().Sum(file => new FileInfo(file).Length);
}
