using System.Collections.Concurrent;
using Afterimage.Entries;
using Amazon.S3;

namespace Afterimage.Cloud.S3;

/// <summary>
/// Entries in a bucket, shared by several gateways, with a local store (memory and disk) in front. Objects have the form of the files on disk:
/// <code>
///   (prefix)ab/(64 hexadecimal digits).entry   an entry, named by its exact key
///   (prefix)ids/(ULID)                         the key of an entry's id, 64 hexadecimal digits
///   (prefix)quarantine.json                    batches held back, a JSON array of GUIDs
/// </code>
/// The bucket is the truth: what the local store evicts is not gone. A bucket that throttles or is away makes misses, and what is local is served without
/// asking; <see cref="IEntryStore.Removed"/> is raised for what this process deletes. Expired objects are removed when met; a lifecycle rule of the bucket
/// removes those that nobody asks for.
/// </summary>
internal sealed partial class S3EntryStore : IEntryStore
{
    private const int StripeCount = 64;

    private readonly S3StoreOptions _options;
    private readonly S3Objects _objects;
    private readonly FileEntryStore _local;
    private readonly ILocationReader? _locations;
    private readonly TimeProvider _clock;
    private readonly S3Quarantine _quarantine;
    private readonly CancellationTokenSource _closing = new();

    // Writes of one key in this process are in one order, in the bucket and in the local store. The counters tell a fetch that a write has overtaken it.
    private readonly SemaphoreSlim[] _stripes = [.. Enumerable.Range(0, StripeCount).Select(_ => new SemaphoreSlim(1, 1))];
    private readonly long[] _writes = new long[StripeCount];
    private readonly Task _counting;

    // When each local entry was last known to be what the bucket has. Pruned as the local store drops entries, so bounded by it.
    private readonly ConcurrentDictionary<Hash256, long> _validated = new();
    private readonly SharedLookups _fetches = new();
    private long _entries;
    private long _bytes;
    private bool _counted;

    private S3EntryStore(S3StoreOptions options, S3Objects objects, FileEntryStore local, ILocationReader? locations, TimeProvider clock)
    {
        _options = options;
        _objects = objects;
        _local = local;
        _locations = locations;
        _clock = clock;
        _quarantine = new S3Quarantine(objects, options.Prefix + "quarantine.json", clock);
        _local.Removed += key => _validated.TryRemove(key, out _);
        _counting = Task.Run(() => CountAsync(_closing.Token));
    }

    public event Action<Hash256>? Removed;

    public EntryStoreStatus Status => new(Volatile.Read(ref _entries), Volatile.Read(ref _bytes), 0, _counted, _counted ? 1 : 0);

    public IReadOnlyCollection<Guid> Quarantined => _quarantine.Batches;

    /// <summary>Completes once the bucket's entries have been counted, or could not be.</summary>
    public Task Counted => _counting;

    /// <summary>The memory and disk tier in front of the bucket.</summary>
    public FileEntryStore Local => _local;

    /// <summary>Opens the store at once; nothing is asked of the bucket before the first lookup but the count of its entries.</summary>
    /// <param name="local">Bounds and folder of the local tier.</param>
    /// <param name="client">Null to connect as the options say, with credentials from the usual AWS chain.</param>
    public static S3EntryStore Open(
        S3StoreOptions options, FileEntryStoreOptions local, TimeProvider clock, ILocationReader? locations = null, IAmazonS3? client = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(options.Bucket);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Parallelism, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Parallelism, 64);
        ArgumentOutOfRangeException.ThrowIfNegative(options.RetriesMax);
        return new S3EntryStore(
            options, new S3Objects(options, client ?? S3Clients.Connect(options), clock), FileEntryStore.Open(local, clock), locations, clock);
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _counting;
        await _local.DisposeAsync();
        _quarantine.Dispose();
        _objects.Dispose();
        _closing.Dispose();
    }

    private static int StripeOf(Hash256 key) => key.GetHashCode() & (StripeCount - 1);

    private string NameOf(Hash256 key)
    {
        string hex = key.ToHex();
        return $"{_options.Prefix}{hex[..2]}/{hex}.entry";
    }

    private string IdNameOf(string id) => $"{_options.Prefix}ids/{id}";

    private bool TryParseName(string name, out Hash256 key)
    {
        key = default;
        return name.EndsWith(".entry", StringComparison.Ordinal)
            && Hash256.TryParseHex(Path.GetFileNameWithoutExtension(name.AsSpan()), out key)
            && NameOf(key) == name;
    }

    private bool IsExpired(EntryHeader header) => header.Expires is { } expires && expires <= _clock.GetUtcNow();

    private async Task CountAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _quarantine.RefreshAsync(TimeSpan.Zero, cancellationToken);
            if (_options.CountAtStart)
            {
                await foreach ((string name, long length) in _objects.ListAsync(_options.Prefix, cancellationToken))
                {
                    if (TryParseName(name, out _))
                    {
                        Interlocked.Increment(ref _entries);
                        Interlocked.Add(ref _bytes, length);
                    }
                }
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The count is for people; without it the status says what this process has stored.
            S3Meters.CountFetch("not counted");
        }
        finally
        {
            _counted = true;
        }
    }
}
