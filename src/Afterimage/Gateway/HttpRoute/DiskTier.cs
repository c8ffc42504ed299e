using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Threading.Channels;
using Afterimage.Caching.Http;
using Afterimage.Diagnostics;
using Afterimage.Entries;

namespace Afterimage.Gateway.HttpRoute;

/// <summary>
/// Stored responses on disk, behind those in memory: they survive a restart and may be more than fit. What has left memory comes back without its content, which the
/// system keeps in memory as well as we would. Writing never delays an answer; when its queue is
/// full a response stays in memory only. Removing after an invalidation is waited for, because what it removes must not come back after a crash. Only
/// complete responses are kept, as they were when they were stored: a renewal by 304 is not written again, the next process validates instead.
/// </summary>
internal sealed class DiskTier : IAsyncDisposable
{
    private const int WritersCount = 4;
    private const long QueuedBytesMax = 64L << 20;

    private static readonly Counter<long> Faults = Telemetry.Meter.CreateCounter<long>(
        "afterimage.http.disk_faults", description: "Changes of the http routes' responses on disk that failed for a reason that nobody had thought of, by its type.");

    private readonly IEntryStore _entries;
    private readonly HttpCachePolicy _policy;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _cataloguing = new();
    private readonly ConcurrentDictionary<Hash256, Hash256[]> _variants = new();
    private readonly ConcurrentDictionary<Hash256, Hash256> _resources = new();
    private readonly Channel<Func<ValueTask>>[] _queues = [.. Enumerable.Range(0, WritersCount).Select(_ => Channel.CreateUnbounded<Func<ValueTask>>())];
    private readonly Task[] _writers;

    // What was forgotten before the disk had been read, for the reader to remove when it comes to it; null once it has.
    private ConcurrentDictionary<Hash256, byte>? _forgotten = new();
    private long _queuedBytes;

    /// <param name="entries">A store of its own, not the images'; disposed with this.</param>
    public DiskTier(IEntryStore entries, HttpCachePolicy policy)
    {
        _entries = entries;
        _policy = policy;
        _entries.Removed += Uncatalogue;
        _writers = [.. _queues.Select(queue => Task.Run(() => WriteAsync(queue.Reader)))];
        Loaded = Task.Run(LoadCatalogueAsync);
    }

    /// <summary>Completes once it is known what is there; until then what is not known yet is a miss. Never fails.</summary>
    public Task Loaded { get; }

    /// <summary>Resources known to have something here.</summary>
    public int Count => _variants.Count;

    /// <summary>Whether anything is here for a resource.</summary>
    public bool MayHave(in ResourceKey key) => !_variants.IsEmpty && _variants.ContainsKey(NameOf(key));

    /// <summary>Whether it is worth asking <see cref="LoadAsync"/>: something is here that is not in memory.</summary>
    public bool MayHaveMore(ResourceKey key, IReadOnlyList<StoredResponse> inMemory)
    {
        if (_variants.IsEmpty || !_variants.TryGetValue(NameOf(key), out Hash256[]? variants))
        {
            return false;
        }

        HashSet<Hash256> known = [.. inMemory.Where(response => response.IsComplete).Select(response => StoredResponseEntry.EntryKeyOf(key, response))];
        return !known.IsSupersetOf(variants);
    }

    /// <summary>The resources here that are meant; reads every entry's header.</summary>
    public async Task<List<ResourceKey>> FindAsync(Func<ResourceKey, bool> isMeant, CancellationToken cancellationToken)
    {
        var found = new List<ResourceKey>();
        await foreach (EntryHeader header in _entries.EnumerateAsync(cancellationToken))
        {
            if (StoredResponseEntry.KeyOf(header) is { } key && isMeant(key))
            {
                found.Add(key);
            }
        }

        return found;
    }

    /// <summary>Brings everything of a resource into memory, but for the content: that is sent from where it is (<see cref="DiskContent"/>).</summary>
    public async ValueTask LoadAsync(ResourceKey key, ResponseStore memory, Func<bool>? isVoid, CancellationToken cancellationToken)
    {
        if (!_variants.TryGetValue(NameOf(key), out Hash256[]? variants))
        {
            return;
        }

        // Together at the end, so that whoever asks for a resource that was forgotten meanwhile hardly meets any of it.
        var loaded = new List<StoredResponse>(variants.Length);
        foreach (Hash256 variant in variants)
        {
            using OpenEntry? entry = await _entries.OpenAsync(variant, cancellationToken);
            if (entry is null)
            {
                Uncatalogue(variant);
                continue;
            }

            // The name is a hash; the entry itself says whose it is.
            if (StoredResponseEntry.KeyOf(entry.Header) == key && StoredResponseEntry.FromEntry(entry.Header, new DiskContent(_entries, entry.Header), _policy) is { } response)
            {
                loaded.Add(response);
            }
        }

        loaded.ForEach(response => memory.Restore(key, response, isVoid));
    }

