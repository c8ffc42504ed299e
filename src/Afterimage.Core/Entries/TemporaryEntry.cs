using Microsoft.Win32.SafeHandles;

namespace Afterimage.Entries;

/// <summary>
/// A file written under a temporary name. Its handle, and with it the advisory lock, is held until it has its final name, so that a process that starts
/// meanwhile does not take it for a leftover. Disposing without <see cref="Publish"/> removes it.
/// </summary>
internal sealed class TemporaryEntry(EntryVolume volume, string path, SafeFileHandle handle) : IDisposable
{
    private bool _published;

    /// <summary>Writes the parts from the beginning of the file.</summary>
    public void Write(IReadOnlyList<ReadOnlyMemory<byte>> parts, bool flush)
    {
        volume.Write(handle, parts, 0);
        if (flush)
        {
            Flush();
        }
    }

    /// <summary>Forces what was written to the disk.</summary>
    public void Flush() => volume.Flush(handle);

    /// <summary>Gives the file its name, replacing what was there in one step; makes the folder where it is missing.</summary>
    public void Publish(string destination)
    {
        try
        {
            volume.Move(path, destination);
        }
        catch (Exception e) when (e is DirectoryNotFoundException or FileNotFoundException)
        {
            // The one for the other where another writer makes the same folder just now: the runtime looks for the reason only after the rename has failed.
            volume.CreateFolder(Path.GetDirectoryName(destination)!);
            volume.Move(path, destination);
        }

        _published = true;

        // Before the caller lets readers in: the lock would turn them away.
        handle.Dispose();
    }

    public void Dispose()
    {
        if (!_published)
        {
            try
            {
                volume.Delete(path);
            }
            catch (Exception e) when (EntryVolume.IsDiskFault(e))
            {
                // Removed at the next start.
                EntryMeters.CountDiskFault("discard");
            }
        }

        handle.Dispose();
    }
}
