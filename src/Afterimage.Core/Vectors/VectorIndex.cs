using System.Runtime.CompilerServices;
using Afterimage.Vectors.Graphs;
using Afterimage.Vectors.Kernels;
using Afterimage.Vectors.Storage;

namespace Afterimage.Vectors;

/// <summary>
/// The in-process index: durable, exact in small partitions, visible at once. Everything lives in one folder per space: a log that is the truth and
/// files derived from it (<c>docs/formats.md</c>). One process at a time may have it open.
/// </summary>
public sealed class VectorIndex : IVectorIndex
{
    private const int RecordsPerAppend = 64;

    private readonly VectorIndexOptions _options;
    private readonly IndexFolder _folder;
    private readonly VectorLog _log;
    private readonly Quantizer _quantizer;
    private readonly IndexState _state;
    private readonly SearcherPool _searchers;
    private readonly GroupCommit _commit;
    private readonly GraphBuilder _builder;
    private readonly GraphStore _graphs;
    private readonly Maintenance _maintenance;
    private readonly Lock _writing = new();
    private readonly VectorWriter _writer;
    private double _loadProgress;
    private volatile bool _disposed;

    private VectorIndex(VectorIndexOptions options)
    {
        _options = options;
        _folder = IndexFolder.Take(FolderOf(options.Folder, options.SpaceId));
        try
        {
            _log = new VectorLog(_folder.Path, options.SpaceId, options.Dimensions, options.SegmentBytesMax);
        }
        catch
        {
            _folder.Dispose();
            throw;
        }

        _quantizer = new Quantizer(options.Dimensions);
        _state = new IndexState(_log, _quantizer, options.GraphMin);
        _searchers = new SearcherPool(_state.Epochs, () => new Searcher(_state.Rows, _log, _quantizer, options));
        _commit = new GroupCommit(_log, options.FlushInterval);
        _builder = new GraphBuilder(_state.Rows, _quantizer, options.Kernel, options.BuildBeam);
        _graphs = new GraphStore(_folder.Path, _state, _writing);
        var compaction = new LogCompaction(_state, _log, _commit, _writing, options.Dimensions);
        var graphMaintenance = new GraphMaintenance(_state, _graphs, _writing, _builder, options.GraphMin);
        _maintenance = new Maintenance(_state, _log, graphMaintenance, compaction, _writing, options.GraphMin);
        _writer = new VectorWriter(_state, _log, _commit, _maintenance, _writing, options.Dimensions);
        Ready = Task.Run(Load);

        // Last: from here on another thread's gauges read it.
        VectorMetrics.Add(this);
    }

    public string SpaceId => _options.SpaceId;

    public int Dimensions => _options.Dimensions;

    /// <summary>Ends when the log has been read and every vector can be found. Until then operations wait for it; faulted where the files
    /// cannot be read, and then every operation throws <see cref="VectorIndexUnavailableException"/>.</summary>
    public Task Ready { get; }

    /// <summary>How the index is doing; cheap.</summary>
    public VectorIndexStatus Status
    {
        get
        {
            lock (_writing)
            {
                // While it loads, the loader alone may walk through graphs and what waits for them.
                bool ready = Ready.IsCompletedSuccessfully;
                return new VectorIndexStatus(
                    ready,
                    Volatile.Read(ref _loadProgress),
                    _state.Count,
                    _state.Partitions.Count,
                    ready ? _maintenance.Pending : 0,
                    ready ? _state.Bytes : 0,
                    _log.Bytes,
                    _commit.Lag.TotalSeconds,
                    _log.Damaged,
                    _maintenance.Rebuilds,
                    LoadFault ?? _writer.Fault ?? _commit.Fault ?? _maintenance.Fault);
            }
        }
    }

    /// <summary>Opens the index of a space, making its folder where there is none. Returns at once; reading goes on in the background (<see cref="Ready"/>).</summary>
    /// <exception cref="VectorIndexUnavailableException">Another process has it open, or the folder cannot be used.</exception>
    /// <exception cref="InvalidDataException">The files are of a format version or a space that this is not.</exception>
    public static VectorIndex Open(VectorIndexOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        try
        {
            return new VectorIndex(options);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VectorIndexUnavailableException($"The index in {options.Folder} cannot be opened: {e.Message}", e);
        }
    }

    /// <summary>The folder of a space inside the folder of all indexes: its id with everything but letters, digits, <c>_ @ + -</c> and inner dots escaped.</summary>
    public static string FolderOf(string folder, string spaceId) => IndexFolder.PathOf(folder, spaceId);

