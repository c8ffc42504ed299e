using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Afterimage.Diagnostics;

/// <summary>
/// A bounded map of what was asked for lately. Two generations instead of a list in order of use, so that a hit takes no lock: when the young one is full it
/// becomes the old one, and what is met again moves up. Thread-safe.
/// </summary>
/// <param name="countMax">At most this many are kept; at least half of them are the latest.</param>
public sealed class RecentCache<TKey, TValue>(int countMax, IEqualityComparer<TKey>? comparer = null)
    where TKey : notnull
{
    private readonly Lock _lock = new();
    private volatile ConcurrentDictionary<TKey, TValue> _young = new(comparer);
    private volatile ConcurrentDictionary<TKey, TValue> _old = new(comparer);

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        if (_young.TryGetValue(key, out value))
        {
            return true;
        }

        if (!_old.TryGetValue(key, out value))
        {
            return false;
        }

        Set(key, value);
        return true;
    }

    public void Set(TKey key, TValue value)
    {
        if (_young.Count >= countMax / 2)
        {
            lock (_lock)
            {
                if (_young.Count >= countMax / 2)
                {
                    _old = _young;
                    _young = new(comparer);
                }
            }
        }

        _young[key] = value;
    }

    public void Remove(TKey key)
    {
        _young.TryRemove(key, out _);
        _old.TryRemove(key, out _);
    }
}
