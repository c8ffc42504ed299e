using Afterimage.Cloud;
using Afterimage.Vectors;
using Xunit;

namespace Afterimage.Tests.Cloud;

public sealed class TieredVectorIndexTests : IAsyncDisposable
{
    private const int Dimensions = 16;

    private readonly ManualTime _time = new();
    private readonly FakeRemote _remote = new(Dimensions);

    [Fact]
    public async Task A_partition_in_use_answers_without_the_remote_index()
    {
        await using TieredVectorIndex index = Open();
        await index.AddAsync([Vectors.Record(1, Dimensions)], default);
        for (int i = 0; i < 3; i++)
        {
            Assert.Single(await index.SearchAsync(Query(1), default));
        }

        await index.RefreshAsync(Vectors.Partition(0));
        int before = _remote.Searches;
        Assert.Single(await index.SearchAsync(Query(1), default));
        Assert.Equal(before, _remote.Searches);
        Assert.Equal(1, index.HotVectors);
    }

    [Fact]
    public async Task Own_writes_are_seen_at_once_and_moves_leave_no_trace()
    {
        await using TieredVectorIndex index = Open();
        await index.RefreshAsync(Vectors.Partition(0));
        await index.RefreshAsync(Vectors.Partition(1));
        await index.AddAsync([Vectors.Record(1, Dimensions), Vectors.Record(2, Dimensions)], default);
        await index.AddAsync([Vectors.Record(1, Dimensions, partition: 1)], default);
        Assert.Equal(1, await index.RemoveAsync([Vectors.Key(2)], default));

        Assert.Empty(await index.SearchAsync(Query(1), default));
        Assert.Empty(await index.SearchAsync(Query(2), default));
        Assert.Single(await index.SearchAsync(Query(1) with { Partition = Vectors.Partition(1) }, default));
        Assert.Equal(0, _remote.Searches);
    }

    [Fact]
    public async Task Writes_of_others_are_seen_after_the_staleness_at_the_latest()
    {
        await using TieredVectorIndex index = Open();
        await _remote.AddAsync([Vectors.Record(1, Dimensions), Vectors.Record(2, Dimensions)], default);
        await index.RefreshAsync(Vectors.Partition(0));
        await _remote.AddAsync([Vectors.Record(3, Dimensions)], default);
        await _remote.RemoveAsync([Vectors.Key(1)], default);
        await _remote.AddAsync([Vectors.Record(2, Dimensions, partition: 7)], default);
        Assert.Single(await index.SearchAsync(Query(1), default));

        // Past the staleness the remote index is asked, whatever the refresh in the background has reached by then.
        _time.Advance(TimeSpan.FromSeconds(5.1));
        Assert.Empty(await index.SearchAsync(Query(1), default));
        Assert.Single(await index.SearchAsync(Query(3), default));

        await index.RefreshAsync(Vectors.Partition(0));
        int before = _remote.Searches;
        Assert.Empty(await index.SearchAsync(Query(1), default));
        Assert.Empty(await index.SearchAsync(Query(2), default));
        Assert.Single(await index.SearchAsync(Query(3), default));
        Assert.Equal(before, _remote.Searches);
    }

    [Fact]
    public async Task While_the_remote_index_is_away_memory_answers_and_afterwards_all_is_as_before()
    {
        await using TieredVectorIndex index = Open(new HotTierOptions { AwaySeconds = 60 });
        await _remote.AddAsync([Vectors.Record(1, Dimensions)], default);
        await index.RefreshAsync(Vectors.Partition(0));
        _remote.IsAway = true;
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Single(await index.SearchAsync(Query(1), default));
        await Assert.ThrowsAsync<VectorIndexUnavailableException>(async () => await index.SearchAsync(Query(1) with { Partition = Vectors.Partition(5) }, default));
        await Assert.ThrowsAsync<VectorIndexUnavailableException>(async () => await index.AddAsync([Vectors.Record(9, Dimensions)], default));

        _time.Advance(TimeSpan.FromSeconds(31));
        await Assert.ThrowsAsync<VectorIndexUnavailableException>(async () => await index.SearchAsync(Query(1), default));

        _remote.IsAway = false;
        Assert.Single(await index.SearchAsync(Query(1), default));
    }

