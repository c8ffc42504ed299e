using System.Numerics;
using Afterimage.Vectors.Kernels;

namespace Afterimage.Vectors.Graphs;

/// <summary>Gives a row its node: one of those near, or a new one, whose number is returned; -1 where there is nothing to link.</summary>
internal delegate int NodeClaim(ReadOnlySpan<int> near);

/// <summary>
/// Puts rows into graphs. One builder works on a graph at a time, beside searches and beside the writer: what touches rows is decided by a callback
/// under the writer's lock, what touches links needs none.
/// </summary>
internal sealed class GraphBuilder(RowStore rows, Quantizer quantizer, DotKernel kernel, int beam)
{
    private const int LevelsMax = 8;
    private const int NearMax = 8;

    // Less than two near-duplicates' codes can say, so that the exact vectors decide.
    private const float NearDuplicateMin = 0.99f;

    // A vector whose nearest is less similar is the first of its kind.
    private const float KindMin = 0.85f;

    private readonly CodedQuery _query = new(rows, quantizer, kernel);
    private readonly LinkChooser _chooser = new(rows, quantizer, kernel);
    private readonly GraphSearcher _searcher = new();
    private readonly int[] _near = new int[NearMax];
    private readonly int[] _pool = new int[Graph.BaseDegree + 1];
    private readonly int[] _links = new int[Graph.BaseDegree];
    private readonly int[][] _linksOfLevel = [.. Enumerable.Range(0, LevelsMax).Select(_ => new int[Graph.Connectivity])];
    private readonly int[] _countOfLevel = new int[LevelsMax];
    private uint _random = 2463534242;

    /// <summary>
    /// Inserts a row. <paramref name="claim"/> is asked once the place is known: with the nodes whose rows the new one may be a near-duplicate of; it
    /// answers with the number of a new base node that is to be linked, or -1 where nothing is left to do.
    /// </summary>
    public void Insert(Graph graph, int row, NodeClaim claim)
    {
        if (graph.Base.Count == 0)
        {
            int first = claim([]);
            if (first >= 0)
            {
                graph.Enter(first);
            }

            return;
        }

        GraphShape shape = graph.Shape;
        int level = FindLinks(shape, row, RandomLevel());
        int node = claim(FindNear());
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
        Relink(layer, from, _pool.AsSpan(0, links.Length + 1));
    }

    /// <summary>Chooses a node's links anew among the given nodes. Those to its parent and its children stay.</summary>
    public void Relink(GraphLayer layer, int node, ReadOnlySpan<int> among)
    {
        int parent = layer.Parent(node);
        int count = 0;
        foreach (int other in among)
        {
            if (count < layer.Degree && (other == parent || layer.Parent(other) == node))
            {
                _links[count++] = other;
            }
        }

        int parentAt = Math.Max(0, _links.AsSpan(0, count).IndexOf(parent));
        (_links[0], _links[parentAt]) = (_links[parentAt], _links[0]);
        foreach (int other in _chooser.Choose(layer, node, among, layer.Degree))
        {
            if (count < layer.Degree && !_links.AsSpan(0, count).Contains(other))
            {
                _links[count++] = other;
            }
        }

        Span<int> links = layer.Links(node);
        for (int i = 0; i < links.Length; i++)
        {
            Volatile.Write(ref links[i], i < count ? _links[i] : GraphLayer.None);
        }
    }

    /// <summary>Whether a node may have one more child: half of its links are for other ways.</summary>
    private static bool HasRoomForChild(GraphLayer layer, int node)
    {
        int children = 0;
        foreach (int link in layer.Links(node))
        {
            if (link < 0)
            {
                break;
            }

            children += layer.Parent(link) == node ? 1 : 0;
        }

        return children < layer.Degree / 2;
    }

    /// <summary>Chooses the links of a new node on every level up to its own, the lowest last. Returns its level, which may be one more than given.</summary>
    private int FindLinks(GraphShape shape, int row, int level)
    {
        GraphLayer[] layers = shape.Layers;
        int top = Math.Min(level, layers.Length - 1);
        _query.Take(row);
        _searcher.Descend(shape, _query, top);
        if (top < layers.Length - 1)
        {
            ChooseLinks(layers[top + 1], top + 1);
        }

        for (int l = top; l >= 0; l--)
        {
            _searcher.Search(layers[l], _query, beam);
            ChooseLinks(layers[l], l);
            if (l > 0)
            {
                _searcher.BeginBelow(layers[l]);
            }
        }

        return (level == 0 || level < layers.Length - 1) && IsLost() ? level + 1 : level;
    }

    /// <summary>
    /// Whether the row is the first of its kind, among many nodes all about as far from it: a search for the next of the kind, which these are as far from,
    /// meets only some of them and would pass it by. A layer up there are fewer. The first nodes of a graph count as among many, because there will be.
    /// </summary>
    private bool IsLost()
    {
        NodeQueue best = _searcher.Best;
        return best.Score(0) < KindMin && (best.Count < beam || NodesAside.IsAboutAsFar(best.Score(beam - 1), best.Score(0)));
    }

    private void ChooseLinks(GraphLayer layer, int level)
    {
        int parent = ParentAmongFound(layer);
        int count = 1;
        _linksOfLevel[level][0] = parent;
        foreach (int other in _chooser.Choose(layer, _searcher.Best, Graph.Connectivity))
        {
            if (other != parent && count < Graph.Connectivity)
            {
                _linksOfLevel[level][count++] = other;
            }
        }

        _countOfLevel[level] = count;
    }

    /// <summary>The nearest node found that has room for a child. In high dimensions a few nodes are the nearest of very many.</summary>
    private int ParentAmongFound(GraphLayer layer)
    {
        for (int i = 0; i < _searcher.Best.Count; i++)
        {
            if (HasRoomForChild(layer, _searcher.Best.Node(i)))
            {
                return _searcher.Best.Node(i);
            }
        }

        return _searcher.Best.Node(0);
    }

    /// <summary>Nodes found in layer 0 that the row may be a near-duplicate of, nearest first.</summary>
    private ReadOnlySpan<int> FindNear()
    {
        int count = 0;
        for (; count < Math.Min(_near.Length, _searcher.Best.Count) && _searcher.Best.Score(count) >= NearDuplicateMin; count++)
        {
            _near[count] = _searcher.Best.Node(count);
        }

        return _near.AsSpan(0, count);
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

    /// <summary>Level n with probability 16^-n.</summary>
    private int RandomLevel()
    {
        _random ^= _random << 13;
        _random ^= _random >> 17;
        _random ^= _random << 5;
        return Math.Min(BitOperations.TrailingZeroCount(_random) / BitOperations.Log2(Graph.Connectivity), LevelsMax - 1);
    }
}
