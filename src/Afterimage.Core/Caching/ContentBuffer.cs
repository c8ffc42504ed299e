namespace Afterimage.Caching;

/// <summary>
/// Content that is still arriving, read by everyone who waits for it: the client that caused the request and those that joined. One writer, many
/// readers, each at its own pace. Up to the bound everything is kept, so that it can be stored afterwards; beyond it, or where the common budget is
/// spent, the buffer becomes a window that moves on when every reader has seen it. Dispose it when it is stored; its readers dispose themselves.
/// </summary>
public sealed partial class ContentBuffer : IDisposable
{
    private const int FirstBytes = 16 << 10;
    private const int StepBytesMin = 4 << 10;

    private readonly Lock _lock = new();
    private readonly BufferBudget _budget;
    private readonly List<Reader> _readers = [];
    private int _bytesMax;
    private long _taken;
    private bool _disposed;
    private byte[] _buffer;
    private readonly long? _expected;
    private int _written;
    private int _visible;
    private long _windowStart;
    private bool _ended;
    private bool _failed;
    private ReadOnlyMemory<byte>? _content;

    // Made by whoever has to wait; continuations run elsewhere, so that it may be set inside the lock.
    private TaskCompletionSource? _changed;

    /// <param name="expectedBytes">Announced length, or null.</param>
    /// <param name="bytesMax">Bound on what is kept.</param>
    /// <param name="budget">What all buffers take from.</param>
    public ContentBuffer(long? expectedBytes, int bytesMax, BufferBudget budget)
    {
        (_bytesMax, _expected, _budget) = (bytesMax, expectedBytes, budget);

        // One byte more than announced, so that the end can be read without growing.
        int first = expectedBytes is { } expected && expected <= bytesMax ? (int)expected + 1 : Math.Min(FirstBytes, bytesMax);
        if (budget.TryTake(first))
        {
            _taken = first;
        }
        else
        {
            // A window of the smallest kind, for which there is always room: their number is bounded by that of the calls.
            first = _bytesMax = Math.Min(first, StepBytesMin);
        }

        _buffer = GC.AllocateUninitializedArray<byte>(first);
    }

    /// <summary>Whether more came than may be kept: nothing to store, and nobody can join from the start any more.</summary>
    public bool Overflowed { get; private set; }

    /// <summary>Everything that came, in an array of its size; only from the moment at which the source has ended, and without overflow.</summary>
    public ReadOnlyMemory<byte> Content
    {
        get
        {
            lock (_lock)
            {
                return _content ??= _buffer.Length <= _written + 1 ? _buffer.AsMemory(0, _written) : _buffer.AsSpan(0, _written).ToArray();
            }
        }
    }

    /// <summary>Whether everything has come.</summary>
    public bool IsComplete
    {
        get
        {
            lock (_lock)
            {
                return _ended;
            }
        }
    }

    /// <summary>Bytes that have come.</summary>
    public long Length
    {
        get
        {
            lock (_lock)
            {
                return _windowStart + _written;
            }
        }
    }

    /// <summary>A reader from the first byte; null where that byte is no longer here.</summary>
    public Reader? Attach()
    {
        lock (_lock)
        {
            if (Overflowed)
            {
                return null;
            }

            var reader = new Reader(this);
            _readers.Add(reader);
            return reader;
        }
    }

    /// <summary>Reads the source to its end. Throws what the source throws, after telling the readers.</summary>
    /// <param name="source">The origin's content.</param>
    /// <param name="beforeEnd">Runs when everything is here but the readers do not know it yet: whoever has seen the end finds what this has done.</param>
    /// <param name="readTimeout">Longest wait for one read; then <see cref="TimeoutException"/>.</param>
    /// <param name="cancellationToken">Ends it as a failure.</param>
    public async Task FillAsync(Stream source, Action beforeEnd, TimeSpan readTimeout, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            while (true)
            {
                Memory<byte> free = await RoomAsync(cancellationToken);
                deadline.CancelAfter(readTimeout);
                int read = await source.ReadAsync(free, deadline.Token);
                deadline.CancelAfter(Timeout.InfiniteTimeSpan);
                if (read == 0)
                {
                    beforeEnd();
                    End();
                    return;
                }

                Advance(read);
            }
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            Fail();
            throw new TimeoutException($"nothing came for {readTimeout.TotalSeconds:0.#} s");
        }
        catch
        {
            Fail();
            throw;
        }
    }

    /// <summary>Ends the buffer without its content being complete.</summary>
    public void Fail()
    {
        lock (_lock)
        {
            _failed = true;
            Signal();
        }
    }

    private async ValueTask<Memory<byte>> RoomAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                // One byte of room is needed to see the end even where the announced length is reached.
                if (_written < _buffer.Length)
                {
                    return _buffer.AsMemory(_written);
                }

                if (!Overflowed && _buffer.Length < _bytesMax)
                {
                    Grow();
                    continue;
                }

                Overflowed = true;
                _visible = _written;
                if (_readers.Count == 0)
                {
                    throw new OperationCanceledException("nobody reads what is too large to keep");
                }

                if (_readers.TrueForAll(reader => reader.Position == _windowStart + _written))
                {
                    _windowStart += _written;
                    _written = 0;
                    _visible = 0;
                    _buffer = _buffer.Length > 0 ? _buffer : new byte[StepBytesMin];
                    continue;
                }

                changed = Changed();
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    private void Grow()
    {
        int length = (int)Math.Min(_bytesMax, Math.Max(_buffer.Length * 2L, _buffer.Length + StepBytesMin));
        if (_budget.TryTake(length - _buffer.Length))
        {
            _taken += length - _buffer.Length;

            // Readers may hold the old array; its content does not change, so they finish with it.
            Array.Resize(ref _buffer, length);
        }
        else
        {
            _bytesMax = _buffer.Length;
        }
    }

    private void Advance(int read)
    {
        lock (_lock)
        {
            _written += read;

            // A client that knows the length would take the last announced byte for the end.
            _visible = _windowStart + _written == _expected ? _visible : _written;
            Signal();
        }
    }

    private void End()
    {
        lock (_lock)
        {
            _visible = _written;
            _ended = true;
            Signal();
        }
    }

    private void Signal()
    {
        _changed?.TrySetResult();
        _changed = null;
    }

    private Task Changed() => (_changed ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>Gives the memory back to the budget once nobody reads either.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            GiveBack();
        }
    }

    private void GiveBack()
    {
        if (_disposed && _readers.Count == 0)
        {
            _budget.Return(_taken);
            _taken = 0;
        }
    }
}
