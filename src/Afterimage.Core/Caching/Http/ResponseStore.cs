using System.Collections.Concurrent;
using Afterimage.Entries;

namespace Afterimage.Caching.Http;

/// <summary>
/// Stored responses in memory, bounded in bytes; the content of some is elsewhere. Reading takes no lock: each resource has an array of variants, newest first, that is replaced whole.
/// What goes first is what was not used since the sweep last came by (second chance). Thread-safe.
/// </summary>
/// <remarks>Lock order: the sweep's lock before a resource's lock, never the other way round.</remarks>
public sealed class ResponseStore
{
    /// <summary>Variants kept of one resource; a request field with endless values must not fill the store.</summary>
    public const int VariantsMax = 64;

    private readonly ConcurrentDictionary<ResourceKey, Resource> _resources = new();
    private readonly Lock _sweepLock = new();
    private readonly long _bytesMax;
    private Queue<SweepTurn> _sweep = new();
    private long _bytes;
    private int _count;

    /// <param name="bytesMax">Bound on bodies in memory, fields and an allowance per response.</param>
    public ResponseStore(long bytesMax) => _bytesMax = bytesMax;

    /// <summary>Bytes held now.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Responses held now.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>A response larger than this is not worth evicting everything else for.</summary>
    public long ObjectBytesMax => _bytesMax / 4;

    /// <summary>
    /// The newest complete response that matches the request, or null. Where some variants have a <c>Vary</c> and others do not, those without are
    /// passed over: origins forget it on default answers (RFC 9111 section 4.1).
    /// </summary>
    public StoredResponse? Find<TFields>(in ResourceKey key, TFields request)
        where TFields : IRequestFields
    {
        if (!_resources.TryGetValue(key, out Resource? resource))
        {
            return null;
        }

        foreach (StoredResponse variant in resource.Variants)
        {
            if (variant.IsComplete && IsCandidate(resource, variant) && variant.Vary.Matches(request))
            {
                // Written only when it changes: what is hot must not travel between cores on every hit.
                if (!variant.Used)
                {
                    variant.Used = true;
                }

                return variant;
            }
        }

        return null;
    }

    /// <summary>The resources that have something here, as of now.</summary>
    public ICollection<ResourceKey> Keys => _resources.Keys;

    /// <summary>Whether anything is here for a resource, matching or not.</summary>
    public bool Has(in ResourceKey key) => _resources.ContainsKey(key);

    /// <summary>Everything that is here for a resource.</summary>
    public IReadOnlyList<StoredResponse> AllOf(in ResourceKey key) => _resources.TryGetValue(key, out Resource? resource) ? resource.Variants : [];

    /// <summary>Every response, whole or in part, that matches the request; newest first.</summary>
    public List<StoredResponse> FindAll<TFields>(in ResourceKey key, TFields request)
        where TFields : IRequestFields
    {
        var found = new List<StoredResponse>();
        if (_resources.TryGetValue(key, out Resource? resource))
        {
            foreach (StoredResponse variant in resource.Variants)
            {
                if (IsCandidate(resource, variant) && variant.Vary.Matches(request))
                {
                    variant.Used = true;
                    found.Add(variant);
                }
            }
        }

        return found;
    }

    /// <summary>Adds a response. It takes the place of those with the same secondary key: a complete one of all, a part of other parts.</summary>
    /// <returns>False where it is larger than <see cref="ObjectBytesMax"/>.</returns>
    public bool Put(in ResourceKey key, StoredResponse response) => Put(key, response, isNew: true);

    /// <summary>Adds a response that was stored earlier, behind those that arrived later, unless one with its secondary key has come meanwhile.</summary>
    /// <param name="key">Whose it is.</param>
    /// <param name="response">The response.</param>
    /// <param name="isVoid">Whether the resource has been invalidated since it was stored; asked when nobody can remove it in between.</param>
    /// <returns>False where one has, where it is void, or where it is larger than <see cref="ObjectBytesMax"/>.</returns>
    public bool Restore(in ResourceKey key, StoredResponse response, Func<bool>? isVoid = null) => Put(key, response, isNew: false, isVoid);

    private bool Put(in ResourceKey key, StoredResponse response, bool isNew, Func<bool>? isVoid = null)
    {
        if (response.Bytes > ObjectBytesMax)
        {
            return false;
        }

        while (true)
        {
            Resource resource = _resources.GetOrAdd(key, static _ => new Resource());
            lock (resource)
            {
                if (resource.Dead)
                {
                    continue;
                }

                if (isVoid?.Invoke() == true)
                {
                    Bury(key, resource);
                    return false;
                }

                if (!isNew && Array.Exists(resource.Variants, variant => variant.IsComplete && variant.Vary.IsSameAs(response.Vary)))
                {
                    return false;
                }

                var kept = new List<StoredResponse>(resource.Variants.Length + 1) { response };
                foreach (StoredResponse variant in resource.Variants)
                {
                    bool replaced = variant.Vary.IsSameAs(response.Vary) && (response.IsComplete || !variant.IsComplete);
                    if (replaced || kept.Count >= VariantsMax)
                    {
                        Account(key, variant, added: false);
                    }
                    else
                    {
                        kept.Add(variant);
                    }
                }

                resource.Variants = isNew ? [.. kept] : [.. kept.OrderByDescending(variant => variant.ResponseTime)];
                Account(key, response, added: true);
            }

            break;
        }

        Sweep(response);
        return true;
    }

