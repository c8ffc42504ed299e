using System.Collections.Concurrent;
using Afterimage.Vectors.Storage;

namespace Afterimage.Vectors;

/// <summary>
/// The thread behind an index: has graphs built, repaired and saved, the log compacted, memory given back. It takes the writer's lock for moments and
/// never holds up a search; what it has not reached yet is scanned, so it may be late but nothing is ever missing.
/// </summary>
internal sealed class Maintenance : IDisposable
{
    public const string ThreadName = "Afterimage index";

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly IndexState _state;
    private readonly VectorLog _log;
    private readonly GraphMaintenance _graphs;
    private readonly LogCompaction _compaction;
    private readonly RowCompaction _rows;
    private readonly Lock _writing;
    private readonly int _graphMin;
    private readonly AutoResetEvent _wake = new(false);
    private readonly ConcurrentQueue<TaskCompletionSource> _snapshots = new();
    private readonly string?[] _faults = new string?[Enum.GetValues<Work>().Length];
    private readonly Thread _thread;
    private LargePartition? _inWork;
    private volatile string? _defect;
    private volatile bool _stopping;

    public Maintenance(IndexState state, VectorLog log, GraphMaintenance graphs, LogCompaction compaction, Lock writing, int graphMin)
    {
        _state = state;
        _log = log;
        _graphs = graphs;
        _compaction = compaction;
        _rows = new RowCompaction(state, writing);
        _writing = writing;
        _graphMin = graphMin;
        _thread = new Thread(Run) { IsBackground = true, Name = ThreadName, Priority = ThreadPriority.BelowNormal };
    }

    /// <summary>Each kind keeps its own fault: that one works again does not mean that another does.</summary>
    private enum Work
    {
        Graph,
        Compaction,
        Saving,
    }

    /// <summary>Whether it waits for something to do. Under the writer's lock.</summary>
    public bool Idle { get; private set; }

    /// <summary>Graphs that were thrown away and begun again because most of what they held was removed. Under the writer's lock.</summary>
    public long Rebuilds => _graphs.Rebuilds;

    /// <summary>Why background work failed; null where it did not. A defect of the program stays until the next start.</summary>
    public string? Fault => _defect ?? DiskFault;

    /// <summary>Vectors that wait for their place in a graph. Under the writer's lock.</summary>
    public long Pending => _state.Graphs.Work.Append(_inWork).OfType<LargePartition>().Where(p => !p.Dropped && !p.ScanOnly).Distinct()
        .Where(p => p.Graph is not null || p.List.Live >= _graphMin).Sum(p => (long)(p.List.Count - p.List.Graphed));

    public void Start() => _thread.Start();

    /// <summary>Something was queued.</summary>
    public void Wake() => _wake.Set();

    /// <summary>
    /// Ends when every graph that changed has been saved and the log has been compacted as far as that pays; faulted with
    /// <see cref="VectorIndexUnavailableException"/> where the disk refuses some of it.
    /// </summary>
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
        bool hasRead = true;
        while (!_stopping)
        {
            if (Next() is { } partition && TryDo(Work.Graph, () => _graphs.WorkOn(partition, () => _stopping), partition))
            {
                hasRead = true;
            }
            else if (TryCompact() || TrySnapshot())
            {
                hasRead = true;
            }
            else if (hasRead)
            {
                ReleaseLog();
                hasRead = false;
            }
            else
            {
                _wake.WaitOne(Pause);
            }
        }

        TryDo(Work.Saving, _graphs.SaveAll);
        while (TrySnapshot())
        {
        }
    }

    // Opening, graphs and compaction go through the whole log, searches through little of it.
    private void ReleaseLog()
    {
        lock (_writing)
        {
            foreach (LogSegment segment in _log.Segments)
            {
                segment.Release();
            }
        }
    }

    private bool TryCompact()
    {
        lock (_writing)
        {
            _state.Retiring.Reclaim();
        }

        bool worked = false;
        return TryDo(Work.Compaction, () => worked = _compaction.TryStep(() => _stopping) || _rows.TryStep()) && worked;
    }

    private bool TrySnapshot()
    {
        if (!_snapshots.TryDequeue(out TaskCompletionSource? snapshot))
        {
            return false;
        }

        // Once more for this one: what the disk refused before it was asked for says nothing.
        while (TryCompact())
        {
        }

        TryDo(Work.Saving, _graphs.SaveAll);
        if (DiskFault is { } fault)
        {
            snapshot.SetException(new VectorIndexUnavailableException(fault));
        }
        else
        {
            snapshot.SetResult();
        }

        return true;
    }

    private string? DiskFault => _faults.FirstOrDefault(f => f is not null);

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

    /// <summary>
    /// Background work that the disk refuses is tried again later. A defect costs what was being worked on, never the process: searches and writers need
    /// none of this.
    /// </summary>
    private bool TryDo(Work work, Action action, LargePartition? partition = null)
    {
        try
        {
            action();
            _faults[(int)work] = null;
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _faults[(int)work] = $"Index maintenance failed: {e.Message}";
            if (partition is not null)
            {
                _graphs.PutBack(partition);
            }
        }
#pragma warning disable CA1031 // An exception that leaves this thread would end the gateway.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _defect = $"Index maintenance met a defect: {e}";
            if (partition is not null)
            {
                _graphs.GiveUp(partition);
            }
        }

        if (!_stopping)
        {
            _wake.WaitOne(Pause);
        }

        return false;
    }
}
