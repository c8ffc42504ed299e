using System.Runtime.CompilerServices;
using System.Text.Json;
using Afterimage.Vectors;

namespace Afterimage.Cloud.Cloudflare;

/// <summary>
/// The vectors of one space in Cloudflare Vectorize. Vectorize shows a write minutes later, so this gateway answers its own recent writes from an
/// overlay; other gateways see them when Vectorize does. Adds and removes are collected and sent together. A search is one request.
/// What Vectorize cannot do cheaply: <see cref="EnumerateAsync"/> and the count of a large partition cost one request per 20 vectors.
/// </summary>
public sealed class VectorizeIndex : IVectorIndex
{
    private const int InlineFrom = 500;

    // What a search waits for the first contact; after a failed one the account is left alone, so that one that is away at start costs next to nothing.
    private static readonly TimeSpan PrepareTime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PrepareAgainAfter = TimeSpan.FromSeconds(10);

    private readonly VectorizeOptions _options;
    private readonly TimeProvider _time;
    private readonly VectorizeApi _api;
    private readonly string _name;
    private readonly VectorizeOverlay _overlay = new();
    private readonly VectorizeReader _reader;
    private readonly VectorizeWriter _writer;
    private readonly Preparation<string> _preparation;
    private readonly CancellationTokenSource _stopping = new();
    private int _disposed;

