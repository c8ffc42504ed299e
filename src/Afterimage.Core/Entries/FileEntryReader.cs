using Microsoft.Win32.SafeHandles;

namespace Afterimage.Entries;

/// <summary>
/// One reader of an entry file. Its own object (48 bytes) rather than the shared file, so that disposing twice is harmless. Reads complete
/// synchronously: from the page cache that is the fastest way, and straight into the caller's memory.
/// </summary>
internal sealed class FileEntryReader(EntryFile file, FileEntryStore store) : OpenEntry
{
    private EntryFile? _file = file;

    public override EntryHeader Header { get; } = file.Header;

    public override (SafeFileHandle Handle, long Offset)? File => Opened.Part;

    public override object? Prepared
    {
        get => Volatile.Read(ref Opened.Prepared);
        set => Volatile.Write(ref Opened.Prepared, value);
    }

    private EntryFile Opened => _file ?? throw new ObjectDisposedException(nameof(FileEntryReader));

    public override ValueTask<int> ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        try
        {
            return ValueTask.FromResult(Opened.Read(offset, destination.Span));
        }
        catch (IOException)
        {
            Distrust();
            throw;
        }
    }

    public override void Distrust() => store.Distrust(Opened);

    public override void Dispose() => Interlocked.Exchange(ref _file, null)?.Release();
}
