using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Afterimage.Diagnostics;
using Afterimage.Vectors;

namespace Afterimage.Cloud;

/// <summary>
/// A remote index with the partitions in use kept in memory in front of it, so that a hit rarely leaves the machine. Own writes go to the remote index
/// first and are visible here at once; those of other gateways within <see cref="HotTierOptions.StalenessSeconds"/>. While the remote index is away,
/// partitions in memory go on answering for <see cref="HotTierOptions.AwaySeconds"/>. Thread-safe.
/// </summary>
public sealed class TieredVectorIndex : IVectorIndex
{
    private static readonly Counter<long> Searches = Telemetry.Meter.CreateCounter<long>(
        "afterimage.index.hot.searches", "{search}", "Searches of a tiered index by what answered: hot, remote, or stale (the remote index was away).");

    private readonly IVectorIndex _remote;
    private readonly IPartitionReader _reader;
    private readonly Func<IVectorIndex> _create;
    private readonly HotTierOptions _options;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<Hash256, HotPartition> _partitions = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _refreshing;
    private int _disposed;

    /// <param name="remote">Disposed with this index.</param>
    /// <param name="reader">The same index, as one that hands out partitions.</param>
    /// <param name="create">Makes an empty index in memory for one partition of the remote index's space.</param>
    public TieredVectorIndex(IVectorIndex remote, IPartitionReader reader, Func<IVectorIndex> create, HotTierOptions options, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(remote);
        ArgumentNullException.ThrowIfNull(options);
        _remote = remote;
        _reader = reader;
        _create = create;
        _options = options;
        _time = time ?? TimeProvider.System;
        _refreshing = RefreshRegularlyAsync(_stopping.Token);
    }

    public string SpaceId => _remote.SpaceId;

    public int Dimensions => _remote.Dimensions;

    /// <summary>The index behind this one.</summary>
    internal IVectorIndex Remote => _remote;

    /// <summary>Vectors in memory.</summary>
    public long HotVectors => _partitions.Values.Sum(p => (long)p.Count);

    public async ValueTask AddAsync(IReadOnlyList<VectorRecord> records, CancellationToken cancellationToken)
    {
        await _remote.AddAsync(records, cancellationToken);
        foreach ((Hash256 key, HotPartition partition) in _partitions)
        {
            if (partition.WantsWrites)
            {
                // What now is elsewhere is no longer here.
                VectorRecord[] here = [.. records.Where(r => r.Partition == key)];
                await partition.ApplyAsync(here, [.. records.Where(r => r.Partition != key).Select(r => r.Entry).Except(here.Select(r => r.Entry))], cancellationToken);
            }
        }
    }

    public async ValueTask<int> RemoveAsync(IReadOnlyList<Hash256> entries, CancellationToken cancellationToken)
    {
        int removed = await _remote.RemoveAsync(entries, cancellationToken);
        foreach (HotPartition partition in _partitions.Values.Where(p => p.WantsWrites))
        {
            await partition.ApplyAsync([], entries, cancellationToken);
        }

        return removed;
    }

    public async ValueTask<IReadOnlyList<Neighbor>> SearchAsync(VectorQuery query, CancellationToken cancellationToken)
    {
        HotPartition partition = Partition(query.Partition);
        partition.LastUsed = _time.GetTimestamp();
        partition.Searches++;
        TimeSpan age = _time.GetElapsedTime(partition.RefreshedAt);
        bool isLoaded = partition.IsLoaded;
        if (isLoaded && age.TotalSeconds <= _options.StalenessSeconds && await partition.SearchAsync(query, cancellationToken) is { } hot)
        {
            Searches.Add(1, new KeyValuePair<string, object?>("from", "hot"));
            return hot;
        }

        if (isLoaded || partition.Searches >= _options.LoadAfterSearches)
        {
            StartRefresh(query.Partition, partition);
        }

        try
        {
            IReadOnlyList<Neighbor> found = await _remote.SearchAsync(query, cancellationToken);
            Searches.Add(1, new KeyValuePair<string, object?>("from", "remote"));
            return found;
        }
        catch (VectorIndexUnavailableException) when (isLoaded && age.TotalSeconds <= _options.AwaySeconds)
        {
            if (await partition.SearchAsync(query, cancellationToken) is not { } stale)
            {
                throw;
            }

            Searches.Add(1, new KeyValuePair<string, object?>("from", "stale"));
            return stale;
        }
    }

