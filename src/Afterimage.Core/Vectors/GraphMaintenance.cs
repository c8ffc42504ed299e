using Afterimage.Vectors.Graphs;

namespace Afterimage.Vectors;

/// <summary>What maintenance does to graphs: builds, repairs and saves them, one partition at a time, beside searches and writers. One thread.</summary>
internal sealed class GraphMaintenance
{
    private readonly IndexState _state;
    private readonly GraphStore _graphs;
    private readonly Lock _writing;
    private readonly GraphBuilder _builder;
    private readonly GraphRepair _repair;
    private readonly ReadEpochs.Reader _reader = new();
    private readonly int _graphMin;

    public GraphMaintenance(IndexState state, GraphStore graphs, Lock writing, GraphBuilder builder, int graphMin)
    {
        _state = state;
        _graphs = graphs;
        _writing = writing;
        _builder = builder;
        _repair = new GraphRepair(builder);
        _graphMin = graphMin;
        state.Epochs.Register(_reader);
    }

    /// <summary>Graphs that were thrown away and begun again because most of what they held was removed. Under the writer's lock.</summary>
    public long Rebuilds { get; private set; }

    /// <summary>Brings a partition's graph up to date, until there is nothing left or <paramref name="stopping"/> says so.</summary>
    public void WorkOn(LargePartition partition, Func<bool> stopping)
    {
        Graph? graph = Prepare(partition);
        if (graph is null)
        {
            _graphs.Delete(partition);
            return;
        }

        Repair(partition, graph);
        while (!stopping() && InsertNext(partition, graph))
        {
            bool due;
            lock (_writing)
            {
                due = GraphStore.IsDue(graph);
            }

            if (due)
            {
                Save(partition, graph);
            }
        }
    }

    /// <summary>Has a partition worked on again later.</summary>
    public void PutBack(LargePartition partition)
    {
        lock (_writing)
        {
            _state.Graphs.Queue(partition);
        }
    }

    /// <summary>A graph that could not be worked on goes, and its partition is scanned from here on.</summary>
    public void GiveUp(LargePartition partition)
    {
        lock (_writing)
        {
            partition.ScanOnly = true;
            _state.Graphs.Drop(partition);
        }
    }

    /// <summary>Saves every graph with changes.</summary>
    public void SaveAll()
    {
        LargePartition[] partitions;
        lock (_writing)
        {
            partitions = [.. _state.Graphs.Partitions.Where(p => p.Graph?.Unsaved > 0)];
        }

        foreach (LargePartition partition in partitions)
        {
            if (partition.Graph is { } graph)
            {
                Save(partition, graph);
            }
        }
    }

    /// <summary>Decides whether the partition is to have a graph; null where not.</summary>
    private Graph? Prepare(LargePartition partition)
    {
        lock (_writing)
        {
            if (partition.Dropped || partition.ScanOnly)
            {
                return null;
            }

            int count = partition.List.Live;
            if (partition.Graph is { } graph && (count < _graphMin / 2 || count < graph.Base.End / 4))
            {
                _state.Graphs.Drop(partition);
                Rebuilds++;
            }

            if (partition.Graph is null && count >= _graphMin)
            {
                partition.Graph = new Graph();
            }

            return partition.Graph;
        }
    }

    private bool InsertNext(LargePartition partition, Graph graph)
    {
        _reader.Enter(_state.Epochs);
        try
        {
            int row;
            lock (_writing)
            {
                row = partition.Graph == graph ? _state.Graphs.NextUngraphed(partition) : -1;
            }

            if (row >= 0)
            {
                _builder.Insert(graph, row, near =>
                {
                    lock (_writing)
                    {
                        return _state.Graphs.Claim(partition, graph, row, near);
                    }
                });
            }

            return row >= 0;
        }
        finally
        {
            _reader.Leave();
        }
    }

    private void Repair(LargePartition partition, Graph graph)
    {
        int[] dead;
        lock (_writing)
        {
            dead = PartitionGraphs.NeedsRepair(graph) ? [.. graph.Dead] : [];
        }

        if (dead.Length == 0)
        {
            return;
        }

        GraphLayer[] layers = graph.Shape.Layers;
        List<int>[]? unlinked;
        _reader.Enter(_state.Epochs);
        try
        {
            unlinked = _repair.Run(graph, dead);
        }
        finally
        {
            _reader.Leave();
        }

        lock (_writing)
        {
            if (partition.Graph != graph)
            {
                return;
            }

            if (unlinked is null)
            {
                _state.Graphs.Drop(partition);
                return;
            }

            graph.Dead.RemoveRange(0, dead.Length);
            _state.Graphs.Release(graph, layers, unlinked);
        }
    }

    private void Save(LargePartition partition, Graph graph)
    {
        // The file names vectors by their sequence, which is read from the log: no segment may go meanwhile.
        _reader.Enter(_state.Epochs);
        try
        {
            _graphs.Save(partition, graph);
        }
        finally
        {
            _reader.Leave();
        }
    }
}