    /// <inheritdoc/>
    public async ValueTask AddAsync(IReadOnlyList<VectorRecord> records, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(records);
        foreach (VectorRecord record in records)
        {
            ArgumentOutOfRangeException.ThrowIfNotEqual(record.Vector.Length, Dimensions, nameof(records));
            UnitVectors.RequireFinite(record.Vector.Span, nameof(records));
        }

        await UsableAsync(cancellationToken).ConfigureAwait(false);
        for (int start = 0; start < records.Count; start += RecordsPerAppend)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _writer.Add(records, start, Math.Min(RecordsPerAppend, records.Count - start));
        }
    }

    /// <inheritdoc/>
    public async ValueTask<int> RemoveAsync(IReadOnlyList<Hash256> entries, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entries);
        await UsableAsync(cancellationToken).ConfigureAwait(false);
        int removed = 0;
        foreach (Hash256 entry in entries)
        {
            removed += _writer.Remove(entry) ? 1 : 0;
        }

        return removed;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Neighbor>> SearchAsync(VectorQuery query, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(query.Vector.Length, Dimensions, nameof(query));
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Count, 1, nameof(query));
        UnitVectors.RequireFinite(query.Vector.Span, nameof(query));
        cancellationToken.ThrowIfCancellationRequested();
        return Ready.IsCompletedSuccessfully ? ValueTask.FromResult<IReadOnlyList<Neighbor>>(Search(query)) : WaitAndSearchAsync(query, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<long> CountAsync(Hash256? partition, CancellationToken cancellationToken)
    {
        await UsableAsync(cancellationToken).ConfigureAwait(false);
        lock (_writing)
        {
            if (partition is not { } key)
            {
                return _state.Count;
            }

            int number = _state.Partitions.Find(key);
            return number < 0 ? 0 : _state.Partitions.At(number).Count;
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<VectorPlace> EnumerateAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await UsableAsync(cancellationToken).ConfigureAwait(false);
        using var walk = new RowWalk(_state, _writing);
        while (walk.Take() is { Count: > 0 } places)
        {
            foreach (VectorPlace place in places)
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return place;
            }

            ObjectDisposedException.ThrowIf(_disposed, this);
        }
    }

    /// <inheritdoc/>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        await UsableAsync(cancellationToken).ConfigureAwait(false);
        await _commit.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Flushes, saves every graph that changed and compacts the log as far as that pays. Happens by itself in the background and at closing; this is for
    /// those who want it now.
    /// </summary>
    public async Task SnapshotAsync(CancellationToken cancellationToken)
    {
        await FlushAsync(cancellationToken).ConfigureAwait(false);
        await _maintenance.SnapshotAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Flushes, waits for searches under way, and closes the files.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        await Ready.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _disposed = true;
        VectorMetrics.Remove(this);
        _maintenance.Dispose();
        await _commit.DisposeAsync().ConfigureAwait(false);
        long epoch = _state.Epochs.Advance();
        while (!_state.Epochs.Passed(epoch))
        {
            await Task.Delay(1).ConfigureAwait(false);
        }

        lock (_writing)
        {
            _writer.Close();
            _log.Dispose();
            _folder.Dispose();
        }
    }

    private void Load()
    {
        _log.Replay(
            (record, place) =>
            {
                _state.Apply(record, place);
                _writer.Used(LogRecord.Sequence(record));
            },
            progress => Volatile.Write(ref _loadProgress, progress));

        // A graph file may name vectors that the log has lost since. Their sequences are never given to others, or the file would speak of those.
        _writer.Used(_graphs.Load(new GraphRepair(_builder)));
        Volatile.Write(ref _loadProgress, 1);
        _maintenance.Start();
    }

    private async ValueTask UsableAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!Ready.IsCompletedSuccessfully)
        {
            await Ready.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            if (LoadFault is { } fault)
            {
                throw new VectorIndexUnavailableException(fault, Ready.Exception);
            }
        }

        ObjectDisposedException.ThrowIf(_disposed, this);
    }

    private async ValueTask<IReadOnlyList<Neighbor>> WaitAndSearchAsync(VectorQuery query, CancellationToken cancellationToken)
    {
        await UsableAsync(cancellationToken).ConfigureAwait(false);
        return Search(query);
    }

    private string? LoadFault => Ready.IsFaulted ? $"The index in {_options.Folder} cannot be read: {Ready.Exception.GetBaseException().Message}" : null;

    private Neighbor[] Search(in VectorQuery query)
    {
        Searcher searcher = _searchers.Rent();
        searcher.Enter(_state.Epochs);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            long start = VectorMetrics.Start();
            Neighbor[] found = searcher.Search(_state.Partitions, query);
            VectorMetrics.Searched(start, searcher.Path);
            return found;
        }
        finally
        {
            searcher.Leave();
            SearcherPool.Return(searcher);
        }
    }
}
