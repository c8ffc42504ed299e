using Afterimage.Caching;
using Afterimage.Vectors;

namespace Afterimage.Gateway;

/// <summary>Keeps the index in agreement with the entries while the gateway runs.</summary>
internal sealed class IndexUpkeep : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _running;
    private readonly ImageCache _cache;
    private readonly IndexQueue _indexing;
    private readonly SpaceRecord _spaces;
    private readonly ILogger _logger;
    private bool _offerSaid;
    private bool _learningKept = true;

    public IndexUpkeep(ImageCache cache, IndexQueue indexing, SpaceRecord spaces, ILogger logger)
    {
        (_cache, _indexing, _spaces, _logger) = (cache, indexing, spaces, logger);
        _running = Task.Run(RunAsync);
    }

    /// <summary>Completes once the entries are read back and the index agrees with them.</summary>
    public Task Ready => _ready.Task;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    /// <summary>Reconciles index and entries once the entries are read back, and again whenever something was skipped or the last attempt failed.</summary>
    private async Task RunAsync()
    {
        bool due = true;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                if (_cache.Store.Status.Loaded && (due || _indexing.HasGaps))
                {
                    _indexing.GapsClosed();
                    due = !await TryReconcileAsync();
                    timer.Period = TimeSpan.FromSeconds(30);
                }

                if (timer.Period.TotalSeconds > 1)
                {
                    KeepLearning();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    /// <summary>Writes down what was learnt; says once that the disk refuses, and once that it takes it again.</summary>
    private void KeepLearning()
    {
        bool kept = _cache.Semantic.Learner.Flush();
        if (kept == _learningKept)
        {
            return;
        }

        _learningKept = kept;
        if (kept)
        {
            _logger.LogWarning("what was learnt from feedback is on disk again");
        }
        else
        {
            _logger.LogError("what was learnt from feedback cannot be written to learning.bin; it counts until this process ends, and is tried again every 30 s");
        }
    }

    /// <summary>Whether the older entries wait for the operator's word because the embedding space is another one; said once.</summary>
    private async Task<bool> IsReindexOfferedAsync()
    {
        (long entries, long vectors) = (_cache.Store.Status.Entries, await _cache.Semantic.Index.CountAsync(null, _stop.Token));
        if (!_spaces.Compare(entries, vectors))
        {
            return false;
        }

        if (!_offerSaid && _logger.IsEnabled(LogLevel.Warning))
        {
            _offerSaid = true;
            _logger.LogWarning(
                "The embedding space is {Space}; the {Entries} entries of this data folder were embedded in {Former}, and {Vectors} of them have a vector of the new one. "
                + "Spaces are not mixed: the others are found by their exact request only. `afterimage backfill reindex` embeds them.",
                _cache.Semantic.Index.SpaceId, entries, _spaces.Former ?? "another one", vectors);
        }

        return true;
    }

    /// <summary>False where the store or the index could not be asked; the next tick tries again.</summary>
    private async Task<bool> TryReconcileAsync()
    {
        try
        {
            if (await IsReindexOfferedAsync())
            {
                _ready.TrySetResult();
                return true;
            }

            ReconcileReport report = await Reconciler.RunAsync(_cache.Store, _cache.Semantic, _stop.Token);
            _ready.TrySetResult();
            if (report.VectorsAdded + report.VectorsRemoved > 0 && _logger.IsEnabled(LogLevel.Warning))
            {
                _logger.LogWarning("reconcile: {Entries} entries, {Added} vectors added, {Removed} removed", report.Entries, report.VectorsAdded, report.VectorsRemoved);
            }

            return true;
        }
        catch (Exception e) when (e is IOException or VectorIndexUnavailableException)
        {
            _logger.LogError("reconcile failed, tried again in 30 s: {Message}", e.Message);
            return false;
        }
        catch (Exception e) when (e is not (OperationCanceledException or OutOfMemoryException))
        {
            // A bug; the upkeep goes on all the same.
            _logger.LogError(e, "reconcile failed, tried again in 30 s");
            return false;
        }
    }
}
