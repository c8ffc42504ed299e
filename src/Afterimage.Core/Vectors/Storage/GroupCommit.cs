namespace Afterimage.Vectors.Storage;

/// <summary>
/// Flushes the log once per interval for everybody, and at once for those who ask. A change is in the file, and safe from the death of the process,
/// when it is made; the flush makes it safe from the death of the machine.
/// </summary>
internal sealed class GroupCommit : IAsyncDisposable
{
    private readonly VectorLog _log;
    private readonly TimeSpan _interval;
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _wake = new(0);
    private readonly Task _loop;
    private TaskCompletionSource? _waiters;
    private long _changes;
    private long _flushed;
    private long _oldestChange;
    private volatile bool _stopping;
    private bool _isOver;

    public GroupCommit(VectorLog log, TimeSpan interval)
    {
        _log = log;
        _interval = interval;
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Why the last flush failed; null where it did not.</summary>
    public string? Fault { get; private set; }

    /// <summary>Age of the oldest change that is not flushed.</summary>
    public TimeSpan Lag
    {
        get
        {
            lock (_lock)
            {
                return _changes == _flushed ? TimeSpan.Zero : TimeProvider.System.GetElapsedTime(_oldestChange);
            }
        }
    }

    /// <summary>To be called after each append.</summary>
    public void Changed()
    {
        lock (_lock)
        {
            if (_changes++ == _flushed)
            {
                _oldestChange = TimeProvider.System.GetTimestamp();
            }
        }
    }

    /// <summary>Returns when every change made before the call is on disk; throws <see cref="VectorIndexUnavailableException"/> where the disk refuses.</summary>
    public Task FlushAsync(CancellationToken cancellationToken)
    {
        Task flushed;
        lock (_lock)
        {
            if (_changes == _flushed)
            {
                return Task.CompletedTask;
            }

            if (_isOver)
            {
                // Nobody would come by any more; the last flush has what there was.
                return Task.FromException(new ObjectDisposedException(nameof(GroupCommit)));
            }

            _waiters ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            flushed = _waiters.Task;
        }

        _wake.Release();
        return flushed.WaitAsync(cancellationToken);
    }

    /// <summary>Flushes now, on the calling thread; throws <see cref="IOException"/> where the disk refuses.</summary>
    public void Flush()
    {
        _log.Flush();
        _wake.Release();
    }

    public async ValueTask DisposeAsync()
    {
        _stopping = true;
        _wake.Release();
        await _loop.ConfigureAwait(false);
        lock (_lock)
        {
            _isOver = true;
        }

        FlushOnce();
        _wake.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stopping)
        {
            await _wake.WaitAsync(_interval).ConfigureAwait(false);
            FlushOnce();
        }
    }

    private void FlushOnce()
    {
        long target;
        long started = TimeProvider.System.GetTimestamp();
        TaskCompletionSource? waiters;
        lock (_lock)
        {
            target = _changes;
            waiters = _waiters;
            _waiters = null;
            if (target == _flushed)
            {
                waiters?.SetResult();
                return;
            }
        }

        try
        {
            _log.Flush();
            lock (_lock)
            {
                _flushed = target;
                _oldestChange = started;
                Fault = null;
            }

            waiters?.SetResult();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Fault = $"The index log cannot be flushed: {e.Message}";
            waiters?.SetException(new VectorIndexUnavailableException(Fault, e));
        }
    }
}