    [Fact]
    public async Task The_partition_unused_for_longest_makes_room_and_one_too_large_is_never_held()
    {
        await using TieredVectorIndex index = Open(new HotTierOptions { VectorsMax = 1_000 });
        for (int partition = 0; partition < 3; partition++)
        {
            int p = partition;
            await _remote.AddAsync([.. Enumerable.Range(p * 1_000, 600).Select(n => Vectors.Record(n, Dimensions, p))], default);
            await index.RefreshAsync(Vectors.Partition(p));
            await index.SearchAsync(Query(1) with { Partition = Vectors.Partition(p) }, default);
            _time.Advance(TimeSpan.FromMilliseconds(10));
        }

        Assert.Equal(600, index.HotVectors);
        await _remote.AddAsync([.. Enumerable.Range(9_000, 1_001).Select(n => Vectors.Record(n, Dimensions, 9))], default);
        await index.RefreshAsync(Vectors.Partition(9));
        Assert.Equal(600, index.HotVectors);
    }

    [Fact]
    public void Every_mistake_in_the_options_is_named()
    {
        Assert.Empty(new HotTierOptions().Validate());
        Assert.Equal(2, new HotTierOptions { StalenessSeconds = 0, VectorsMax = 1 }.Validate().Count);
    }

    public ValueTask DisposeAsync() => _remote.DisposeAsync();

    private TieredVectorIndex Open(HotTierOptions? options = null) =>
        new(_remote, _remote, () => new ScanIndex("space", Dimensions), options ?? new HotTierOptions(), _time);

    private static VectorQuery Query(int number) => new(Vectors.Partition(0), null, Vectors.Unit(number, Dimensions), 1, 0.99f);

    /// <summary>A remote index that counts and can be taken away. Like PostgreSQL it tells what changed since a mark.</summary>
    private sealed class FakeRemote(int dimensions) : IVectorIndex, IPartitionReader
    {
        private readonly ScanIndex _index = new("space", dimensions);
        private readonly Dictionary<Hash256, (long Changed, VectorRecord Record)> _records = [];
        private long _clock = 1;

        public bool IsAway { get; set; }

        public int Searches { get; private set; }

        public string SpaceId => "space";

        public int Dimensions => dimensions;

        public async ValueTask AddAsync(IReadOnlyList<VectorRecord> records, CancellationToken cancellationToken)
        {
            Check();
            lock (_records)
            {
                foreach (VectorRecord record in records)
                {
                    _records[record.Entry] = (++_clock, record);
                }
            }

            await _index.AddAsync(records, cancellationToken);
        }

        public async ValueTask<int> RemoveAsync(IReadOnlyList<Hash256> entries, CancellationToken cancellationToken)
        {
            Check();
            lock (_records)
            {
                foreach (Hash256 entry in entries)
                {
                    _records.Remove(entry);
                }
            }

            return await _index.RemoveAsync(entries, cancellationToken);
        }

        public ValueTask<IReadOnlyList<Neighbor>> SearchAsync(VectorQuery query, CancellationToken cancellationToken)
        {
            Check();
            Searches++;
            return _index.SearchAsync(query, cancellationToken);
        }

        public ValueTask<long> CountAsync(Hash256? partition, CancellationToken cancellationToken) => _index.CountAsync(partition, cancellationToken);

        public IAsyncEnumerable<VectorPlace> EnumerateAsync(CancellationToken cancellationToken) => _index.EnumerateAsync(cancellationToken);

        public ValueTask FlushAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public Task<PartitionChanges> ReadChangesAsync(Hash256 partition, PartitionMark since, CancellationToken cancellationToken)
        {
            Check();
            lock (_records)
            {
                var here = _records.Values.Where(r => r.Record.Partition == partition).ToList();
                return Task.FromResult(new PartitionChanges([.. here.Where(r => r.Changed > since.Microseconds).Select(r => r.Record)], here.Count, new PartitionMark(_clock)));
            }
        }

        public Task<IReadOnlyList<Hash256>> ReadKeysAsync(Hash256 partition, CancellationToken cancellationToken)
        {
            Check();
            lock (_records)
            {
                return Task.FromResult<IReadOnlyList<Hash256>>([.. _records.Values.Where(r => r.Record.Partition == partition).Select(r => r.Record.Entry)]);
            }
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private void Check()
        {
            if (IsAway)
            {
                throw new VectorIndexUnavailableException("away");
            }
        }
    }
}