    /// <summary>Puts an updated response in the place of the one it was made from; does nothing where that is gone.</summary>
    public void Replace(in ResourceKey key, StoredResponse old, StoredResponse updated)
    {
        if (!Change(key, old, updated))
        {
            return;
        }

        Sweep(updated);
    }

    /// <summary>Removes one response.</summary>
    public void Remove(in ResourceKey key, StoredResponse response) => Change(key, response, null);

    /// <summary>Removes every response of a resource that has this content: one, and whatever renewals have made of it meanwhile.</summary>
    public void RemoveContent(in ResourceKey key, IStoredContent content)
    {
        if (!_resources.TryGetValue(key, out Resource? resource))
        {
            return;
        }

        foreach (StoredResponse variant in resource.Variants)
        {
            if (variant.Body == content)
            {
                Change(key, variant, null);
            }
        }
    }

    /// <summary>Removes everything stored for a resource; how many there were.</summary>
    public int RemoveAll(in ResourceKey key)
    {
        if (!_resources.TryGetValue(key, out Resource? resource))
        {
            return 0;
        }

        lock (resource)
        {
            int count = resource.Variants.Length;
            foreach (StoredResponse variant in resource.Variants)
            {
                Account(key, variant, added: false);
            }

            resource.Variants = [];
            Bury(key, resource);
            return count;
        }
    }

    private static bool IsCandidate(Resource resource, StoredResponse variant) => variant.Vary.Names.Count > 0 || !resource.Varies;

    private bool Change(in ResourceKey key, StoredResponse old, StoredResponse? updated, bool evicted = false)
    {
        if (!_resources.TryGetValue(key, out Resource? resource))
        {
            return false;
        }

        lock (resource)
        {
            int at = Array.IndexOf(resource.Variants, old);
            if (at < 0)
            {
                return false;
            }

            Account(key, old, added: false, evicted);
            if (updated is not null)
            {
                Account(key, updated, added: true);
                resource.Variants = [updated, .. resource.Variants.Where(variant => variant != old)];
                return true;
            }

            resource.Variants = [.. resource.Variants.Where(variant => variant != old)];
            Bury(key, resource);
            return true;
        }
    }

    /// <summary>
    /// Takes an empty resource out of the table; whoever got hold of it meanwhile sees that it is dead and makes a new one, which must not be taken out
    /// in its place.
    /// </summary>
    private void Bury(in ResourceKey key, Resource resource)
    {
        if (resource.Variants.Length == 0)
        {
            resource.Dead = true;
            _resources.TryRemove(KeyValuePair.Create(key, resource));
        }
    }

    /// <summary>Under the resource's lock.</summary>
    private void Account(in ResourceKey key, StoredResponse response, bool added, bool evicted = false)
    {
        response.Gone = !added && !evicted;
        response.Turn?.Response = null;
        response.Turn = added ? new SweepTurn(key) { Response = response } : null;
        Interlocked.Add(ref _bytes, added ? response.Bytes : -response.Bytes);
        Interlocked.Add(ref _count, added ? 1 : -1);
    }

    private void Sweep(StoredResponse newcomer)
    {
        lock (_sweepLock)
        {
            if (newcomer.Turn is { } turn)
            {
                _sweep.Enqueue(turn);
            }

            while (Bytes > _bytesMax && _sweep.TryDequeue(out SweepTurn? next))
            {
                if (next.Response is not { } oldest)
                {
                    continue;
                }

                if (oldest.Used && oldest != newcomer)
                {
                    oldest.Used = false;
                    _sweep.Enqueue(next);
                    continue;
                }

                Change(next.Key, oldest, null, evicted: true);
            }

            // The turns of those that have gone wait in the queue; where they outnumber the living, it is rebuilt.
            if (_sweep.Count > (2 * Count) + 1024)
            {
                _sweep = new Queue<SweepTurn>(_sweep.Where(waiting => waiting.Response is not null));
            }
        }
    }

    private sealed class Resource
    {
        private StoredResponse[] _variants = [];

        public StoredResponse[] Variants
        {
            get => Volatile.Read(ref _variants);
            set
            {
                Varies = Array.Exists(value, variant => variant.Vary.Names.Count > 0);
                Volatile.Write(ref _variants, value);
            }
        }

        public bool Varies { get; private set; }

        public bool Dead { get; set; }
    }
}
