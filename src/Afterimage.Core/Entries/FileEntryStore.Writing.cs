namespace Afterimage.Entries;

public sealed partial class FileEntryStore
{
    // Files of one group are open at the same time.
    private const int FilesPerGroup = 32;

    private readonly DamagedList _damaged = new();
    private readonly Lock _reserveGate = new();
    private long _reservedBytes;
    private long _reservedEntries;
    private int _evicting;

    /// <summary>The last entries that were refused, oldest first.</summary>
    public IReadOnlyList<DamagedEntry> Damaged => _damaged.Snapshot();

    public async ValueTask<PutOutcome> PutAsync(EntryHeader header, ReadOnlyMemory<byte> body, CancellationToken cancellationToken) =>
        (await PutManyAsync([new NewEntry(header, body)], cancellationToken))[0];

    public async ValueTask<IReadOnlyList<PutOutcome>> PutManyAsync(IReadOnlyList<NewEntry> entries, CancellationToken cancellationToken)
    {
        foreach (NewEntry entry in entries)
        {
            entry.Validate();
        }

        // Changing a key whose packed record is not known yet would let that record come back after a crash.
        await _packsLoaded.Task.WaitAsync(cancellationToken);
        var outcomes = new PutOutcome[entries.Count];
        int[] packed = [.. Enumerable.Range(0, entries.Count).Where(i => entries[i].Header.Location is not null)];
        int[] files = [.. Enumerable.Range(0, entries.Count).Where(i => entries[i].Header.Location is null)];
        var groups = files.Chunk(FilesPerGroup).Select(group => WriteAsync(() => PutFiles(entries, group, outcomes), cancellationToken)).ToList();
        if (packed.Length > 0)
        {
            groups.Add(WriteAsync(() => PutPacked(entries, packed, outcomes), cancellationToken));
        }

        await Task.WhenAll(groups);
        foreach (PutOutcome outcome in outcomes)
        {
            EntryMeters.CountPut(outcome);
        }

        return outcomes;
    }

    public async ValueTask<bool> DeleteAsync(Hash256 key, CancellationToken cancellationToken)
    {
        await _packsLoaded.Task.WaitAsync(cancellationToken);
        if (!_catalogue.TryGet(key, out _, out CatalogueTicket ticket))
        {
            // Not read back yet, or put there by another process.
            RefreshPacks(cancellationToken);
            Adopt(key);
            if (!_catalogue.TryGet(key, out _, out ticket))
            {
                return false;
            }
        }

        return Remove(key, ticket, RemovalReason.Deleted);
    }

    // Writing blocks on the disk; the caller's thread is not held for that.
    private async Task WriteAsync(Action write, CancellationToken cancellationToken)
    {
        await _writers.WaitAsync(cancellationToken);
        try
        {
            // On the caller's scheduler: a job's threads that give way to live traffic do so here, too.
            await Task.Factory.StartNew(write, CancellationToken.None, TaskCreationOptions.DenyChildAttach, TaskScheduler.Current);
        }
        finally
        {
            _writers.Release();
        }
    }

    /// <summary>
    /// Stores a group of entries in files of their own: all are written before the first is flushed, so that the file system takes them to the disk together,
    /// and each gets its name only once it is there.
    /// </summary>
    private void PutFiles(IReadOnlyList<NewEntry> entries, int[] group, PutOutcome[] outcomes)
    {
        var pending = new List<PendingFile>(group.Length);
        try
        {
            foreach (int i in group)
            {
                outcomes[i] = Attempt(() => Begin(entries[i], i, pending));
            }

            // A file that cannot be flushed has its fault as outcome and is not published.
            if (_options.Flush == FlushPolicy.BeforePublish)
            {
                pending.ForEach(file => outcomes[file.Index] = Attempt(() =>
                {
                    file.Temporary.Flush();
                    return PutOutcome.Stored;
                }));
            }

            foreach (PendingFile file in pending.Where(file => outcomes[file.Index] == PutOutcome.Stored))
            {
                outcomes[file.Index] = Attempt(() => Publish(entries[file.Index].Header, file.Preamble, file.Temporary));
            }
        }
        finally
        {
            foreach (PendingFile file in pending)
            {
                file.Temporary.Dispose();
                Release(file.Preamble.TotalLength, 1);
            }
        }
    }

