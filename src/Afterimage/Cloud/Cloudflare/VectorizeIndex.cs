using System.Buffers;
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
    // Writes collected by live traffic; more means that Vectorize has not taken any for a long time.
    private const int UnsentMax = 50_000;
    private const int InlineFrom = 500;

    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ProgressEvery = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PrepareTime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PrepareAgainAfter = TimeSpan.FromSeconds(10);

    private readonly VectorizeOptions _options;
    private readonly TimeProvider _time;
    private readonly VectorizeApi _api;
    private readonly string _name;
    private readonly VectorizeOverlay _overlay = new();
    private readonly SemaphoreSlim _preparing = new(1, 1);
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _sender;
    private DateTimeOffset _progressAsked;
    private DateTimeOffset _prepareAgain;
    private VectorizeProgress _progress;
    private volatile bool _ready;
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
        _sender = SendRegularlyAsync(_stopping.Token);
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

        if (_overlay.Unsent + records.Count > UnsentMax && records.Count < InlineFrom)
        {
            throw new VectorIndexUnavailableException($"{UnsentMax} vectors wait to be sent to Vectorize; no more are taken until it answers.");
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

        await PrepareInTimeAsync(cancellationToken);
        List<Neighbor> found = _overlay.Search(query, out int outdated);
        HashSet<Hash256> recent = [.. found.Select(n => n.Entry)];
        // A few more than asked for, because some answers may be outdated by the overlay and the order before recomputation is approximate.
        int wanted = query.Count + Math.Min(outdated, 20) + 3;
        IEnumerable<VectorRecord> remote = query.Count <= VectorizeLimits.TopKWithValues
            ? await QueryAsync(query, Math.Min(wanted, VectorizeLimits.TopKWithValues), cancellationToken)
            : await QueryManyAsync(query, cancellationToken);
        foreach (VectorRecord record in remote)
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
        await foreach (Hash256 entry in ListAsync(cancellationToken))
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

        var page = new List<string>(VectorizeLimits.GetIds);
        await foreach (Hash256 entry in ListAsync(cancellationToken))
        {
            if (recent.ContainsKey(entry))
            {
                continue;
            }

            page.Add(entry.ToBase64Url());
            if (page.Count == VectorizeLimits.GetIds)
            {
                foreach (VectorRecord record in await GetAsync(page, cancellationToken))
                {
                    yield return new VectorPlace(record.Entry, record.Partition, record.Seed, record.Batch);
                }

                page.Clear();
            }
        }

        if (page.Count > 0)
        {
            foreach (VectorRecord record in await GetAsync(page, cancellationToken))
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

        await foreach (Hash256 entry in ListAsync(cancellationToken))
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
        await _sending.WaitAsync(cancellationToken);
        try
        {
            for (List<VectorizeOverlay.Write> writes = _overlay.TakeUnsent(UnsentMax); writes.Count > 0; writes = _overlay.TakeUnsent(UnsentMax))
            {
                await SendAddsAsync([.. writes.Where(w => w.Record is not null)], cancellationToken);
                foreach (VectorizeOverlay.Write[] part in writes.Where(w => w.Record is null).Chunk(VectorizeLimits.DeleteIds))
                {
                    string mutation = await _api.DeleteAsync([.. part.Select(w => w.Entry.ToBase64Url())], cancellationToken);
                    _overlay.Sent(part, _time.GetUtcNow(), mutation);
                }
            }

            _overlay.Trim(_options.OverlayWritesMax);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Sends what still waits, as far as that goes within a few seconds.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _stopping.CancelAsync();
        await _sender;
        if (_overlay.Unsent > 0)
        {
            using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(10), _time);
            try
            {
                await FlushAsync(bound.Token);
            }
            catch (Exception e) when (e is VectorIndexUnavailableException or OperationCanceledException)
            {
                // The entries are stored; the next reconcile finds that their vectors are missing.
            }
        }

        _stopping.Dispose();
        _preparing.Dispose();
        _sending.Dispose();
    }

    /// <summary>Sends everything and forgets what Vectorize has processed, however recent.</summary>
    internal async Task SettleAsync(CancellationToken cancellationToken)
    {
        await FlushAsync(cancellationToken);
        _overlay.Forget(DateTimeOffset.MaxValue, await _api.InfoAsync(cancellationToken), TimeSpan.Zero);
    }

    /// <summary>Writes in the overlay.</summary>
    internal int OverlayWrites => _overlay.Count;

    private async Task SendAddsAsync(List<VectorizeOverlay.Write> writes, CancellationToken cancellationToken)
    {
        var upload = new ArrayBufferWriter<byte>(Math.Min(_options.UploadBytesMax, Math.Max(1, writes.Count) * Dimensions * 12));
        var line = new ArrayBufferWriter<byte>(Dimensions * 12);
        int from = 0;
        for (int i = 0; i < writes.Count; i++)
        {
            line.ResetWrittenCount();
            VectorizeWire.WriteLine(line, writes[i].Record!.Value);
            if (i > from && (i - from == _options.UploadVectorsMax || upload.WrittenCount + line.WrittenCount > _options.UploadBytesMax))
            {
                await SendUploadAsync(upload, writes[from..i], cancellationToken);
                from = i;
            }

            upload.Write(line.WrittenSpan);
        }

        if (writes.Count > from)
        {
            await SendUploadAsync(upload, writes[from..], cancellationToken);
        }
    }

    private async Task SendUploadAsync(ArrayBufferWriter<byte> upload, List<VectorizeOverlay.Write> writes, CancellationToken cancellationToken)
    {
        string mutation = await _api.UpsertAsync(upload.WrittenMemory, cancellationToken);
        _overlay.Sent(writes, _time.GetUtcNow(), mutation);
        upload.ResetWrittenCount();
    }

    private async Task<IEnumerable<VectorRecord>> QueryAsync(VectorQuery query, int topK, CancellationToken cancellationToken)
    {
        IReadOnlyList<JsonElement> matches = await _api.QueryAsync(VectorizeWire.Query(query, topK, values: true), cancellationToken);
        return matches.Select(m => VectorizeWire.Read(m, Dimensions)).OfType<VectorRecord>();
    }

    // More than 50 come without values; they are fetched in twenties. Nobody in the way of a request asks for so many.
    private async Task<IEnumerable<VectorRecord>> QueryManyAsync(VectorQuery query, CancellationToken cancellationToken)
    {
        IReadOnlyList<JsonElement> matches = await _api.QueryAsync(VectorizeWire.Query(query, VectorizeLimits.TopK, values: false), cancellationToken);
        var records = new List<VectorRecord>();
        foreach (string[] ids in matches.Where(m => VectorizeWire.TryId(m, out _)).Select(m => m.GetProperty("id").GetString()!).Chunk(VectorizeLimits.GetIds))
        {
            records.AddRange(await GetAsync(ids, cancellationToken));
        }

        return records;
    }

    private async Task<IEnumerable<VectorRecord>> GetAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken) =>
        (await _api.GetAsync(ids, cancellationToken)).Select(v => VectorizeWire.Read(v, Dimensions)).OfType<VectorRecord>();

    private async IAsyncEnumerable<Hash256> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? cursor = null;
        do
        {
            (IReadOnlyList<string> ids, cursor) = await _api.ListAsync(cursor, cancellationToken);
            foreach (string id in ids)
            {
                if (VectorizeWire.TryHash(id, out Hash256 entry))
                {
                    yield return entry;
                }
            }
        }
        while (cursor is not null);
    }

    // For somebody who waits: one try within the time of a call, then none for a while, so that an account that is away at start costs next to nothing.
    private async ValueTask PrepareInTimeAsync(CancellationToken cancellationToken)
    {
        if (_ready)
        {
            return;
        }

        if (_time.GetUtcNow() < _prepareAgain || !await _preparing.WaitAsync(0, cancellationToken))
        {
            throw new VectorIndexUnavailableException($"The Vectorize index {_name} is not ready yet.");
        }

        using var bound = new CancellationTokenSource(PrepareTime, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, bound.Token);
        try
        {
            _prepareAgain = _time.GetUtcNow() + PrepareAgainAfter;
            await EnsureAsync(both.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new VectorIndexUnavailableException($"The Vectorize index {_name} is not ready yet.", e);
        }
        finally
        {
            _preparing.Release();
        }
    }

    private async ValueTask PrepareAsync(CancellationToken cancellationToken)
    {
        if (_ready)
        {
            return;
        }

        await _preparing.WaitAsync(cancellationToken);
        try
        {
            await EnsureAsync(cancellationToken);
        }
        finally
        {
            _preparing.Release();
        }
    }

    private async Task EnsureAsync(CancellationToken cancellationToken)
    {
        if (!_ready)
        {
            await VectorizeSetup.EnsureAsync(_api, _name, SpaceId, Dimensions, _time, cancellationToken);
            _ready = true;
        }
    }

    private async Task SendRegularlyAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(Math.Max(50, _options.FlushAfterMs)), _time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping))
            {
                try
                {
                    if (_overlay.Unsent > 0)
                    {
                        await FlushAsync(stopping);
                    }

                    await ForgetProcessedAsync(stopping);
                }
                catch (VectorIndexUnavailableException)
                {
                    // What was not sent stays in the overlay and is tried again.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }

    private async Task ForgetProcessedAsync(CancellationToken cancellationToken)
    {
        DateTimeOffset now = _time.GetUtcNow(), before = now - TimeSpan.FromSeconds(_options.OverlaySeconds);
        if (_overlay.OldestSent <= before && now - _progressAsked >= ProgressEvery)
        {
            _progressAsked = now;
            // What had been processed at the last look, so that a query that began before the processing has long ended.
            VectorizeProgress earlier = _progress;
            _progress = await _api.InfoAsync(cancellationToken);
            _overlay.Forget(before, earlier, ClockSkew);
        }
    }
}
