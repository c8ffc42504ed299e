using System.Runtime.InteropServices;

namespace Afterimage.Vectors.Storage;

/// <summary>
/// Makes the names of files survive the death of the machine: flushing a file keeps its content, but POSIX promises its name only once the folder was
/// flushed too. .NET opens no folders, so the C library is asked. On Windows the file system's journal keeps names.
/// </summary>
internal static partial class DurableFolders
{
    private const int InvalidArgument = 22;

    /// <summary>Makes a folder and those above it that are missing.</summary>
    public static void Create(string path)
    {
        string full = Path.GetFullPath(path);
        if (Directory.Exists(full))
        {
            return;
        }

        string? parent = Path.GetDirectoryName(full);
        if (parent is not null)
        {
            Create(parent);
        }

        Directory.CreateDirectory(full);
        if (parent is not null)
        {
            Flush(parent);
        }
    }

    /// <summary>Returns when every name made, changed or deleted in the folder before is on disk; throws <see cref="IOException"/> where the disk refuses.</summary>
    public static void Flush(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        int descriptor = OpenForReading(path, 0);
        if (descriptor < 0)
        {
            throw Failure(path);
        }

        try
        {
            // Some file systems cannot flush a folder and say that the argument is wrong.
            if (FlushDescriptor(descriptor) != 0 && Marshal.GetLastPInvokeError() != InvalidArgument)
            {
                throw Failure(path);
            }
        }
        finally
        {
            _ = CloseDescriptor(descriptor);
        }
    }

    private static IOException Failure(string path) =>
        new($"The folder {path} cannot be flushed: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenForReading(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FlushDescriptor(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseDescriptor(int descriptor);
}