    /// <summary>Writes a complete response some time soon.</summary>
    /// <param name="key">Whose it is.</param>
    /// <param name="response">It as it is in memory.</param>
    /// <param name="content">An array.</param>
    /// <param name="isVoid">Whether the resource has been invalidated since: it may have left memory by then, and nobody could tell by the response.</param>
    public void Save(ResourceKey key, StoredResponse response, MemoryContent content, Func<bool>? isVoid = null)
    {
        if (!response.IsComplete || Interlocked.Add(ref _queuedBytes, response.Bytes) > QueuedBytesMax)
        {
            _ = response.IsComplete ? Interlocked.Add(ref _queuedBytes, -response.Bytes) : 0;
            return;
        }

        Enqueue(key, async () =>
        {
            Interlocked.Add(ref _queuedBytes, -response.Bytes);

            // Replaced or invalidated while it waited: whatever took its place is in the queue behind it.
            if (response.Gone || isVoid?.Invoke() == true)
            {
                return;
            }

            ReadOnlyMemory<byte> body = content.Body!.Value;
            EntryHeader header = StoredResponseEntry.ToHeader(key, response, body.Span);
            if (await _entries.PutAsync(header, body, CancellationToken.None) is not (PutOutcome.Stored or PutOutcome.Replaced))
            {
                return;
            }

            if (!TryCatalogue(key, header.Key, () => !response.Gone && isVoid?.Invoke() != true))
            {
                // Invalidated while it was being written: nobody may load it before the removal that is queued comes.
                await _entries.DeleteAsync(header.Key, CancellationToken.None);
            }
        });
    }

    /// <summary>Removes one response: at once from what can be loaded, some time soon from the disk.</summary>
    public void Forget(ResourceKey key, StoredResponse response)
    {
        Hash256 entry = StoredResponseEntry.EntryKeyOf(key, response);
        lock (_cataloguing)
        {
            Uncatalogue(entry);
        }

        Enqueue(key, async () => await _entries.DeleteAsync(entry, CancellationToken.None));
    }

    /// <summary>
    /// Removes everything of a resource: at once from what can be loaded, and from the disk when the task completes; what the start has not read yet goes when it
    /// is read.
    /// </summary>
    public Task ForgetAllAsync(ResourceKey key)
    {
        Hash256[] variants;
        lock (_cataloguing)
        {
            _forgotten?.TryAdd(NameOf(key), 0);
            variants = _variants.GetValueOrDefault(NameOf(key), []);
            Array.ForEach(variants, Uncatalogue);
        }

        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        bool queued = Enqueue(key, async () =>
        {
            try
            {
                foreach (Hash256 variant in variants)
                {
                    await _entries.DeleteAsync(variant, CancellationToken.None);
                }
            }
            finally
            {
                done.SetResult();
            }
        });
        return queued ? done.Task : Task.CompletedTask;
    }

    /// <summary>Returns when everything asked before is on disk.</summary>
    public Task SettleAsync() => Task.WhenAll(_queues.Select(queue =>
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        bool queued = queue.Writer.TryWrite(() =>
        {
            done.SetResult();
            return ValueTask.CompletedTask;
        });
        return queued ? done.Task : Task.CompletedTask;
    }));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (Channel<Func<ValueTask>> queue in _queues)
        {
            queue.Writer.TryComplete();
        }

        await Task.WhenAll(_writers);
        await Loaded;
        _entries.Removed -= Uncatalogue;
        await _entries.DisposeAsync();
        _stop.Dispose();
    }

    private static Hash256 NameOf(in ResourceKey key) => Hash256.Of($"{key.Scope}\n{key.Target}");

    /// <summary>Changes of one resource happen in their order, because they share a queue.</summary>
    private bool Enqueue(in ResourceKey key, Func<ValueTask> change) => _queues[(uint)key.GetHashCode() % WritersCount].Writer.TryWrite(change);

    private static async Task WriteAsync(ChannelReader<Func<ValueTask>> changes)
    {
        while (await changes.WaitToReadAsync())
        {
            // Not by enumerating: that would keep the last change, and with it a response's content, until the next one comes.
            while (changes.TryRead(out Func<ValueTask>? change))
            {
                await WriteAsync(change());
            }
        }
    }

    private static async ValueTask WriteAsync(ValueTask change)
    {
        try
        {
            await change;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            // The response is in memory only; the entry store counts what its disk does.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // A bug must not end the writer: removals wait for it, and clients for them.
            Faults.Add(1, new KeyValuePair<string, object?>("type", e.GetType().Name));
        }
    }

    private async Task LoadCatalogueAsync()
    {
        try
        {
            await foreach (EntryHeader header in _entries.EnumerateAsync(_stop.Token))
            {
                if (StoredResponseEntry.KeyOf(header) is not { } key)
                {
                    continue;
                }

                if (!TryCatalogue(key, header.Key, () => !_forgotten!.ContainsKey(NameOf(key))))
                {
                    // It may be newer than what was forgotten; one answer less costs little.
                    await _entries.DeleteAsync(header.Key, _stop.Token);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // Stopping, or the disk failed: what is not known is a miss.
        }
        finally
        {
            _forgotten = null;
        }
    }

    /// <summary>Makes an entry one that can be loaded, unless it may not be any more; what forgets it comes before or after, never in between.</summary>
    private bool TryCatalogue(in ResourceKey key, Hash256 entry, Func<bool> mayBe)
    {
        lock (_cataloguing)
        {
            if (!mayBe())
            {
                Uncatalogue(entry);
                return false;
            }

            Hash256 name = NameOf(key);
            _resources[entry] = name;
            _variants.AddOrUpdate(name, [entry], (_, known) => known.Contains(entry) ? known : [.. known, entry]);
            return true;
        }
    }

    private void Uncatalogue(Hash256 entry)
    {
        if (!_resources.TryRemove(entry, out Hash256 name))
        {
            return;
        }

        while (_variants.TryGetValue(name, out Hash256[]? known))
        {
            Hash256[] rest = [.. known.Where(other => other != entry)];
            if (rest.Length == 0 ? _variants.TryRemove(KeyValuePair.Create(name, known)) : _variants.TryUpdate(name, rest, known))
            {
                return;
            }
        }
    }
}
