using System.Runtime.CompilerServices;

namespace Afterimage.Entries;

/// <summary>
/// The stored images as files on one volume, with hot ones in memory. Faults of the disk never reach the caller: a read is a miss, a write says
/// <see cref="PutOutcome.Failed"/> or <see cref="PutOutcome.NoSpace"/>, both are counted.
/// <para>
/// Every change of one key (publish, adopt, remove) happens under that key's stripe; stripes are taken after <c>_reserveGate</c> and the packs' locks
/// (never held together) and before the locks of catalogue, handles, memory tier and quarantine, which are leaves. Each of those remembers at most one life of an entry, told apart by the catalogue's generation:
/// whoever puts an open file or an image into memory checks afterwards that the generation is still current.
/// </para>
/// </summary>
public sealed partial class FileEntryStore : IEntryStore
{
    private const int StripeCount = 256;

    private readonly FileEntryStoreOptions _options;
    private readonly TimeProvider _clock;
    private readonly EntryFolder _folder;
    private readonly EntryCatalogue _catalogue = new();
    private readonly HeaderPacks _packs;
    private readonly HandleCache _handles;
    private readonly TaskCompletionSource _packsLoaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock[] _stripes = [.. Enumerable.Range(0, StripeCount).Select(_ => new Lock())];
    private readonly SemaphoreSlim _writers;
    private readonly CancellationTokenSource _closing = new();
    private readonly FolderReadBack _readBack;
    private readonly Task _background;
    private readonly QuarantineFile _quarantine;
    private readonly ILocationReader? _locations;
    private volatile bool _knowsAll;

