using Microsoft.Win32.SafeHandles;

namespace Afterimage.Entries;

/// <summary>
/// The file system calls of the store, in one place so that tests can make each of them fail. Failures are <see cref="IOException"/> and
/// <see cref="UnauthorizedAccessException"/>, told apart from bugs by <see cref="IsDiskFault"/>.
/// </summary>
internal class EntryVolume
{
    // What the runtime says of a file that does not exist; File.Exists would say so too of one that cannot be looked at.
    private static readonly DateTime NothingThere = DateTime.FromFileTimeUtc(0);

    /// <summary>Whether there is a file. One system call, where opening what is not there costs an exception. Throws as opening does where nobody can tell.</summary>
    public virtual bool Exists(string path) => File.GetLastWriteTimeUtc(path) != NothingThere;

    /// <summary>The handle survives replacing and deleting the file.</summary>
    public virtual SafeFileHandle OpenRead(string path) =>
        File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    /// <summary>Creates a new file and holds its advisory lock, so that another process can tell a write under way from a leftover.</summary>
    public virtual SafeFileHandle Create(string path) => File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);

    /// <summary>Shared between processes: packs are appended to by one, read and marked by all.</summary>
    public virtual SafeFileHandle OpenReadWrite(string path, bool create) =>
        File.OpenHandle(path, create ? FileMode.CreateNew : FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

    public virtual void SetLength(SafeFileHandle handle, long length) => RandomAccess.SetLength(handle, length);

    public virtual long LengthOf(SafeFileHandle handle) => RandomAccess.GetLength(handle);

    public virtual int Read(SafeFileHandle handle, Span<byte> destination, long offset) => RandomAccess.Read(handle, destination, offset);

    public virtual void Write(SafeFileHandle handle, IReadOnlyList<ReadOnlyMemory<byte>> parts, long offset) =>
        RandomAccess.Write(handle, parts, offset);

    public virtual void Flush(SafeFileHandle handle) => RandomAccess.FlushToDisk(handle);

    /// <summary>Atomically replaces <paramref name="to"/>; both are on one volume.</summary>
    public virtual void Move(string from, string to) => File.Move(from, to, overwrite: true);

    public virtual void Delete(string path) => File.Delete(path);

    public virtual void CreateFolder(string path) => Directory.CreateDirectory(path);

    /// <summary>Paths of all entry files below a folder.</summary>
    public virtual IEnumerable<string> FilesUnder(string folder) =>
        Directory.EnumerateFiles(folder, "*" + EntryFolder.Extension, SearchOption.AllDirectories);

    /// <summary>Bytes the volume still gives to this process.</summary>
    public virtual long FreeBytes(string path) => new DriveInfo(path).AvailableFreeSpace;

    public static bool IsDiskFault(Exception exception) => exception is IOException or UnauthorizedAccessException;

    /// <summary>ENOSPC and EDQUOT of Linux and macOS, ERROR_DISK_FULL and ERROR_HANDLE_DISK_FULL of Windows.</summary>
    public static bool IsDiskFull(Exception exception) =>
        exception is IOException && (exception.HResult & 0xFFFF) is 28 or 122 or 69 or 112 or 39;
}
