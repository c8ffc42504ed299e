using System.Runtime.CompilerServices;

namespace Afterimage.Vectors;

/// <summary>A partition's few bytes. Small partitions are a chain through their rows; a large one has an object of its own.</summary>
internal struct PartitionHead
{
    public Hash256 Key;
    public int Count;

    /// <summary>First row of the chain, or -1.</summary>
    public int First;

    /// <summary>Where set, the truth instead of the chain.</summary>
    public LargePartition? Large;
}

/// <summary>Partitions by key, in numbered structs of 48 bytes.</summary>
internal sealed class PartitionTable : IKeys
{
    private const int ChunkBits = 8;

    private readonly KeyTable<PartitionTable> _numbers;
    private readonly Stack<int> _free = new();
    private PartitionHead[][] _chunks = [];
    private int _end;

    public PartitionTable() => _numbers = new KeyTable<PartitionTable>(this);

    public int Count => _numbers.Count;

    public long Bytes => _numbers.Bytes + ((long)_chunks.Length * Unsafe.SizeOf<PartitionHead>() << ChunkBits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref PartitionHead At(int number) => ref Volatile.Read(ref _chunks)[number >> ChunkBits][number & ((1 << ChunkBits) - 1)];

    ref readonly Hash256 IKeys.KeyOf(int number) => ref At(number).Key;

    /// <summary>The partition's number, or -1. Safe beside the writer.</summary>
    public int Find(in Hash256 key) => _numbers.Find(key);

    public int FindOrAdd(in Hash256 key)
    {
        int number = _numbers.Find(key);
        if (number >= 0)
        {
            return number;
        }

        if (!_free.TryPop(out number))
        {
            if (_end >> ChunkBits == _chunks.Length)
            {
                Volatile.Write(ref _chunks, [.. _chunks, new PartitionHead[1 << ChunkBits]]);
            }

            number = _end++;
        }

        At(number) = new PartitionHead { Key = key, First = -1 };
        _numbers.Add(number);
        return number;
    }

    /// <summary>Takes an empty partition out; its number is released later, when no reader knows it.</summary>
    public void Drop(int number) => _numbers.Remove(number);

    public void Release(int number)
    {
        At(number) = default;
        _free.Push(number);
    }
}
