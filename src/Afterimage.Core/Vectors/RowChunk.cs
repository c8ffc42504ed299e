using System.Runtime.CompilerServices;
using Afterimage.Vectors.Kernels;

namespace Afterimage.Vectors;

/// <summary>A block of rows. The codes are pinned, so kernels work with addresses, and garbage-collected, so no reader can outlive them.</summary>
internal sealed unsafe class RowChunk
{
    private readonly byte[] _memory;
    private readonly ushort[] _free;
    private int _fresh;
    private int _returned;

    public RowChunk(int number, int rows, int rowBytes)
    {
        Number = number;
        _memory = GC.AllocateUninitializedArray<byte>((rows * rowBytes) + DotKernel.Step, pinned: true);
        nint start = (nint)Unsafe.AsPointer(ref _memory[0]);
        Codes = (byte*)((start + DotKernel.Step - 1) / DotKernel.Step * DotKernel.Step);
        Scales = new RowScale[rows];
        Infos = new RowInfo[rows];
        _free = new ushort[rows];
    }

    /// <summary>Private bytes of a chunk.</summary>
    public static long Bytes(int rows, int rowBytes) => DotKernel.Step + ((long)rows * (rowBytes + sizeof(RowScale) + sizeof(RowInfo) + sizeof(ushort)));

    public int Number { get; }

    public byte* Codes { get; }

    public RowScale[] Scales { get; }

    public RowInfo[] Infos { get; }

    /// <summary>Rows that can be taken.</summary>
    public int Free => _returned + Infos.Length - _fresh;

    /// <summary>No row is given out any more; the chunk goes when the last one is back.</summary>
    public bool Closing { get; set; }

    /// <summary>Takes a row, those that were never used in order, so that rows added one after the other lie one after the other.</summary>
    public int Take() => _fresh < Infos.Length ? _fresh++ : _free[--_returned];

    public void Give(int row) => _free[_returned++] = (ushort)row;
}