    /// <summary>Writes an entry under a temporary name, with its bytes reserved.</summary>
    private PutOutcome Begin(in NewEntry entry, int index, List<PendingFile> pending)
    {
        byte[] head = EntryHead.Encode(entry.Header, entry.Body.Length, out EntryPreamble preamble);
        if (preamble.TotalLength > _options.EntryBytesMax)
        {
            return PutOutcome.TooLarge;
        }

        if (!TryReserve(preamble.TotalLength, 1))
        {
            return PutOutcome.NoSpace;
        }

        try
        {
            pending.Add(new PendingFile(index, preamble, _folder.WriteTemporary([head, entry.Body], flush: false)));
            return PutOutcome.Stored;
        }
        catch
        {
            Release(preamble.TotalLength, 1);
            throw;
        }
    }

    private static PutOutcome Attempt(Func<PutOutcome> step)
    {
        try
        {
            return step();
        }
        catch (Exception e) when (EntryVolume.IsDiskFault(e))
        {
            EntryMeters.CountDiskFault("write");
            return EntryVolume.IsDiskFull(e) ? PutOutcome.NoSpace : PutOutcome.Failed;
        }
    }

    private PutOutcome Publish(EntryHeader header, EntryPreamble preamble, TemporaryEntry temporary)
    {
        CatalogueRow row = RowOf(preamble, EntryPlace.OwnFile) with { Recency = _catalogue.NextUse(), BodyVerified = true };
        lock (StripeOf(header.Key))
        {
            bool replaced = _catalogue.Contains(header.Key) || (!Loaded.IsCompleted && File.Exists(_folder.PathOf(header.Key)));
            temporary.Publish(_folder.PathOf(header.Key));
            _catalogue.Publish(row, header.Batch, out CatalogueRow old);
            DropPacked(old);
            Forget(header.Key);
            return replaced ? PutOutcome.Replaced : PutOutcome.Stored;
        }
    }

    /// <summary>Makes an entry file known that the catalogue has not seen. Called by the read-back, which must not fight with writes of the same key.</summary>
    private void Adopt(Hash256 key)
    {
        lock (StripeOf(key))
        {
            if (_catalogue.TryGet(key, out CatalogueRow known, out _) && !known.Place.IsPacked)
            {
                return;
            }

            EntryFault fault;
            EntryPreamble preamble = default;
            try
            {
                fault = _folder.Inspect(key, out preamble);
            }
            catch (Exception e) when (EntryVolume.IsDiskFault(e))
            {
                EntryMeters.CountDiskFault("read back");
                fault = EntryFault.Unreadable;
            }

            if (fault == EntryFault.None)
            {
                LearnBatch(preamble.Batch);
                _catalogue.Publish(RowOf(preamble, EntryPlace.OwnFile), preamble.Batch, out CatalogueRow old);
                DropPacked(old);
            }
            else if (fault != EntryFault.Missing)
            {
                Refuse(key, fault);
            }
        }
    }

    private CatalogueRow RowOf(in EntryPreamble preamble, EntryPlace place) => new()
    {
        Key = preamble.Key,
        Id = preamble.Id,
        Recency = RecencyOf(preamble),
        Place = place,
        Bytes = (uint)preamble.TotalLength,
        ExpiresUnixSeconds = CatalogueRow.ExpiresFrom(preamble.ExpiresUnixMs),
    };

    /// <summary>Removes one life of an entry from disk and memory; false where it is gone or has been replaced, or the disk refuses.</summary>
    private bool Remove(Hash256 key, CatalogueTicket ticket, RemovalReason reason)
    {
        if (!TakeAway(key, ticket))
        {
            return false;
        }

        RaiseRemoved(key, reason);
        return true;
    }

    private bool TakeAway(Hash256 key, CatalogueTicket ticket)
    {
        lock (StripeOf(key))
        {
            if (!_catalogue.TryGet(key, out CatalogueRow row, out CatalogueTicket current) || current != ticket)
            {
                return false;
            }

            try
            {
                DropBytes(row);
            }
            catch (Exception e) when (EntryVolume.IsDiskFault(e))
            {
                // Still on the disk, so it stays known: otherwise the bytes would be there and counted nowhere.
                EntryMeters.CountDiskFault("delete");
                return false;
            }

            _catalogue.Remove(ticket, key);
            Forget(key);
            return true;
        }
    }

    /// <summary>
    /// Removes what is on the disk of a row. A crash can leave a key in two places, a record and a file of its own; the file is met only by the read-back, so
    /// until that has ended it goes with the record, or it would be read back as a living entry.
    /// </summary>
    private void DropBytes(in CatalogueRow row)
    {
        if (!row.Place.IsPacked || !_knowsAll)
        {
            _folder.Delete(row.Key);
        }

        if (row.Place.IsPacked)
        {
            _packs.Delete(row.Place, row.Bytes);
        }
    }

    private readonly record struct PendingFile(int Index, EntryPreamble Preamble, TemporaryEntry Temporary);
}
