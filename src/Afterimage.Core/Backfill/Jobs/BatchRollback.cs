using Afterimage.Backfill.Analysis;
using Afterimage.Entries;
using Afterimage.Vectors;

namespace Afterimage.Backfill.Jobs;

/// <summary>Takes a batch out again: its vectors, then its entries. The images of in-place entries are never touched.</summary>
/// <param name="context">What the batch was put into.</param>
/// <param name="journal">The batch's job, held for as long as this takes; null where its files are elsewhere.</param>
internal sealed class BatchRollback(BackfillContext context, BackfillJournal? journal)
{
    private const int RemoveAtOnce = 1000;

    public async Task<RollbackReport> RunAsync(Guid batch, bool dryRun, CancellationToken cancellationToken)
    {
        var vectors = new List<Hash256>();
        await foreach (VectorPlace place in context.Index.EnumerateAsync(cancellationToken))
        {
            if (place.Batch == batch)
            {
                vectors.Add(place.Entry);
            }
        }

        if (dryRun)
        {
            long count = 0;
            await foreach (EntryHeader entry in context.Store.EnumerateAsync(cancellationToken))
            {
                count += entry.Batch == batch ? 1 : 0;
            }

            return new RollbackReport(batch, true, count, vectors.Count);
        }

        // Quarantine first: from here on nothing of the batch is served, even if this is interrupted.
        await context.Store.SetQuarantineAsync(batch, true, cancellationToken);
        long removed = 0;
        foreach (Hash256[] some in vectors.Chunk(RemoveAtOnce))
        {
            removed += await context.Index.RemoveAsync(some, cancellationToken);
        }

        await context.Index.FlushAsync(cancellationToken);
        long entries = await context.Store.DeleteBatchAsync(batch, cancellationToken);
        await context.Store.SetQuarantineAsync(batch, false, cancellationToken);
        journal?.SetState(BackfillState.RolledBack);
        return new RollbackReport(batch, false, entries, removed);
    }
}
