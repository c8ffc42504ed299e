using System.Runtime.CompilerServices;
using Afterimage.Vectors.Kernels;

namespace Afterimage.Vectors;

/// <summary>What is known of a row beside its codes. Written under the writer lock before the row is published, or as single atomic words after.</summary>
internal struct RowInfo
{
    public Hash256 Entry;
    public long Seed;
    public int Partition;

    /// <summary>Where the exact vector stands in the log.</summary>
    public uint Place;

    /// <summary>Number of the backfill batch, 0 for none.</summary>
    public int Batch;

    /// <summary>The next row of a small partition; meaningless in a large one.</summary>
    public int Next;

    /// <summary>Position in the row list of a large partition.</summary>
    public int Position;

    /// <summary>Neighbours in the list of rows with the same seed, in a large partition.</summary>
    public int NextOfSeed;
    public int PreviousOfSeed;

    /// <summary>The graph node that stands for the row, or -1; and the next row of the same node.</summary>
    public int Node;
    public int NextOfNode;

    public bool HasSeed;
    public bool Live;
}

/// <summary>A block of rows. Arrays are pinned, so kernels work with addresses, and garbage-collected, so no reader can outlive them.</summary>
internal sealed unsafe class RowChunk
{
    private readonly byte[] _memory;

    public RowChunk(int rows, int rowBytes)
    {
        _memory = GC.AllocateUninitializedArray<byte>((rows * rowBytes) + DotKernel.Step, pinned: true);
        nint start = (nint)Unsafe.AsPointer(ref _memory[0]);
        Codes = (byte*)((start + DotKernel.Step - 1) / DotKernel.Step * DotKernel.Step);
        Scales = new RowScale[rows];
        Infos = new RowInfo[rows];
    }

    public byte* Codes { get; }

    public RowScale[] Scales { get; }

    public RowInfo[] Infos { get; }
}

/// <summary>
/// All rows of an index, in chunks that never move: a row number is valid until the row is released, and a released row is handed out again only
/// after every search that may know it has ended (<see cref="ReadEpochs"/>).
/// </summary>
internal sealed unsafe class RowStore(int rowBytes)
{
    private const int ChunkBits = 10;
    private const int ChunkRows = 1 << ChunkBits;
    private const int ChunkMask = ChunkRows - 1;

    private readonly Stack<int> _free = new();
    private RowChunk[] _chunks = [];

    /// <summary>One more than the largest row number in use so far.</summary>
    public int End { get; private set; }

    /// <summary>Private bytes held.</summary>
    public long Bytes => (long)_chunks.Length * ChunkRows * (rowBytes + sizeof(RowScale) + sizeof(RowInfo));

    /// <summary>A row for writing; not visible to anyone until it is linked somewhere.</summary>
    public int Allocate()
    {
        if (_free.TryPop(out int row))
        {
            return row;
        }

        if (End >> ChunkBits == _chunks.Length)
        {
            Volatile.Write(ref _chunks, [.. _chunks, new RowChunk(ChunkRows, rowBytes)]);
        }

        return End++;
    }

    /// <summary>Gives a row back that no reader can know.</summary>
    public void Release(int row) => _free.Push(row);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Codes(int row) => Chunk(row).Codes + ((long)(row & ChunkMask) * rowBytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref RowScale Scale(int row) => ref Chunk(row).Scales[row & ChunkMask];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref RowInfo Info(int row) => ref Chunk(row).Infos[row & ChunkMask];

    public Span<byte> CodeSpan(int row) => new(Codes(row), rowBytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private RowChunk Chunk(int row) => Volatile.Read(ref _chunks)[row >> ChunkBits];
}
