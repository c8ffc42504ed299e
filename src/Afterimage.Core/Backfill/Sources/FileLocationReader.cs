using Afterimage.Entries;
using Microsoft.Win32.SafeHandles;

namespace Afterimage.Backfill.Sources;

/// <summary>Reads <c>file:///...</c> locations: regular files only, through no symbolic link at the end of the path.</summary>
public sealed class FileLocationReader : ILocationReader
{
    public async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(string location, long lengthMax, CancellationToken cancellationToken)
    {
        if (FileLocation.PathOf(location) is not { } path)
        {
            return null;
        }

        try
        {
            // Pipes and devices have no length; opening one could wait for ever.
            var file = new FileInfo(path);
            if (!file.Exists || file.Length == 0 || file.Length > Math.Min(lengthMax, Array.MaxLength) || (file.Attributes & (FileAttributes.ReparsePoint | FileAttributes.Device)) != 0)
            {
                return null;
            }

            using SafeFileHandle handle = File.OpenHandle(file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.Asynchronous);
            var bytes = new byte[file.Length];
            int read = 0;
            while (read < bytes.Length)
            {
                int more = await RandomAccess.ReadAsync(handle, bytes.AsMemory(read), read, cancellationToken);
                if (more == 0)
                {
                    return null;
                }

                read += more;
            }

            return bytes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
