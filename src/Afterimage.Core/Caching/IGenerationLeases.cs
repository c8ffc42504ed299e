namespace Afterimage.Caching;

/// <summary>
/// Makes identical requests at different gateways cause one call to the origin. Use: ask for the lease of the exact key before calling the origin.
/// <see cref="LeaseOutcome.Acquired"/>: look once more whether the entry is stored (its last holder may just have finished), else call the origin,
/// store the entry, then dispose the lease. <see cref="LeaseOutcome.Released"/>: another gateway has finished or died; look for the entry and, where
/// there is none, ask again. <see cref="LeaseOutcome.Unavailable"/>: nobody can be asked; go on as the only gateway would. Thread-safe.
/// </summary>
public interface IGenerationLeases
{
    /// <summary>Takes the lease, or waits until whoever has it lets go, dies, or <paramref name="patience"/> is over.</summary>
    ValueTask<LeaseAnswer> AcquireAsync(Hash256 key, TimeSpan patience, CancellationToken cancellationToken);
}

/// <summary>How asking for a lease ended.</summary>
public enum LeaseOutcome
{
    /// <summary>It is ours until <see cref="GenerationLease"/> is disposed.</summary>
    Acquired,

    /// <summary>Another gateway had it and no longer has.</summary>
    Released,

    /// <summary>Another gateway still has it after all the patience.</summary>
    Busy,

    /// <summary>The place where leases are kept is away; coalesce locally only.</summary>
    Unavailable,
}

/// <param name="Lease">Set exactly when <see cref="LeaseOutcome.Acquired"/>.</param>
public readonly record struct LeaseAnswer(LeaseOutcome Outcome, GenerationLease? Lease = null);

/// <summary>A lease in hand. It is kept alive in the background; dispose it once the entry is stored, or once it is clear that it never will be.</summary>
public abstract class GenerationLease : IAsyncDisposable
{
    /// <summary>Cancelled when the lease was lost (the database was away for longer than the lease lasts), so that another gateway may be generating too. Finishing is harmless: entries appear whole.</summary>
    public abstract CancellationToken Lost { get; }

    /// <summary>Lets go and tells those who wait. Never throws.</summary>
    public abstract ValueTask DisposeAsync();
}
