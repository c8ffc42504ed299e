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
    private volatile Generation _young = new(comparer);
    private volatile Generation _old = new(comparer);

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        if (_young.Map.TryGetValue(key, out value))
        {
            return true;
        }

        if (!_old.Map.TryGetValue(key, out value))
        {
            return false;
        }

        Set(key, value);
        return true;
    }

    public void Set(TKey key, TValue value)
    {
        Generation young = _young;
        if (young.Added >= countMax / 2)
        {
            lock (_lock)
            {
                if (_young == young)
                {
                    _old = young;
                    _young = new Generation(comparer);
                }

                young = _young;
            }
        }

        young.Set(key, value);
    }

    public void Remove(TKey key)
    {
        _young.Map.TryRemove(key, out _);
        _old.Map.TryRemove(key, out _);
    }

    /// <summary>Counts what is added by itself: the count of a concurrent dictionary takes all of its locks.</summary>
    private sealed class Generation(IEqualityComparer<TKey>? comparer)
    {
        private int _added;

        public ConcurrentDictionary<TKey, TValue> Map { get; } = new(comparer);

        /// <summary>How many were added, those that were removed since among them.</summary>
        public int Added => Volatile.Read(ref _added);

        public void Set(TKey key, TValue value)
        {
            if (Map.TryAdd(key, value))
            {
                Interlocked.Increment(ref _added);
            }
            else
            {
                Map[key] = value;
            }
        }
    }
}