    public ValueTask<long> CountAsync(Hash256? partition, CancellationToken cancellationToken) => _remote.CountAsync(partition, cancellationToken);

    public IAsyncEnumerable<VectorPlace> EnumerateAsync(CancellationToken cancellationToken) => _remote.EnumerateAsync(cancellationToken);

    public IAsyncEnumerable<Hash256> EnumerateKeysAsync(CancellationToken cancellationToken) => _remote.EnumerateKeysAsync(cancellationToken);

    public ValueTask FlushAsync(CancellationToken cancellationToken) => _remote.FlushAsync(cancellationToken);

    /// <summary>Forgets everything in memory; for a resync, or after a purge by another gateway that must act at once.</summary>
    public void Forget()
    {
        foreach (Hash256 key in _partitions.Keys)
        {
            Drop(key);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _stopping.CancelAsync();
        await _refreshing;
        foreach (HotPartition partition in _partitions.Values)
        {
            await partition.DisposeAsync();
        }

        _stopping.Dispose();
        await _remote.DisposeAsync();
    }

    /// <summary>Waits for a partition to be in memory and fresh. For tests.</summary>
    internal Task RefreshAsync(Hash256 key) => RefreshAsync(key, Partition(key));

    private HotPartition Partition(Hash256 key) =>
        _partitions.GetOrAdd(key, static (k, index) => new HotPartition(k, index._create, index._time.GetTimestamp()), this);

    private void StartRefresh(Hash256 key, HotPartition partition)
    {
        if (Interlocked.CompareExchange(ref partition.Refreshing, 1, 0) == 0)
        {
            _ = Task.Run(async () =>
            {
                try
                {
                    await RefreshAsync(key, partition);
                }
                finally
                {
                    Volatile.Write(ref partition.Refreshing, 0);
                }
            });
        }
    }

    private async Task RefreshAsync(Hash256 key, HotPartition partition)
    {
        try
        {
            if (!await partition.RefreshAsync(_reader, _time.GetTimestamp(), _options.VectorsMax, _stopping.Token))
            {
                // Too large; asked for again only after as many searches.
                partition.Searches = -1_000;
            }

            while (HotVectors > _options.VectorsMax && _partitions.Where(p => p.Key != key && p.Value.IsLoaded).MinBy(p => p.Value.LastUsed) is { Value: not null } oldest)
            {
                Drop(oldest.Key);
            }
        }
        catch (Exception e) when (e is VectorIndexUnavailableException or OperationCanceledException or ObjectDisposedException)
        {
            // The remote index is away or this one is closing; searches go on as they can.
        }
    }

    private void Drop(Hash256 key)
    {
        if (_partitions.TryRemove(key, out HotPartition? partition))
        {
            _ = partition.DisposeAsync().AsTask();
        }
    }

    // Partitions in use are refreshed before they become stale, so that searches do not have to go out.
    private async Task RefreshRegularlyAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(_options.StalenessSeconds / 2.0), _time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping))
            {
                foreach ((Hash256 key, HotPartition partition) in _partitions)
                {
                    TimeSpan unused = _time.GetElapsedTime(partition.LastUsed);
                    if (unused.TotalMinutes > _options.IdleMinutes)
                    {
                        Drop(key);
                    }
                    else if (partition.IsLoaded && unused.TotalSeconds < 2 * _options.StalenessSeconds)
                    {
                        StartRefresh(key, partition);
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }
}
