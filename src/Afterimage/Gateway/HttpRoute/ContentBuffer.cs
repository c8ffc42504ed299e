namespace Afterimage.Gateway.HttpRoute;

/// <summary>
/// Content that is still arriving, read by everyone who waits for it: the client that caused the request and those that joined. One writer, many
/// readers, each at its own pace. Up to the bound everything is kept, so that it can be stored afterwards; beyond it the buffer becomes a window that
/// moves on when every reader has seen it.
/// </summary>
internal sealed class ContentBuffer
{
    private const int FirstBytes = 16 << 10;
    private const int StepBytesMin = 4 << 10;

    private readonly Lock _lock = new();
    private readonly int _bytesMax;
    private readonly List<Reader> _readers = [];
    private byte[] _buffer;
    private readonly long? _expected;
    private int _written;
    private int _visible;
    private long _windowStart;
    private bool _ended;
    private bool _failed;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="expectedBytes">Announced length, or null.</param>
    /// <param name="bytesMax">Bound on what is kept.</param>
    public ContentBuffer(long? expectedBytes, int bytesMax)
    {
        _bytesMax = bytesMax;
        _expected = expectedBytes;

        // One byte more than announced, so that the end can be read without growing.
        _buffer = expectedBytes is { } expected && expected <= bytesMax
            ? GC.AllocateUninitializedArray<byte>((int)expected + 1)
            : new byte[Math.Min(FirstBytes, bytesMax)];
    }

    /// <summary>Whether more came than may be kept: nothing to store, and nobody can join from the start any more.</summary>
    public bool Overflowed { get; private set; }

    /// <summary>Everything that came, in an array of its size; only from the moment at which the source has ended, and without overflow.</summary>
    public ReadOnlyMemory<byte> Content => _buffer.Length <= _written + 1 ? _buffer.AsMemory(0, _written) : _buffer.AsSpan(0, _written).ToArray();

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
    /// <param name="readTimeout">Longest wait for one read.</param>
    /// <param name="cancellationToken">Ends it as a failure.</param>
    public async Task FillAsync(Stream source, Action beforeEnd, TimeSpan readTimeout, CancellationToken cancellationToken)
    {
        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
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
                    Array.Resize(ref _buffer, Math.Min(_bytesMax, Math.Max(_buffer.Length * 2, _buffer.Length + StepBytesMin)));
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

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
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
        TaskCompletionSource changed = _changed;
        _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.TrySetResult();
    }

    /// <summary>One reader's place in the content. Dispose it, or the writer may wait for it.</summary>
    internal sealed class Reader(ContentBuffer owner) : IDisposable
    {
        private int _last;

        internal long Position { get; private set; }

        /// <summary>
        /// What has come since the last call; empty at the end. Valid until the next call. Throws <see cref="IOException"/> where the content broke off.
        /// </summary>
        public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
        {
            while (true)
            {
                Task changed;
                lock (owner._lock)
                {
                    if (_last > 0)
                    {
                        Position += _last;
                        _last = 0;
                        owner.Signal();
                    }

                    int from = (int)(Position - owner._windowStart);
                    if (from < owner._visible)
                    {
                        _last = owner._visible - from;
                        return owner._buffer.AsMemory(from, _last);
                    }

                    if (owner._ended)
                    {
                        return default;
                    }

                    if (owner._failed)
                    {
                        throw new IOException("the origin's answer broke off");
                    }

                    changed = owner._changed.Task;
                }

                await changed.WaitAsync(cancellationToken);
            }
        }

        public void Dispose()
        {
            lock (owner._lock)
            {
                owner._readers.Remove(this);
                owner.Signal();
            }
        }
    }
}
