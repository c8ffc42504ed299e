using Afterimage.Vectors.Graphs;
using Afterimage.Vectors.Storage;

namespace Afterimage.Vectors;

/// <summary>Where rows and graphs meet: which row has which node, and which rows wait for one. Everything here happens under the writer's lock.</summary>
internal sealed class PartitionGraphs(RowStore rows, VectorLog log, RetiredQueue retired, int graphMin)
{
    private readonly NodeRows _nodes = new(rows, log);

    /// <summary>Partitions whose graph has something to do.</summary>
    public Queue<LargePartition> Work { get; } = new();

    /// <summary>Every large partition there is.</summary>
    public HashSet<LargePartition> Partitions { get; } = [];

    /// <summary>Leaves a partition to maintenance.</summary>
    public void Queue(LargePartition partition)
    {
        if (!partition.Queued)
        {
            partition.Queued = true;
            Work.Enqueue(partition);
        }
    }

    /// <summary>A row came into a large partition.</summary>
    public void Added(LargePartition partition)
    {
        if (partition.List.Live >= graphMin && !partition.ScanOnly)
        {
            Queue(partition);
        }
    }

    /// <summary>A row left a large partition. True where it still leads the way in the graph and must be kept until the repair.</summary>
    public bool Removed(LargePartition partition, int row)
    {
        if (partition.Graph is not { } graph)
        {
            return false;
        }

        graph.Unsaved++;
        bool leads = rows.Info(row).Node >= 0 && !_nodes.Detach(graph, row);
        rows.Info(row).Leads = leads;
        if (NeedsRepair(graph) || partition.List.Live < graphMin / 2)
        {
            Queue(partition);
        }

        return leads;
    }

    /// <summary>Makes a row that stands in for another share its node.</summary>
    public void Share(LargePartition partition, int node, int row)
    {
        if (partition.Graph is { } graph)
        {
            Attach(graph, node, row);
        }
    }

    /// <summary>Lets a copy lead the way in a graph instead of a row that was kept, dead, for it.</summary>
    public void MoveHead(LargePartition partition, int row, int copy)
    {
        _nodes.MoveHead(partition.Graph!, row, copy);
        Retire(row);
    }

    /// <summary>Whether so many nodes lead nowhere that they are to be taken out.</summary>
    public static bool NeedsRepair(Graph graph) => graph.Dead.Count > Math.Max(16, graph.Base.Count / 16);

    /// <summary>The next row of a partition that its graph does not have, or -1.</summary>
    public int NextUngraphed(LargePartition partition)
    {
        RowList list = partition.List;
        while (list.Graphed < list.Count)
        {
            int row = list[list.Graphed];
            if (row >= 0 && rows.Info(row).Node < 0)
            {
                return row;
            }

            list.Graphed++;
        }

        return -1;
    }

    /// <summary>
    /// Gives a row its node: that of a row that it is a near-duplicate of, or a new one, whose number is returned for linking; -1 where there is nothing
    /// to link.
    /// </summary>
    public int Claim(LargePartition partition, Graph graph, int row, ReadOnlySpan<int> near)
    {
        ref RowInfo info = ref rows.Info(row);
        if (partition.Graph != graph || !info.Live)
        {
            return -1;
        }

        graph.Unsaved++;
        foreach (int other in near)
        {
            if (Attach(graph, other, row))
            {
                return -1;
            }
        }

        int node = graph.Base.Add(row);
        _nodes.Begin(node, row);
        return node;
    }

    /// <summary>Lets a graph go; the partition is scanned from here on.</summary>
    public void Drop(LargePartition partition)
    {
        if (partition.Graph is not { } graph)
        {
            return;
        }

        Queue(partition);

        // First the graph, then the mark: a search that still has the graph must not believe that a later one covers as much.
        partition.Graph = null;
        partition.List.Graphed = 0;
        foreach (int node in graph.Dead)
        {
            Retire(graph.Base.Row(node));
        }

        for (int i = 0; i < partition.List.Count; i++)
        {
            if (partition.List[i] is >= 0 and int row && rows.Info(row).Node is >= 0 and int node)
            {
                rows.Info(row).Node = -1;
                int head = graph.Base.Row(node);
                if (rows.Info(head).Leads)
                {
                    Retire(head);
                }
            }
        }
    }

