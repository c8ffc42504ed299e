using System.Collections.Concurrent;
using Afterimage.Vectors.Graphs;

namespace Afterimage.Vectors;

/// <summary>
/// The thread behind an index: builds, repairs and saves graphs, compacts the log, gives memory back. It takes the writer's lock for moments and never
/// holds up a search; what it has not reached yet is scanned, so it may be late but nothing is ever missing.
/// </summary>
internal sealed class Maintenance : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly IndexState _state;
    private readonly GraphStore _graphs;
    private readonly LogCompaction _compaction;
    private readonly Lock _writing;
    private readonly int _graphMin;
    private readonly GraphBuilder _builder;
    private readonly GraphRepair _repair;
    private readonly ReadEpochs.Reader _reader = new();
    private readonly AutoResetEvent _wake = new(false);
    private readonly ConcurrentQueue<TaskCompletionSource> _snapshots = new();
    private readonly Thread _thread;
    private LargePartition? _inWork;
    private volatile bool _stopping;

    public Maintenance(IndexState state, GraphStore graphs, LogCompaction compaction, Lock writing, GraphBuilder builder, int graphMin)
    {
        _state = state;
        _graphs = graphs;
        _compaction = compaction;
        _writing = writing;
        _graphMin = graphMin;
        _builder = builder;
        _repair = new GraphRepair(builder);
        state.Epochs.Register(_reader);
        _thread = new Thread(Run) { IsBackground = true, Name = "Afterimage index", Priority = ThreadPriority.BelowNormal };
    }

    /// <summary>Whether it waits for something to do. Under the writer's lock.</summary>
    public bool Idle { get; private set; }

    /// <summary>Graphs that were thrown away and begun again because most of what they held was removed.</summary>
    public long Rebuilds { get; private set; }

    /// <summary>Why the last background write failed; null where it did not.</summary>
    public string? Fault { get; private set; }

    /// <summary>Vectors that wait for their place in a graph. Under the writer's lock.</summary>
    public long Pending => _state.Graphs.Work.Append(_inWork).OfType<LargePartition>().Where(p => !p.Dropped).Distinct()
        .Where(p => p.Graph is not null || p.List.Live >= _graphMin).Sum(p => (long)(p.List.Count - p.List.Graphed));

    public void Start() => _thread.Start();

    /// <summary>Something was queued.</summary>
    public void Wake() => _wake.Set();

    /// <summary>Ends when every graph that changed has been saved and the log has been compacted as far as that pays.</summary>
    public Task SnapshotAsync()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _snapshots.Enqueue(done);
        Wake();
        return done.Task;
    }

    /// <summary>Stops after the row in hand and saves what changed.</summary>
    public void Dispose()
    {
        _stopping = true;
        _wake.Set();
        if (_thread.IsAlive)
        {
            _thread.Join();
        }

        _wake.Dispose();
    }

    private void Run()
    {
        while (!_stopping)
        {
            if (Next() is { } partition)
            {
                Guarded(() => WorkOn(partition));
                continue;
            }

            bool worked = false;
            Guarded(() => worked = _compaction.TryStep(() => _stopping) || GiveMemoryBack());
            if (worked)
            {
                continue;
            }

            if (_snapshots.TryDequeue(out TaskCompletionSource? snapshot))
            {
                Guarded(() => SaveAll(1));
                snapshot.SetResult();
                continue;
            }

            _wake.WaitOne(Pause);
        }

        Guarded(() => SaveAll(1));
        while (_snapshots.TryDequeue(out TaskCompletionSource? snapshot))
        {
            snapshot.SetResult();
        }
    }

    /// <summary>Background work that the disk refuses is tried again later; the index itself goes on.</summary>
    private void Guarded(Action work)
    {
        try
        {
            work();
            Fault = null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Fault = $"Index maintenance failed: {e.Message}";
            _wake.WaitOne(Pause);
        }
    }

    private LargePartition? Next()
    {
        lock (_writing)
        {
            _state.Retiring.Reclaim();
            Idle = !_state.Graphs.Work.TryDequeue(out LargePartition? partition);
            _inWork = partition;
            if (partition is not null)
            {
                partition.Queued = false;
            }

            return partition;
        }
    }

    private void WorkOn(LargePartition partition)
    {
        Graph? graph = Prepare(partition);
        if (graph is null)
        {
            _graphs.Delete(partition);
            return;
        }

        Repair(partition, graph);
        while (!_stopping && InsertNext(partition, graph))
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
                _builder.Insert(graph, row, equal =>
                {
                    lock (_writing)
                    {
                        return _state.Graphs.Claim(partition, graph, row, equal);
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

    /// <summary>Decides whether the partition is to have a graph; null where not.</summary>
    private Graph? Prepare(LargePartition partition)
    {
        lock (_writing)
        {
            if (partition.Dropped)
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

        _reader.Enter(_state.Epochs);
        GraphLayer[] layers = graph.Shape.Layers;
        List<int>[]? unlinked = _repair.Run(graph, dead);
        _reader.Leave();
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

    private void SaveAll(int changesMin)
    {
        LargePartition[] partitions;
        lock (_writing)
        {
            partitions = [.. _state.Graphs.Partitions.Where(p => p.Graph?.Unsaved >= changesMin)];
        }

        foreach (LargePartition partition in partitions)
        {
            if (partition.Graph is { } graph)
            {
                Save(partition, graph);
            }
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

    /// <summary>Empties the emptiest chunk of rows where a good part of all rows is unused; false where it is not.</summary>
    private bool GiveMemoryBack()
    {
        int first = -1;
        lock (_writing)
        {
            if (_state.Retiring.Enumerations == 0 && _state.Rows.Free > Math.Max(2 * RowStore.ChunkRows, _state.Count / 4))
            {
                first = _state.Rows.Close();
            }
        }

        const int rowsPerLock = 32;
        for (int row = first; first >= 0 && row < first + RowStore.ChunkRows; row += rowsPerLock)
        {
            lock (_writing)
            {
                for (int i = row; i < row + rowsPerLock && _state.Rows.Has(i); i++)
                {
                    _state.Move(i);
                }
            }
        }

        return first >= 0;
    }
}
