namespace Afterimage.Matching.Learning;

/// <summary>Keys that are refused for ever, up to a bound; beyond it the oldest leave. Thread-safe.</summary>
internal sealed class BlockList(int countMax)
{
    private readonly Lock _lock = new();
    private readonly HashSet<Hash256> _keys = [];
    private readonly Queue<Hash256> _order = new();

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _keys.Count;
            }
        }
    }

    /// <summary>False where the key was in it already.</summary>
    public bool Add(Hash256 key)
    {
        lock (_lock)
        {
            if (!_keys.Add(key))
            {
                return false;
            }

            _order.Enqueue(key);
            if (_order.Count > countMax)
            {
                _keys.Remove(_order.Dequeue());
            }

            return true;
        }
    }

    public bool Contains(Hash256 key)
    {
        lock (_lock)
        {
            return _keys.Contains(key);
        }
    }

    /// <summary>Oldest first.</summary>
    public Hash256[] ToArray()
    {
        lock (_lock)
        {
            return [.. _order];
        }
    }
}
