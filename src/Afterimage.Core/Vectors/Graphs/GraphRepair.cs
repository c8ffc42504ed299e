namespace Afterimage.Vectors.Graphs;

/// <summary>
/// Takes dead nodes out of a graph, as FreshDiskANN consolidates deletes (Singh et al., 2021, arXiv 2105.09613): every node that links to a dead one
/// chooses anew among its living links and those that the dead one had, and the tree of parents is mended. Runs on the builder's thread, beside searches.
/// </summary>
internal sealed class GraphRepair(GraphBuilder builder)
{
    // Far more than the depth of a tree of near neighbours whose nodes have up to half their links as children.
    private const int StepsMax = 1000;

    private readonly List<int> _pool = [];
    private readonly HashSet<int> _seen = [];

    // New parents by node, and the node that last came below an ancestor.
    private readonly Dictionary<int, int> _parents = [];
    private readonly Dictionary<int, int> _lastBelow = [];

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

        FindParents(layer, gone);
        bool[] linked = new bool[end];
        for (int node = 0; node < end; node++)
        {
            if (layer.Has(node) && !gone[node])
            {
                Relink(layer, node, gone);
                Mark(layer, node, linked);
            }
        }

        foreach ((int node, int parent) in _parents)
        {
            MakeParent(layer, node, parent);
            linked[node] = true;
        }

        for (int node = 0; node < end; node++)
        {
            if (layer.Has(node) && !gone[node] && !linked[node] && layer.Parent(node) is >= 0 and int nearest)
            {
                TryForceLink(layer, nearest, node, out _);
            }
        }

        return dead;
    }

    /// <summary>
    /// A new parent for every node that loses its own: the nearest living one on the way to the root, or what was put below that one just before. All of these
    /// are roots of trees of their own, so that no circle can come about.
    /// </summary>
    private void FindParents(GraphLayer layer, bool[] gone)
    {
        _parents.Clear();
        _lastBelow.Clear();
        for (int node = 0; node < layer.End; node++)
        {
            if (layer.Has(node) && !gone[node] && layer.Parent(node) is >= 0 and int parent && gone[parent])
            {
                int ancestor = LivingAncestor(layer, parent, gone);
                if (_lastBelow.TryGetValue(ancestor, out int last))
                {
                    _parents[node] = last;
                }
                else if (ancestor >= 0 && ancestor != node)
                {
                    _parents[node] = ancestor;
                }

                // Where the root goes, the first that loses it is the next one.
                _lastBelow[ancestor] = node;
            }
        }
    }

    private static int LivingAncestor(GraphLayer layer, int node, bool[] gone)
    {
        // The first two nodes of a graph are each other's parents; in one of an earlier version others may be, too, in any circle.
        for (int steps = 0; node >= 0 && gone[node]; steps++)
        {
            node = steps < StepsMax ? layer.Parent(node) : GraphLayer.None;
        }

        return node;
    }

    private static void MakeParent(GraphLayer layer, int node, int parent)
    {
        if (TryForceLink(layer, node, parent, out int at))
        {
            Span<int> links = layer.Links(node);
            Volatile.Write(ref links[at], links[0]);
            Volatile.Write(ref links[0], parent);
            TryForceLink(layer, parent, node, out _);
        }
    }

    /// <summary>Has a node link to another, if need be in the place of the last one that is neither its parent nor its child; false where all are.</summary>
    private static bool TryForceLink(GraphLayer layer, int from, int to, out int at)
    {
        Span<int> links = layer.Links(from);
        at = links.IndexOf(to) is >= 0 and int there ? there : links.IndexOf(GraphLayer.None);
        for (int i = links.Length - 1; at < 0 && i > 0; i--)
        {
            at = layer.Parent(links[i]) == from ? -1 : i;
        }

        if (at >= 0)
        {
            Volatile.Write(ref links[at], to);
        }

        return at >= 0;
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
