using System.Runtime.InteropServices;

namespace Afterimage.Text.Bert.Kernels;

/// <summary>Zeroed memory outside the managed heap, aligned to cache lines; freed when disposed or forgotten.</summary>
internal sealed unsafe class NativeBuffer : IDisposable
{
    private const nuint Alignment = 64;

    private void* _start;

    public NativeBuffer(long bytes)
    {
        Length = bytes;
        _start = NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 1), Alignment);
        NativeMemory.Clear(_start, (nuint)bytes);
    }

    ~NativeBuffer() => Free();

    public long Length { get; }

    public byte* Start => (byte*)_start;

    public float* Floats => (float*)_start;

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(_start);
        _start = null;
    }
}
