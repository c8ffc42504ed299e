namespace Afterimage.Caching;

public sealed partial class ContentBuffer
{
    /// <summary>One reader's place in the content. Dispose it, or the writer may wait for it.</summary>
    public sealed class Reader : IDisposable
    {
        private readonly ContentBuffer _owner;
        private int _last;

        internal Reader(ContentBuffer owner) => _owner = owner;

        internal long Position { get; private set; }

        /// <summary>
        /// What has come since the last call; empty at the end. Valid until the next call. Throws <see cref="IOException"/> where the content broke off.
        /// </summary>
        public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
        {
            while (true)
            {
                Task changed;
                lock (_owner._lock)
                {
                    if (_last > 0)
                    {
                        Position += _last;
                        _last = 0;
                        _owner.Signal();
                    }

                    int from = (int)(Position - _owner._windowStart);
                    if (from < _owner._visible)
                    {
                        _last = _owner._visible - from;
                        return _owner._buffer.AsMemory(from, _last);
                    }

                    if (_owner._ended)
                    {
                        return default;
                    }

                    if (_owner._failed)
                    {
                        throw new IOException("the origin's answer broke off");
                    }

                    changed = _owner.Changed();
                }

                await changed.WaitAsync(cancellationToken);
            }
        }

        public void Dispose()
        {
            lock (_owner._lock)
            {
                _owner._readers.Remove(this);
                _owner.GiveBack();
                _owner.Signal();
            }
        }
    }
}
