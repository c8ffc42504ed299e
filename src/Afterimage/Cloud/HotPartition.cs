using Afterimage.Vectors;

namespace Afterimage.Cloud;

/// <summary>One partition in memory. Its index holds this partition only, so that an entry that moves to another partition cannot be mixed up.</summary>
internal sealed class HotPartition(Hash256 partition, Func<IVectorIndex> create, long now) : IAsyncDisposable
{
    private readonly HashSet<Hash256> _entries = [];

    // Changes by refreshes and by this gateway's own writes, one at a time; searches do not wait.
    private readonly SemaphoreSlim _changing = new(1, 1);
    private volatile IVectorIndex? _index;
    private volatile bool _isRefreshing;
    private bool _dropped;
    private PartitionMark _mark;

    public int Searches { get; set; }

    public long LastUsed { get; set; } = now;

    /// <summary>Timestamp at the beginning of the last successful refresh.</summary>
    public long RefreshedAt { get; private set; }

    /// <summary>1 while a refresh is under way.</summary>
    public int Refreshing;

    public bool IsLoaded => _index is not null;

    /// <summary>Whether a write of this gateway must be told: also while the partition is being fetched, because what is fetched may be from before the write.</summary>
    public bool WantsWrites => _index is not null || _isRefreshing;

    public int Count { get; private set; }

    /// <summary>Neighbours, or null where the partition is not in memory (any more).</summary>
    public async ValueTask<IReadOnlyList<Neighbor>?> SearchAsync(VectorQuery query, CancellationToken cancellationToken)
    {
        try
        {
            return _index is { } index ? await index.SearchAsync(query, cancellationToken) : null;
        }
        catch (ObjectDisposedException)
        {
            // Dropped a moment ago to make room.
            return null;
        }
    }

    /// <summary>This gateway's own write, at once.</summary>
    public async ValueTask ApplyAsync(IReadOnlyList<VectorRecord> added, IReadOnlyList<Hash256> removed, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        try
        {
            if (_index is { } index)
            {
                await ApplyAsync(index, added, removed, cancellationToken);
            }
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Brings the partition up to the remote state as of the call. Returns false where it is larger than <paramref name="vectorsMax"/>, and forgets it.</summary>
    public async Task<bool> RefreshAsync(IPartitionReader reader, long now, int vectorsMax, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        try
        {
            if (_dropped)
            {
                // Who began this had it in hand while it was dropped; what it loaded now nobody could drop again.
                return true;
            }

            _isRefreshing = true;
            PartitionChanges changes = await reader.ReadChangesAsync(partition, _mark, cancellationToken);
            if (changes.Count > vectorsMax)
            {
                await ForgetAsync();
                return false;
            }

            bool isFirst = _index is null;
            IVectorIndex index = _index ?? create();
            try
            {
                await ApplyAsync(index, changes.Records, [], cancellationToken);
                if (_entries.Count != changes.Count)
                {
                    changes = await CompareAsync(index, reader, changes, cancellationToken);
                }
            }
            catch when (isFirst)
            {
                // Half of a partition is of no use, and nobody else knows of it.
                _entries.Clear();
                Count = 0;
                await index.DisposeAsync();
                throw;
            }

            _mark = changes.Mark;
            RefreshedAt = now;
            _index = index;
            return true;
        }
        finally
        {
            _isRefreshing = false;
            _changing.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _changing.WaitAsync();
        try
        {
            _dropped = true;
            await ForgetAsync();
        }
        finally
        {
            _changing.Release();
        }
    }

    // The counts differ: something was removed, or a write committed long after it was made. The keys tell which.
    private async Task<PartitionChanges> CompareAsync(IVectorIndex index, IPartitionReader reader, PartitionChanges changes, CancellationToken cancellationToken)
    {
        HashSet<Hash256> keys = [.. await reader.ReadKeysAsync(partition, cancellationToken)];
        await ApplyAsync(index, [], [.. _entries.Where(e => !keys.Contains(e))], cancellationToken);
        if (_entries.Count < keys.Count)
        {
            changes = await reader.ReadChangesAsync(partition, PartitionMark.Start, cancellationToken);
            await ApplyAsync(index, changes.Records, [], cancellationToken);
        }

        return changes;
    }

    private async ValueTask ApplyAsync(IVectorIndex index, IReadOnlyList<VectorRecord> added, IReadOnlyList<Hash256> removed, CancellationToken cancellationToken)
    {
        if (added.Count > 0)
        {
            await index.AddAsync(added, cancellationToken);
            _entries.UnionWith(added.Select(r => r.Entry));
        }

        if (removed.Count > 0)
        {
            await index.RemoveAsync(removed, cancellationToken);
            _entries.ExceptWith(removed);
        }

        Count = _entries.Count;
    }

    private async ValueTask ForgetAsync()
    {
        IVectorIndex? index = _index;
        _index = null;
        _entries.Clear();
        Count = 0;
        _mark = PartitionMark.Start;
        if (index is not null)
        {
            await index.DisposeAsync();
        }
    }
}
