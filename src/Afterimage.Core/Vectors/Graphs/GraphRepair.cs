namespace Afterimage.Vectors.Graphs;

/// <summary>
/// Takes dead nodes out of a graph, as FreshDiskANN consolidates deletes (Singh et al., 2021, arXiv 2105.09613): every node that links to a dead one
/// chooses anew among its living links and those that the dead one had. Runs on the builder's thread, beside searches.
/// </summary>
internal sealed class GraphRepair(GraphBuilder builder)
{
    private readonly List<int> _pool = [];
    private readonly HashSet<int> _seen = [];

    /// <summary>Unlinks dead nodes on every layer and finds a living entry. Returns the dead nodes by layer, to be released; null where nothing lives.</summary>
    public List<int>[]? Run(Graph graph, IReadOnlyList<int> deadBaseNodes)
    {
        GraphLayer[] layers = graph.Shape.Layers;
        bool[] deadBase = new bool[layers[0].End];
        foreach (int node in deadBaseNodes)
        {
            deadBase[node] = true;
        }

        List<int>[] dead = [.. layers.Select(layer => Repair(layer, deadBase))];
        return MoveEntry(graph, layers, deadBase) ? dead : null;
    }

    /// <summary>Takes nodes out of a graph that nobody else has yet; false where nothing is left of it.</summary>
    public bool TryTakeOut(Graph graph, IReadOnlyList<int> missing)
    {
        GraphLayer[] layers = graph.Shape.Layers;
        if (Run(graph, missing) is not { } dead)
        {
            return false;
        }

        for (int level = 1; level < dead.Length; level++)
        {
            foreach (int node in dead[level])
            {
                layers[level].Restore(node, GraphLayer.None, GraphLayer.None);
            }
        }

        foreach (GraphLayer layer in layers)
        {
            layer.FreeUnused();
        }

        return true;
    }

    private List<int> Repair(GraphLayer layer, bool[] deadBase)
    {
        int end = layer.End;
        bool[] gone = new bool[end];
        var dead = new List<int>();
        for (int node = 0; node < end; node++)
        {
            // Nodes of a graph that was read back have no row where the vector is gone, so layer 0 is judged by number.
            if ((layer.IsBase || layer.Has(node)) && deadBase[layer.BaseNode(node)])
            {
                gone[node] = true;
                dead.Add(node);
            }
        }

        if (dead.Count == 0)
        {
            return dead;
        }

        bool[] linked = new bool[end];
        for (int node = 0; node < end; node++)
        {
            if (layer.Has(node) && !gone[node])
            {
                Relink(layer, node, gone);
                Mark(layer, node, linked);
            }
        }

        for (int node = 0; node < end; node++)
        {
            if (layer.Has(node) && !gone[node] && !linked[node])
            {
                LinkFromNearest(layer, node);
            }
        }

        return dead;
    }

    private void Relink(GraphLayer layer, int node, bool[] gone)
    {
        Span<int> links = layer.Links(node);
        bool touched = false;
        _pool.Clear();
        _seen.Clear();
        _seen.Add(node);
        foreach (int link in links)
        {
            if (link < 0)
            {
                break;
            }

            if (!gone[link])
            {
                Take(link);
                continue;
            }

            touched = true;
            foreach (int further in layer.Links(link))
            {
                if (further >= 0 && !gone[further])
                {
                    Take(further);
                }
            }
        }

        if (touched)
        {
            builder.Relink(layer, node, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_pool));
        }
    }

    private void Take(int node)
    {
        if (_seen.Add(node))
        {
            _pool.Add(node);
        }
    }

    private static void Mark(GraphLayer layer, int node, bool[] linked)
    {
        foreach (int link in layer.Links(node))
        {
            if (link >= 0)
            {
                linked[link] = true;
            }
        }
    }

    /// <summary>A node that lost its last link from others gets one from its nearest, in the place of that one's farthest if need be.</summary>
    private void LinkFromNearest(GraphLayer layer, int node)
    {
        int nearest = layer.Links(node)[0];
        if (nearest < 0)
        {
            return;
        }

        builder.LinkBack(layer, nearest, node);
        Span<int> links = layer.Links(nearest);
        if (!links.Contains(node))
        {
            int last = links.IndexOf(GraphLayer.None);
            Volatile.Write(ref links[(last < 0 ? links.Length : last) - 1], node);
        }
    }

    private static bool MoveEntry(Graph graph, GraphLayer[] layers, bool[] deadBase)
    {
        for (int level = layers.Length - 1; level >= 0; level--)
        {
            GraphLayer layer = layers[level];
            int entry = level == layers.Length - 1 && IsAlive(layer, graph.Shape.Entry, deadBase) ? graph.Shape.Entry : 0;
            while (entry < layer.End && !IsAlive(layer, entry, deadBase))
            {
                entry++;
            }

            if (entry < layer.End)
            {
                graph.CutLayers(level + 1, entry);
                return true;
            }
        }

        return false;
    }

    private static bool IsAlive(GraphLayer layer, int node, bool[] deadBase) => layer.Has(node) && !deadBase[layer.BaseNode(node)];
}
