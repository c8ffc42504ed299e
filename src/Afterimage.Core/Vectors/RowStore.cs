using System.Runtime.CompilerServices;
using Afterimage.Vectors.Kernels;

namespace Afterimage.Vectors;

/// <summary>
/// All rows of an index, in chunks: a row number is valid until the row is released, and a released row is handed out again only after every search
/// that may know it has ended (<see cref="ReadEpochs"/>). A chunk that was emptied on purpose (<see cref="Close"/>) gives its memory back.
/// </summary>
internal sealed unsafe class RowStore(int rowBytes)
{
    /// <summary>Rows of a chunk.</summary>
    public const int ChunkRows = 1 << ChunkBits;

    private const int ChunkBits = 10;
    private const int ChunkMask = ChunkRows - 1;

    private readonly List<RowChunk> _withFree = [];
    private RowChunk?[] _chunks = [];

    /// <summary>One more than the largest row number there is room for.</summary>
    public int End => _chunks.Length * ChunkRows;

    /// <summary>Rows without a vector in chunks that can take one.</summary>
    public int Free { get; private set; }

    /// <summary>Private bytes held.</summary>
    public long Bytes => (long)_chunks.Count(c => c is not null) * RowChunk.Bytes(ChunkRows, rowBytes);

    /// <summary>A row for writing; not visible to anyone until it is linked somewhere.</summary>
    public int Allocate()
    {
        if (_withFree.Count == 0)
        {
            Grow();
        }

        RowChunk chunk = _withFree[^1];
        Free--;
        int row = (chunk.Number << ChunkBits) | chunk.Take();
        if (chunk.Free == 0)
        {
            _withFree.RemoveAt(_withFree.Count - 1);
        }

        return row;
    }

    /// <summary>Gives a row back that no reader can know.</summary>
    public void Release(int row)
    {
        RowChunk chunk = Chunk(row);
        chunk.Give(row & ChunkMask);
        if (chunk.Closing)
        {
            if (chunk.Free == ChunkRows)
            {
                _chunks[chunk.Number] = null;
            }

            return;
        }

        Free++;
        if (chunk.Free == 1)
        {
            _withFree.Add(chunk);
        }
    }

    /// <summary>
    /// Stops giving out rows of the emptiest chunk, so that its memory goes once the rows in it have moved elsewhere. Returns its first row, or -1 where
    /// no chunk is so empty that moving pays.
    /// </summary>
    public int Close()
    {
        RowChunk? emptiest = _withFree.MaxBy(c => c.Free);
        if (emptiest is null || emptiest.Free < ChunkRows / 4 || Free - emptiest.Free < ChunkRows)
        {
            return -1;
        }

        emptiest.Closing = true;
        Free -= emptiest.Free;
        _withFree.Remove(emptiest);
        if (emptiest.Free == ChunkRows)
        {
            _chunks[emptiest.Number] = null;
        }

        return emptiest.Number << ChunkBits;
    }

    /// <summary>Whether there is a chunk behind a row number.</summary>
    public bool Has(int row) => _chunks[row >> ChunkBits] is not null;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Codes(int row) => Chunk(row).Codes + ((long)(row & ChunkMask) * rowBytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref RowScale Scale(int row) => ref Chunk(row).Scales[row & ChunkMask];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref RowInfo Info(int row) => ref Chunk(row).Infos[row & ChunkMask];

    public Span<byte> CodeSpan(int row) => new(Codes(row), rowBytes);

    /// <summary>Whether two rows' codes say the same, scale included.</summary>
    public bool HaveSameCodes(int one, int other) => Scale(one) == Scale(other) && CodeSpan(one).SequenceEqual(CodeSpan(other));

    private void Grow()
    {
        int number = Array.IndexOf(_chunks, null);
        if (number < 0)
        {
            number = _chunks.Length;
            Volatile.Write(ref _chunks, [.. _chunks, null]);
        }

        var chunk = new RowChunk(number, ChunkRows, rowBytes);
        Volatile.Write(ref _chunks[number], chunk);
        _withFree.Add(chunk);
        Free += ChunkRows;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private RowChunk Chunk(int row) => Volatile.Read(ref _chunks)[row >> ChunkBits]!;
}
