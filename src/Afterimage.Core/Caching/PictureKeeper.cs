using Afterimage.Entries;

namespace Afterimage.Caching;

/// <summary>Stores what was made, and knows whether that works: a store that refuses costs no answer, so nobody but the operator would miss it. Thread-safe.</summary>
public sealed class PictureKeeper(IEntryStore store)
{
    private readonly SemaphoreSlim[] _stripes = [.. Enumerable.Range(0, 64).Select(_ => new SemaphoreSlim(1))];
    private string? _fault;

    /// <summary>Raised when storing begins to fail, with why, and with null when it works again.</summary>
    public event Action<string?>? FaultChanged;

    /// <summary>Why the last picture could not be stored; null where it could.</summary>
    public string? Fault => Volatile.Read(ref _fault);

    /// <summary>Stores an entry, unless a fresher picture of the same request (one asked for with no-cache) was stored meanwhile: the later one stays, whichever is written first.</summary>
    public async ValueTask<bool> StoreAsync(EntryHeader entry, ReadOnlyMemory<byte> body)
    {
        SemaphoreSlim stripe = _stripes[(entry.Key.GetHashCode() & int.MaxValue) % _stripes.Length];
        await stripe.WaitAsync();
        try
        {
            return !(await store.PeekAsync(entry.Key, CancellationToken.None) is { } stored && stored.Created > entry.Created)
                && Learn(await store.PutAsync(entry, body, CancellationToken.None));
        }
        finally
        {
            stripe.Release();
        }
    }

    private bool Learn(PutOutcome outcome)
    {
        bool stored = outcome is PutOutcome.Stored or PutOutcome.Replaced;
        if (stored || outcome is PutOutcome.NoSpace or PutOutcome.Failed)
        {
            string? fault = stored ? null : outcome == PutOutcome.NoSpace ? "there is no room: the disk is full, or the bounds of the store leave none" : "the disk or the bucket refuses to write";
            if (Interlocked.Exchange(ref _fault, fault) != fault)
            {
                FaultChanged?.Invoke(fault);
            }
        }

        return stored;
    }
}