    private FileEntryStore(FileEntryStoreOptions options, TimeProvider clock, ILocationReader? locations, EntryVolume volume)
    {
        _options = options;
        _clock = clock;
        _locations = locations;
        _folder = new EntryFolder(options.Folder, volume);
        _packs = new HeaderPacks(options.Folder, volume);
        _quarantine = new QuarantineFile(_folder);
        _handles = new HandleCache(Descriptors.ForStore(options.OpenFilesMax));
        _writers = new SemaphoreSlim(options.WritersMax);
        Memory = new MemoryTier(options.Memory, clock);
        _readBack = new FolderReadBack(_folder, Adopt);
        Loaded = Task.Factory.StartNew(() => Load(_closing.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        _background = Task.Run(() => MaintainAsync(_closing.Token));

        // Last: from here on another thread's gauges read it.
        EntryMeters.Register(this);
    }

    public event Action<Hash256>? Removed;

    /// <summary>The hot images.</summary>
    public MemoryTier Memory { get; }

    /// <summary>Completes once every entry on the disk is known. Never fails.</summary>
    public Task Loaded { get; }

    /// <summary>Entry files kept open now.</summary>
    public int OpenFiles => _handles.Count;

    public EntryStoreStatus Status =>
        new(_catalogue.Count, _catalogue.Bytes, _options.BytesMax, Loaded.IsCompleted, Loaded.IsCompleted ? 1 : _readBack.Progress);

    /// <summary>
    /// Opens a store at once; what is in the folder is read back in the background, and entries not reached yet are looked up directly. A folder that
    /// cannot be created or read makes an empty store whose writes fail. Throws <see cref="ArgumentException"/> for options out of range.
    /// </summary>
    /// <param name="locations">Reads in-place entries; without it they are misses.</param>
    public static FileEntryStore Open(FileEntryStoreOptions options, TimeProvider clock, ILocationReader? locations = null) =>
        Open(options, clock, locations, new EntryVolume());

    internal static FileEntryStore Open(FileEntryStoreOptions options, TimeProvider clock, ILocationReader? locations, EntryVolume volume)
    {
        ArgumentException.ThrowIfNullOrEmpty(options.Folder);
        ArgumentOutOfRangeException.ThrowIfNegative(options.BytesMax);
        ArgumentOutOfRangeException.ThrowIfNegative(options.FreeDiskBytesMin);
        ArgumentOutOfRangeException.ThrowIfNegative(options.EntriesMax);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.EntryBytesMax, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.EntryBytesMax, 1L << 30);
        ArgumentOutOfRangeException.ThrowIfNegative(options.OpenFilesMax);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.OpenFilesMax, 65_536);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.WritersMax, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.WritersMax, 64);
        return new FileEntryStore(options with { Folder = Path.GetFullPath(options.Folder) }, clock, locations, volume);
    }

    public ValueTask<Hash256?> FindByIdAsync(string id, CancellationToken cancellationToken) =>
        ValueTask.FromResult<Hash256?>(_catalogue.TryFindId(EntryId.ToBits(id), out Hash256 key) ? key : null);

    public IReadOnlyCollection<Guid> Quarantined => _quarantine.Batches;

    /// <inheritdoc/>
    /// <remarks>Throws <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/> where the disk refuses to keep it.</remarks>
    public ValueTask SetQuarantineAsync(Guid batch, bool quarantined, CancellationToken cancellationToken)
    {
        _quarantine.Set(batch, quarantined);
        if (quarantined)
        {
            Memory.RemoveWhere(header => header.Batch == batch);
        }

        return ValueTask.CompletedTask;
    }

    public async ValueTask<long> DeleteBatchAsync(Guid batch, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(batch, Guid.Empty);
        await Loaded.WaitAsync(cancellationToken);
        int index = _catalogue.BatchIndex(batch);
        long deleted = 0;
        foreach ((CatalogueRow row, CatalogueTicket ticket) in _catalogue.Rows(row => row.Batch == index))
        {
            cancellationToken.ThrowIfCancellationRequested();
            deleted += Remove(row.Key, ticket, RemovalReason.Deleted) ? 1 : 0;
        }

        FlushPacks();
        return _catalogue.Rows(row => row.Batch == index).Any() ? throw new IOException("the disk does not remove some entries of the batch") : deleted;
    }

    public async IAsyncEnumerable<EntryHeader> EnumerateAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Loaded.WaitAsync(cancellationToken);
        foreach ((CatalogueRow row, _) in _catalogue.Rows())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (await PeekAsync(row.Key, cancellationToken) is { } header)
            {
                yield return header;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await Loaded;
        await _background;
        SaveRecency();
        _handles.Clear();
        _packs.Dispose();
        EntryMeters.Unregister(this);
        _closing.Dispose();
        _writers.Dispose();
    }

    private void FlushPacks()
    {
        try
        {
            _packs.Flush();
        }
        catch (Exception e) when (EntryVolume.IsDiskFault(e))
        {
            EntryMeters.CountDiskFault("flush");
        }
    }

    private Lock StripeOf(Hash256 key) => _stripes[key.GetHashCode() & (StripeCount - 1)];

    private long NowUnixMs => _clock.GetUtcNow().ToUnixTimeMilliseconds();

    private void RaiseRemoved(Hash256 key, RemovalReason reason)
    {
        EntryMeters.CountRemoval(reason);
        Removed?.Invoke(key);
    }

    private void Load(CancellationToken cancellationToken)
    {
        try
        {
            _folder.RemoveLeftovers();
            LoadRecency();
            LoadPacks(cancellationToken);
            _readBack.Run(cancellationToken);
            _knowsAll = true;
        }
        catch (Exception e) when (EntryVolume.IsDiskFault(e) || e is OperationCanceledException)
        {
            EntryMeters.CountDiskFault("read back");
        }
        finally
        {
            _savedOrder = null;
            _packsLoaded.TrySetResult();
        }
    }

    // Before the files: it takes a second for a million records, and unlike a file a record cannot be looked up by its key.
    private void LoadPacks(CancellationToken cancellationToken)
    {
        try
        {
            RefreshPacks(cancellationToken);
        }
        finally
        {
            _packsLoaded.TrySetResult();
        }
    }

    private void RefreshPacks(CancellationToken cancellationToken)
    {
        try
        {
            for (int damaged = _packs.Refresh(AdoptPacked, cancellationToken); damaged > 0; damaged--)
            {
                EntryMeters.CountFault(EntryFault.Checksum);
            }
        }
        catch (Exception e) when (EntryVolume.IsDiskFault(e))
        {
            EntryMeters.CountDiskFault("read back");
        }
    }

    private async Task MaintainAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Loaded;
            using var timer = new PeriodicTimer(_options.SweepInterval, _clock);
            do
            {
                Sweep();
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        catch (OperationCanceledException)
        {
            // Closing.
        }
    }
}
