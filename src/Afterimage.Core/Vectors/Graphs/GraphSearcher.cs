using Afterimage.Vectors.Kernels;

namespace Afterimage.Vectors.Graphs;

/// <summary>Told of every row that a search has scored.</summary>
internal interface IScoredRows
{
    void Scored(ReadOnlySpan<int> rows, ReadOnlySpan<float> similarities);
}

/// <summary>Finds the way through a graph. Knows node numbers and a scored query, never vectors. Belongs to one thread; its scratch is reused.</summary>
internal sealed class GraphSearcher
{
    private readonly int[] _nodes = new int[CodedQuery.RowsMax];
    private readonly int[] _rows = new int[CodedQuery.RowsMax];
    private readonly float[] _scores = new float[CodedQuery.RowsMax];
    private ulong[] _visited = [];

    /// <summary>The best nodes of the last search, best first.</summary>
    public NodeQueue Best { get; } = new();

    /// <summary>Goes down from the entry to layer <paramref name="downTo"/> and returns the node there to begin with.</summary>
    public int Descend(GraphShape shape, CodedQuery query, int downTo)
    {
        GraphLayer[] layers = shape.Layers;
        int entry = shape.Entry;
        for (int level = layers.Length - 1; level > downTo; level--)
        {
            Search(layers[level], entry, query, 1, null);
            entry = layers[level].Below(Best.Node(0));
        }

        return entry;
    }

    /// <summary>Best-first search with a beam of <paramref name="beam"/> nodes from one node of a layer; the result is in <see cref="Best"/>.</summary>
    public void Search(GraphLayer layer, int entry, CodedQuery query, int beam, IScoredRows? scored)
    {
        int words = (layer.End >> 6) + 1;
        if (_visited.Length < words)
        {
            _visited = new ulong[words * 5 / 4];
        }

        _visited.AsSpan(0, words).Clear();
        Best.Begin(beam);
        _nodes[0] = entry;
        _visited[entry >> 6] |= 1ul << entry;
        Score(layer, 1, query, scored);
        while (Best.TryExpand(out int node))
        {
            int count = 0;
            foreach (int link in layer.Links(node))
            {
                if (link < 0)
                {
                    break;
                }

                // A node added while this search runs may lie beyond the marks; the rows that came after the start are scanned anyway.
                int word = link >> 6;
                if (word < words && (_visited[word] & (1ul << link)) == 0)
                {
                    _visited[word] |= 1ul << link;
                    _nodes[count++] = link;
                }
            }

            Score(layer, count, query, scored);
        }
    }

    private void Score(GraphLayer layer, int count, CodedQuery query, IScoredRows? scored)
    {
        for (int i = 0; i < count; i++)
        {
            _rows[i] = layer.Row(_nodes[i]);
        }

        query.Similarities(_rows.AsSpan(0, count), _scores);
        for (int i = 0; i < count; i++)
        {
            Best.Add(_nodes[i], _scores[i]);
        }

        scored?.Scored(_rows.AsSpan(0, count), _scores.AsSpan(0, count));
    }
}