    /// <summary>Does not connect; the first call does.</summary>
    /// <param name="client">Shared with Workers AI; not disposed by the index.</param>
    public VectorizeIndex(CloudflareClient client, VectorizeOptions options, string spaceId, int dimensions)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(dimensions, 1);
        _options = options;
        _time = client.Time;
        SpaceId = spaceId;
        Dimensions = dimensions;
        _name = IndexName(options.NamePrefix, spaceId);
        _api = new VectorizeApi(client, _name);
        _preparation = new Preparation<string>(MakeAsync, PrepareAgainAfter, $"The Vectorize index {_name} is not ready yet.", _time);
        _reader = new VectorizeReader(_api, dimensions);
        _writer = new VectorizeWriter(_api, _overlay, options, _time, PrepareAsync);
    }

    public string SpaceId { get; }

    public int Dimensions { get; }

    /// <summary>Name of a space's index at Cloudflare.</summary>
    public static string IndexName(string prefix, string spaceId) => $"{prefix}-{Hash256.Of(spaceId).ToHex()[..20]}";

    /// <summary>Everything that keeps the index from being used now, as sentences; empty means ready. Creates index and metadata indexes on first contact.</summary>
    public async Task<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            await PrepareAsync(cancellationToken);
            return [];
        }
        catch (VectorIndexUnavailableException e)
        {
            return [e.Message];
        }
    }

    public async ValueTask AddAsync(IReadOnlyList<VectorRecord> records, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(records);
        foreach (VectorRecord record in records)
        {
            ArgumentOutOfRangeException.ThrowIfNotEqual(record.Vector.Length, Dimensions, nameof(records));
            if (!ExactCosine.IsFinite(record.Vector.Span))
            {
                throw new ArgumentException("A vector has a component that is not a finite number.", nameof(records));
            }
        }

        if (_overlay.Unsent + records.Count > VectorizeWriter.UnsentMax && records.Count < InlineFrom)
        {
            throw new VectorIndexUnavailableException($"{VectorizeWriter.UnsentMax} vectors wait to be sent to Vectorize; no more are taken until it answers.");
        }

        foreach (VectorRecord record in records)
        {
            // A vector of zeros has no direction; like a text without words it is nothing, also in place of what was there before.
            if (ExactCosine.IsZero(record.Vector.Span))
            {
                _overlay.Remove(record.Entry);
            }
            else
            {
                _overlay.Add(record with { Vector = record.Vector.ToArray() });
            }
        }

        if (records.Count >= InlineFrom)
        {
            // A bulk load waits for its uploads, so that it goes no faster than Vectorize takes it and learns of faults.
            await FlushAsync(cancellationToken);
        }
    }

    public async ValueTask<int> RemoveAsync(IReadOnlyList<Hash256> entries, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entries);
        int removed = 0;
        var unknown = new List<Hash256>();
        foreach (Hash256 entry in entries.Distinct())
        {
            bool? known = _overlay.Knows(entry);
            removed += known == true ? 1 : 0;
            if (known is null)
            {
                unknown.Add(entry);
            }
            else if (known == true)
            {
                _overlay.Remove(entry);
            }
        }

        foreach (Hash256[] part in unknown.Chunk(VectorizeLimits.GetIds))
        {
            await PrepareAsync(cancellationToken);
            IReadOnlyList<JsonElement> there = await _api.GetAsync([.. part.Select(e => e.ToBase64Url())], cancellationToken);
            foreach (JsonElement vector in there)
            {
                if (VectorizeWire.TryId(vector, out Hash256 entry))
                {
                    _overlay.Remove(entry);
                    removed++;
                }
            }
        }

        return removed;
    }

    public async ValueTask<IReadOnlyList<Neighbor>> SearchAsync(VectorQuery query, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(query.Vector.Length, Dimensions, nameof(query));
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Count, 1, nameof(query));
        if (ExactCosine.IsZero(query.Vector.Span))
        {
            return [];
        }

        await _preparation.GetAsync(PrepareTime, cancellationToken);
        List<Neighbor> found = _overlay.Search(query, out int outdated);
        HashSet<Hash256> recent = [.. found.Select(n => n.Entry)];
        // A few more than asked for, because some answers may be outdated by the overlay and the order before recomputation is approximate.
        int wanted = query.Count + Math.Min(outdated, 20) + 3;
        foreach (VectorRecord record in await _reader.QueryAsync(query, wanted, cancellationToken))
        {
            float similarity = ExactCosine.Of(record.Vector.Span, query.Vector.Span);
            // "recent" as well as the overlay now: a write may have been forgotten while the query was under way.
            if (similarity >= query.SimilarityMin && _overlay.Knows(record.Entry) is null && !recent.Contains(record.Entry)
                && record.Partition == query.Partition && (query.Seed is null || record.Seed == query.Seed))
            {
                found.Add(new Neighbor(record.Entry, similarity));
            }
        }

        found.Sort(static (a, b) => a.Similarity != b.Similarity ? b.Similarity.CompareTo(a.Similarity) : a.Entry.CompareTo(b.Entry));
        return found.Count <= query.Count ? found : found[..query.Count];
    }

    /// <summary>Exact up to 20,000 vectors or while nothing was written lately; else what Vectorize says plus the recent adds less the recent removes.</summary>
    public async ValueTask<long> CountAsync(Hash256? partition, CancellationToken cancellationToken)
    {
        await PrepareAsync(cancellationToken);
        if (partition is { } one)
        {
            long count = 0;
            await foreach (VectorPlace place in EnumerateAsync(cancellationToken))
            {
                count += place.Partition == one ? 1 : 0;
            }

            return count;
        }

        VectorizeProgress progress = await _api.InfoAsync(cancellationToken);
        Dictionary<Hash256, VectorRecord?> recent = _overlay.Snapshot();
        if (recent.Count == 0)
        {
            return progress.Vectors;
        }

        int added = recent.Values.Count(r => r is not null);
        if (progress.Vectors > 20 * VectorizeLimits.ListIds)
        {
            return progress.Vectors + (2 * added) - recent.Count;
        }

        long others = 0;
        await foreach (Hash256 entry in _reader.ListAsync(cancellationToken))
        {
            others += recent.ContainsKey(entry) ? 0 : 1;
        }

        return others + added;
    }

    public async IAsyncEnumerable<VectorPlace> EnumerateAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await PrepareAsync(cancellationToken);
        Dictionary<Hash256, VectorRecord?> recent = _overlay.Snapshot();
        foreach (VectorRecord? record in recent.Values)
        {
            if (record is { } r)
            {
                yield return new VectorPlace(r.Entry, r.Partition, r.Seed, r.Batch);
            }
        }

        await foreach (string[] page in _reader.PagesAsync(recent, cancellationToken))
        {
            foreach (VectorRecord record in await _reader.GetAsync(page, cancellationToken))
            {
                yield return new VectorPlace(record.Entry, record.Partition, record.Seed, record.Batch);
            }
        }
    }

    /// <summary>One request for a thousand keys, where their places cost one for twenty.</summary>
    public async IAsyncEnumerable<Hash256> EnumerateKeysAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await PrepareAsync(cancellationToken);
        Dictionary<Hash256, VectorRecord?> recent = _overlay.Snapshot();
        foreach ((Hash256 entry, VectorRecord? record) in recent)
        {
            if (record is not null)
            {
                yield return entry;
            }
        }

        await foreach (Hash256 entry in _reader.ListAsync(cancellationToken))
        {
            if (!recent.ContainsKey(entry))
            {
                yield return entry;
            }
        }
    }

    /// <summary>Sends what waits. When it returns, Vectorize has accepted every write made before the call.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        await PrepareAsync(cancellationToken);
        await _writer.FlushAsync(cancellationToken);
    }

    /// <summary>Sends what still waits, as far as that goes within a few seconds.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            await _writer.DisposeAsync();
            await _stopping.CancelAsync();
            _stopping.Dispose();
        }
    }

    /// <summary>Sends everything and forgets what Vectorize has processed, however recent.</summary>
    internal async Task SettleAsync(CancellationToken cancellationToken)
    {
        await FlushAsync(cancellationToken);
        _overlay.Forget(DateTimeOffset.MaxValue, await _api.InfoAsync(cancellationToken), TimeSpan.Zero);
    }

    /// <summary>Writes in the overlay.</summary>
    internal int OverlayWrites => _overlay.Count;

    private async ValueTask PrepareAsync(CancellationToken cancellationToken) => await _preparation.GetAsync(Timeout.InfiniteTimeSpan, cancellationToken);

    private async Task<string> MakeAsync()
    {
        await VectorizeSetup.EnsureAsync(_api, _name, SpaceId, Dimensions, _options.Store, _time, _stopping.Token);
        return _name;
    }
}
