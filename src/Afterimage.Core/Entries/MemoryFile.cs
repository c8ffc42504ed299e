using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Afterimage.Entries;

/// <summary>
/// Large content in memory that is a file without a name (<c>memfd_create(2)</c>): it goes to a socket by <c>sendfile</c>, page by page and without a copy, as one on disk does, and is
/// not in the collector's way. Linux only, and only so many at once: each takes a file descriptor. Immutable. The system takes the memory back once nobody refers to
/// <see cref="Handle"/> any more; the collector is told how much that is.
/// </summary>
internal sealed partial class MemoryFile
{
    /// <summary>Below this a copy costs less than a call of its own.</summary>
    public const int BytesMin = 32 * 1024;

    private const uint CloseOnExec = 1;

    private static int Count;

    private MemoryFile(SafeFileHandle handle, int length)
    {
        (Handle, Length) = (handle, length);
        GC.AddMemoryPressure(length);
    }

    ~MemoryFile()
    {
        GC.RemoveMemoryPressure(Length);
        Interlocked.Decrement(ref Count);
    }

    /// <summary>Stays open as long as somebody refers to it.</summary>
    public SafeFileHandle Handle { get; }

    public int Length { get; }

    /// <summary>Copies content into one; null where it is small, or the system does not give one.</summary>
    public static MemoryFile? TryCreate(ReadOnlySpan<byte> content)
    {
        if (content.Length < BytesMin || !OperatingSystem.IsLinux())
        {
            return null;
        }

        SafeFileHandle? handle = null;
        try
        {
            handle = Interlocked.Increment(ref Count) > Descriptors.ForMemory ? new SafeFileHandle() : new SafeFileHandle(Create("afterimage", CloseOnExec), ownsHandle: true);
            if (!handle.IsInvalid)
            {
                RandomAccess.Write(handle, content, 0);
                return new MemoryFile(handle, content.Length);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or EntryPointNotFoundException)
        {
            // No descriptors, no memory for files, or a sandbox without the call: an array does as well.
        }

        handle?.Dispose();
        Interlocked.Decrement(ref Count);
        return null;
    }

    [LibraryImport("libc", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Create(string name, uint flags);
}
