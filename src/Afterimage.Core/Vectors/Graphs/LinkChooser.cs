using Afterimage.Vectors.Kernels;

namespace Afterimage.Vectors.Graphs;

/// <summary>
/// Chooses a node's links among a pool of scored nodes, by the selection heuristic (algorithm 4) of the HNSW paper: a node is linked only where it is
/// nearer to the centre than to every node linked before, so that links lead in different directions. Belongs to one thread.
/// </summary>
internal sealed class LinkChooser(RowStore rows, Quantizer quantizer, DotKernel kernel)
{
    private readonly List<(int Node, float Score)> _pool = [];
    private readonly int[] _chosen = new int[CodedQuery.RowsMax];
    private readonly int[] _chosenRows = new int[CodedQuery.RowsMax];
    private readonly int[] _rows = new int[CodedQuery.RowsMax];
    private readonly float[] _scores = new float[CodedQuery.RowsMax];
    private readonly CodedQuery _query = new(rows, quantizer, kernel);

    /// <summary>Chooses among what a search has found.</summary>
    public ReadOnlySpan<int> Choose(GraphLayer layer, NodeQueue found, int most)
    {
        _pool.Clear();
        for (int i = 0; i < found.Count; i++)
        {
            _pool.Add((found.Node(i), found.Score(i)));
        }

        return Choose(layer, most);
    }

    /// <summary>Chooses among any nodes, scored here against the centre.</summary>
    public ReadOnlySpan<int> Choose(GraphLayer layer, int centre, ReadOnlySpan<int> nodes, int most)
    {
        _pool.Clear();
        _query.Take(layer.Row(centre));
        for (int start = 0; start < nodes.Length; start += CodedQuery.RowsMax)
        {
            int count = Math.Min(CodedQuery.RowsMax, nodes.Length - start);
            for (int i = 0; i < count; i++)
            {
                _rows[i] = layer.Row(nodes[start + i]);
            }

            _query.Similarities(_rows.AsSpan(0, count), _scores);
            for (int i = 0; i < count; i++)
            {
                _pool.Add((nodes[start + i], _scores[i]));
            }
        }

        _pool.Sort(static (a, b) => b.Score.CompareTo(a.Score));
        return Choose(layer, most);
    }

    private ReadOnlySpan<int> Choose(GraphLayer layer, int most)
    {
        int count = 0;
        foreach ((int node, float score) in _pool)
        {
            if (count == most)
            {
                break;
            }

            int row = layer.Row(node);
            if (count == 0 || IsNearerThanChosen(row, score, count))
            {
                _chosen[count] = node;
                _chosenRows[count++] = row;
            }
        }

        return _chosen.AsSpan(0, count);
    }

    private bool IsNearerThanChosen(int row, float score, int count)
    {
        _query.Take(row);
        for (int start = 0; start < count; start += 8)
        {
            int batch = Math.Min(8, count - start);
            _query.Similarities(_chosenRows.AsSpan(start, batch), _scores);
            if (_scores.AsSpan(0, batch).ContainsAnyInRange(MathF.BitIncrement(score), float.MaxValue))
            {
                return false;
            }
        }

        return true;
    }
}
