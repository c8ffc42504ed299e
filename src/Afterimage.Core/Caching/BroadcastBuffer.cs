namespace Afterimage.Caching;

/// <summary>
/// The bytes of one answer while they arrive: one writer, any number of readers, each at its own pace. Up to <c>bytesMax</c> everything is kept,
/// so that late readers and the store get the whole. An answer that outgrows it is no longer kept: what was read is dropped and the
/// writer waits for the one attached reader (pass-through).
/// </summary>
public sealed class BroadcastBuffer
{
    // Waiters run their continuations asynchronously, so that results may be set inside the lock.
    private readonly Lock _lock = new();
    private readonly int _bytesMax;
    private readonly long? _expectedLength;
    private byte[] _bytes;
    private int _length;
    private long _dropped;
    private bool _passThrough;
    private bool _completed;
    private long _leaderPosition;
    private bool _leaderAttached = true;
    private TaskCompletionSource? _readable;
    private TaskCompletionSource? _drained;

    /// <param name="expectedLength">Content-Length where known, so that the buffer need not grow.</param>
    /// <param name="bytesMax">The most that is kept.</param>
    public BroadcastBuffer(long? expectedLength, int bytesMax)
    {
        (_bytesMax, _expectedLength) = (bytesMax, expectedLength);
        _passThrough = expectedLength > bytesMax;
        _bytes = new byte[_passThrough ? 64 * 1024 : (int)Math.Clamp(expectedLength ?? 32 * 1024, 1, bytesMax)];
    }

    /// <summary>Whether the whole is still here.</summary>
    public bool IsWhole => !_passThrough;

    /// <summary>Bytes written so far.</summary>
    public long Length
    {
        get
        {
            lock (_lock)
            {
                return _dropped + _length;
            }
        }
    }

    /// <summary>Whether all bytes have come; a client may know so before the writer has met the end.</summary>
    public bool IsComplete
    {
        get
        {
            lock (_lock)
            {
                return _completed || _dropped + _length == _expectedLength;
            }
        }
    }

    /// <summary>The whole answer; only when completed and whole.</summary>
    public ReadOnlyMemory<byte> Whole => _bytes.AsMemory(0, _length);

    /// <summary>
    /// Room to write into, followed by <see cref="Advance"/>. Where nothing is kept any more this waits until the leader's reader has taken what is
    /// there; false means that nobody reads any more and writing is pointless.
    /// </summary>
    public async ValueTask<Memory<byte>?> GetMemoryAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task wait;
            lock (_lock)
            {
                if (_length < _bytes.Length)
                {
                    return _bytes.AsMemory(_length);
                }

                if (!_passThrough && _bytes.Length < _bytesMax)
                {
                    // Readers may hold the old array; its content does not change, so they finish with it.
                    Array.Resize(ref _bytes, (int)Math.Min(_bytesMax, _bytes.Length * 2L));
                    return _bytes.AsMemory(_length);
                }

                _passThrough = true;
                if (!_leaderAttached)
                {
                    return null;
                }

                if (_leaderPosition == _dropped + _length)
                {
                    _dropped += _length;
                    _length = 0;
                    _bytes = new byte[64 * 1024];
                    return _bytes.AsMemory();
                }

                _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                wait = _drained.Task;
            }

            await wait.WaitAsync(cancellationToken);
        }
    }

    public void Advance(int count)
    {
        lock (_lock)
        {
            _length += count;
            _readable?.SetResult();
            _readable = null;
        }
    }

    /// <summary>Whether the answer broke off: what came is not the whole. Meaningful once a reader has met the end.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>No more bytes will come.</summary>
    public void Complete(bool broken)
    {
        lock (_lock)
        {
            IsBroken = broken;
            _completed = true;
            _readable?.SetResult();
            _readable = null;
        }
    }

    /// <summary>The bytes from <paramref name="position"/> on, waiting until there are some; empty at the end.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(long position, bool leader, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task wait;
            lock (_lock)
            {
                if (leader && position != _leaderPosition)
                {
                    _leaderPosition = position;
                    _drained?.SetResult();
                    _drained = null;
                }

                int at = checked((int)(position - _dropped));
                if (at < _length)
                {
                    return _bytes.AsMemory(at, _length - at);
                }

                if (_completed)
                {
                    return default;
                }

                _readable ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                wait = _readable.Task;
            }

            await wait.WaitAsync(cancellationToken);
        }
    }

    /// <summary>The leader's client is gone; what is kept goes on for the others and the store.</summary>
    public void DetachLeader()
    {
        lock (_lock)
        {
            _leaderAttached = false;
            _drained?.SetResult();
            _drained = null;
        }
    }
}
