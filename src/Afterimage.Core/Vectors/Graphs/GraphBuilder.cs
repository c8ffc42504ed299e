using System.Numerics;
using Afterimage.Vectors.Kernels;

namespace Afterimage.Vectors.Graphs;

/// <summary>
/// Puts rows into graphs. One builder works on a graph at a time, beside searches and beside the writer: what touches rows is decided by a callback
/// under the writer's lock, what touches links needs none.
/// </summary>
internal sealed class GraphBuilder(RowStore rows, Quantizer quantizer, DotKernel kernel, int beam)
{
    private const int LevelsMax = 8;

    // A node's own code is found among the nearest: exact duplicates come first, whatever their order.
    private const int EqualsLookedAt = 8;

    private readonly CodedQuery _query = new(rows, quantizer, kernel);
    private readonly LinkChooser _chooser = new(rows, quantizer, kernel);
    private readonly GraphSearcher _searcher = new();
    private readonly int[] _pool = new int[Graph.BaseDegree + 1];
    private readonly int[][] _linksOfLevel = [.. Enumerable.Range(0, LevelsMax).Select(_ => new int[Graph.Connectivity])];
    private readonly int[] _countOfLevel = new int[LevelsMax];
    private uint _random = 2463534242;

    /// <summary>
    /// Inserts a row. <paramref name="claim"/> is asked once the place is known: with the node that has the row's codes already, or -1; it answers
    /// with the number of a new base node that is to be linked, or -1 where nothing is left to do.
    /// </summary>
    public void Insert(Graph graph, int row, Func<int, int> claim)
    {
        if (graph.Base.Count == 0)
        {
            int first = claim(-1);
            if (first >= 0)
            {
                graph.Enter(first);
            }

            return;
        }

        GraphShape shape = graph.Shape;
        int level = RandomLevel();
        int equal = FindLinks(shape, row, level);
        int node = claim(equal);
        if (node < 0)
        {
            return;
        }

        int baseNode = node;
        Connect(shape.Layers[0], node, 0);
        int top = shape.Layers.Length - 1;
        for (int l = 1; l <= Math.Min(level, top); l++)
        {
            node = shape.Layers[l].AddAbove(node, baseNode);
            Connect(shape.Layers[l], node, l);
        }

        if (level > top)
        {
            graph.AddLayer(node, baseNode);
        }
    }

    /// <summary>Adds a link, choosing anew among all of them where the list is full.</summary>
    public void LinkBack(GraphLayer layer, int from, int to)
    {
        Span<int> links = layer.Links(from);
        int free = links.IndexOf(GraphLayer.None);
        if (free >= 0)
        {
            Volatile.Write(ref links[free], to);
            return;
        }

        links.CopyTo(_pool);
        _pool[links.Length] = to;
        Replace(links, _chooser.Choose(layer, from, _pool.AsSpan(0, links.Length + 1), layer.Degree));
    }

    /// <summary>Chooses a node's links anew among the given nodes.</summary>
    public void Relink(GraphLayer layer, int node, ReadOnlySpan<int> among) =>
        Replace(layer.Links(node), _chooser.Choose(layer, node, among, layer.Degree));

    private static void Replace(Span<int> links, ReadOnlySpan<int> chosen)
    {
        for (int i = 0; i < links.Length; i++)
        {
            Volatile.Write(ref links[i], i < chosen.Length ? chosen[i] : GraphLayer.None);
        }
    }

    /// <summary>Chooses the links of a new node on every level up to its own; returns the base node that equals it, or -1.</summary>
    private int FindLinks(GraphShape shape, int row, int level)
    {
        GraphLayer[] layers = shape.Layers;
        int top = Math.Min(level, layers.Length - 1);
        _query.Take(row);
        int entry = _searcher.Descend(shape, _query, top);
        for (int l = top; l >= 0; l--)
        {
            _searcher.Search(layers[l], entry, _query, beam, null);
            int equal = l == 0 ? FindEqual(layers[0], row) : -1;
            if (equal >= 0)
            {
                return equal;
            }

            entry = l > 0 ? layers[l].Below(_searcher.Best.Node(0)) : entry;
            ReadOnlySpan<int> chosen = _chooser.Choose(layers[l], _searcher.Best, Graph.Connectivity);
            chosen.CopyTo(_linksOfLevel[l]);
            _countOfLevel[l] = chosen.Length;
        }

        return -1;
    }

    private void Connect(GraphLayer layer, int node, int level)
    {
        ReadOnlySpan<int> links = _linksOfLevel[level].AsSpan(0, _countOfLevel[level]);
        links.CopyTo(layer.Links(node));
        foreach (int other in links)
        {
            LinkBack(layer, other, node);
        }
    }

    private int FindEqual(GraphLayer layer, int row)
    {
        for (int i = 0; i < Math.Min(EqualsLookedAt, _searcher.Best.Count); i++)
        {
            int other = layer.Row(_searcher.Best.Node(i));
            if (rows.Scale(other) == rows.Scale(row) && rows.CodeSpan(other).SequenceEqual(rows.CodeSpan(row)))
            {
                return _searcher.Best.Node(i);
            }
        }

        return -1;
    }

    /// <summary>Level n with probability 16^-n.</summary>
    private int RandomLevel()
    {
        _random ^= _random << 13;
        _random ^= _random >> 17;
        _random ^= _random << 5;
        return Math.Min(BitOperations.TrailingZeroCount(_random) / BitOperations.Log2(Graph.Connectivity), LevelsMax - 1);
    }
}