    /// <summary>Lets dead nodes go that a repair has unlinked, base layer first, and the rows that were kept for them.</summary>
    public void Release(Graph graph, IReadOnlyList<GraphLayer> layers, List<int>[] dead)
    {
        foreach (int node in dead[0])
        {
            Retire(graph.Base.Row(node));
        }

        for (int level = dead.Length - 1; level >= 0; level--)
        {
            foreach (int node in dead[level])
            {
                layers[level].TakeOut(node);
                retired.Add(Retired.Node, node, layers[level]);
            }
        }
    }

    /// <summary>The sequences of the live rows of a base node, for saving.</summary>
    public IReadOnlyList<ulong> SequencesOf(Graph graph, int node)
    {
        var sequences = new List<ulong>(1);
        if (!graph.Base.Has(node))
        {
            // Taken out: its row is somebody else's already, or will be.
            return sequences;
        }

        for (int row = graph.Base.Row(node); row >= 0; row = rows.Info(row).NextOfNode)
        {
            if (rows.Info(row).Live)
            {
                sequences.Add(LogRecord.Sequence(log.Record(rows.Info(row).Place)));
            }
        }

        return sequences;
    }

    /// <summary>
    /// Gives a graph that was read back to its partition: finds rows by the sequence of their vector, repairs nodes away whose vector is gone. False
    /// where so little fits that building is better.
    /// </summary>
    public bool Adopt(LargePartition partition, GraphContent content, GraphRepair repair)
    {
        Graph graph = content.Graph;
        (ulong[] sequences, int[] numbers) = RowsBySequence(partition);
        var missing = new List<int>();
        for (int node = 0; node < content.Sequences.Length; node++)
        {
            int found = content.Sequences[node] == 0 ? -1 : Array.BinarySearch(sequences, content.Sequences[node]);
            if (found >= 0)
            {
                graph.Base.Restore(node, numbers[found], GraphLayer.None);
                rows.Info(numbers[found]).Node = node;
            }
            else
            {
                missing.Add(node);
            }
        }

        int lost = missing.Count(node => content.Sequences[node] != 0);
        if (lost > content.Sequences.Length / 4 || !repair.TryTakeOut(graph, missing))
        {
            Forget(partition);
            return false;
        }

        foreach ((int node, ulong sequence) in content.Duplicates)
        {
            int found = Array.BinarySearch(sequences, sequence);
            if (found >= 0 && graph.Base.Has(node))
            {
                Attach(graph, node, numbers[found]);
            }
        }

        partition.Graph = graph;
        NextUngraphed(partition);
        return true;
    }

    /// <summary>A dead row need not lead the way any more.</summary>
    private void Retire(int row)
    {
        rows.Info(row).Leads = false;
        retired.Add(Retired.Row, row);
    }

    private bool Attach(Graph graph, int node, int row)
    {
        bool attached = _nodes.TryAttach(graph, node, row, out int released);
        if (released >= 0)
        {
            Retire(released);
        }

        return attached;
    }

    private (ulong[] Sequences, int[] Rows) RowsBySequence(LargePartition partition)
    {
        RowList list = partition.List;
        int[] numbers = new int[list.Live];
        ulong[] sequences = new ulong[list.Live];
        int count = 0;
        for (int i = 0; i < list.Count; i++)
        {
            if (list[i] is >= 0 and int row)
            {
                numbers[count] = row;
                sequences[count++] = LogRecord.Sequence(log.Record(rows.Info(row).Place));
            }
        }

        Array.Sort(sequences, numbers);
        return (sequences, numbers);
    }

    private void Forget(LargePartition partition)
    {
        for (int i = 0; i < partition.List.Count; i++)
        {
            if (partition.List[i] is >= 0 and int row)
            {
                rows.Info(row).Node = -1;
            }
        }
    }
}
