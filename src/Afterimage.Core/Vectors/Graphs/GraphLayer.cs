using System.Runtime.CompilerServices;

namespace Afterimage.Vectors.Graphs;

/// <summary>
/// One layer of a graph: numbered nodes, each with a row and a fixed number of links. Arrays grow by chunks that never move. One thread changes it;
/// searches read beside it: each link is one word and always names a node that is there, so a list that is being rewritten is at worst a worse list.
/// </summary>
internal sealed class GraphLayer(int degree, GraphLayer? baseLayer)
{
    /// <summary>Marks the end of a list of links that is not full.</summary>
    public const int None = -1;

    private const int ChunkBits = 8;
    private const int ChunkNodes = 1 << ChunkBits;
    private const int ChunkMask = ChunkNodes - 1;

    private readonly Lock _numbers = new();
    private readonly Stack<int> _free = new();
    private Chunk[] _chunks = [];
    private int _end;

    /// <summary>Whether this is layer 0, which knows rows.</summary>
    public bool IsBase => baseLayer is null;

    /// <summary>Links per node at most.</summary>
    public int Degree => degree;

    /// <summary>One more than the largest node number in use so far.</summary>
    public int End => Volatile.Read(ref _end);

    /// <summary>Nodes in use, dead ones included.</summary>
    public int Count => _end - _free.Count;

    public long Bytes => (long)_chunks.Length * ChunkNodes * (sizeof(bool) + (sizeof(int) * (degree + (baseLayer is null ? 1 : 2))));

    /// <summary>The row whose codes stand for the node. Only layer 0 knows rows; the others ask it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Row(int node)
    {
        int value = Volatile.Read(ref ChunkOf(node).Values[node & ChunkMask]);
        return baseLayer is null ? value : baseLayer.Row(value);
    }

    /// <summary>Changes the row of a node of layer 0.</summary>
    public void SetRow(int node, int row) => Volatile.Write(ref ChunkOf(node).Values[node & ChunkMask], row);

    /// <summary>The node of layer 0 that a node of a layer above stands for.</summary>
    public int BaseNode(int node) => baseLayer is null ? node : ChunkOf(node).Values[node & ChunkMask];

    /// <summary>The same vector's node in the layer below.</summary>
    public int Below(int node) => ChunkOf(node).Below![node & ChunkMask];

    /// <summary>Whether the number is in use and not taken out.</summary>
    public bool Has(int node)
    {
        // The mark first: it goes only after the value has gone.
        Chunk chunk = ChunkOf(node);
        return !Volatile.Read(ref chunk.TakenOut[node & ChunkMask]) && chunk.Values[node & ChunkMask] >= 0;
    }

    /// <summary>Marks a node that nothing leads to any more, until <see cref="Release"/>. Searches that began before may still be at it; nobody may link it again.</summary>
    public void TakeOut(int node) => Volatile.Write(ref ChunkOf(node).TakenOut[node & ChunkMask], true);

    /// <summary>The node's links, its parent first, <see cref="None"/> behind the last.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<int> Links(int node) => ChunkOf(node).Links.AsSpan((node & ChunkMask) * degree, degree);

    /// <summary>
    /// The node that a node was first linked with, its first link. A node and its parent always link to each other, whatever else is chosen, so that all nodes
    /// hang together in one tree and each can be reached from each: choices made one list at a time leave islands. <see cref="None"/> for a node without links.
    /// </summary>
    public int Parent(int node) => Links(node)[0];

    /// <summary>Makes room for numbers up to <paramref name="end"/>, for reading a graph back. They are free until <see cref="Restore"/> or <see cref="FreeUnused"/>.</summary>
    public void Extend(int end)
    {
        _chunks = [.. Enumerable.Range(0, (end + ChunkNodes - 1) >> ChunkBits).Select(_ => new Chunk(degree, baseLayer is not null))];
        foreach (Chunk chunk in _chunks)
        {
            Array.Fill(chunk.Links, None);
            Array.Fill(chunk.Values, None);
        }

        _end = end;
    }

    /// <summary>Gives a number of an extended layer its row or base node.</summary>
    public void Restore(int node, int value, int below)
    {
        Chunk chunk = ChunkOf(node);
        chunk.Values[node & ChunkMask] = value;
        if (chunk.Below is not null)
        {
            chunk.Below[node & ChunkMask] = below;
        }
    }

    /// <summary>Lets every number without a value be used again.</summary>
    public void FreeUnused()
    {
        for (int node = _end - 1; node >= 0; node--)
        {
            if (!Has(node))
            {
                Release(node);
            }
        }
    }

    /// <summary>A node of layer 0 without links.</summary>
    public int Add(int row) => Take(row, None);

    /// <summary>A node of a layer above without links.</summary>
    public int AddAbove(int below, int baseNode) => Take(baseNode, below);

    /// <summary>Gives a number back that no link and no search knows.</summary>
    public void Release(int node)
    {
        lock (_numbers)
        {
            Links(node).Fill(None);
            ChunkOf(node).Values[node & ChunkMask] = None;
            Volatile.Write(ref ChunkOf(node).TakenOut[node & ChunkMask], false);
            _free.Push(node);
        }
    }

    private int Take(int value, int below)
    {
        lock (_numbers)
        {
            return TakeLocked(value, below);
        }
    }

    private int TakeLocked(int value, int below)
    {
        if (!_free.TryPop(out int node))
        {
            node = _end;
            if (node >> ChunkBits == _chunks.Length)
            {
                Volatile.Write(ref _chunks, [.. _chunks, new Chunk(degree, baseLayer is not null)]);
            }
        }

        Chunk chunk = ChunkOf(node);
        Links(node).Fill(None);
        chunk.Values[node & ChunkMask] = value;
        if (chunk.Below is not null)
        {
            chunk.Below[node & ChunkMask] = below;
        }

        if (node == _end)
        {
            Volatile.Write(ref _end, node + 1);
        }

        return node;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Chunk ChunkOf(int node) => Volatile.Read(ref _chunks)[node >> ChunkBits];

    private sealed class Chunk(int degree, bool above)
    {
        public readonly int[] Links = new int[ChunkNodes * degree];

        /// <summary>Rows in layer 0, base nodes above it.</summary>
        public readonly int[] Values = new int[ChunkNodes];
        public readonly int[]? Below = above ? new int[ChunkNodes] : null;
        public readonly bool[] TakenOut = new bool[ChunkNodes];
    }
}
