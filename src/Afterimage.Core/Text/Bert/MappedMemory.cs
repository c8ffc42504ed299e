using System.IO.MemoryMappedFiles;

namespace Afterimage.Text.Bert;

/// <summary>A mapped file as a pointer; unmapped when disposed or forgotten.</summary>
internal sealed unsafe class MappedMemory : IDisposable
{
    private readonly MemoryMappedViewAccessor _view;

    public MappedMemory(MemoryMappedFile mapping, long bytes, MemoryMappedFileAccess access)
    {
        _view = mapping.CreateViewAccessor(0, bytes, access);
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        Start = start + _view.PointerOffset;
    }

    public byte* Start { get; }

    public void Flush() => _view.Flush();

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
    }
}
