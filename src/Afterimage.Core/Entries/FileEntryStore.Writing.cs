namespace Afterimage.Entries;

public sealed partial class FileEntryStore
{
    private readonly DamagedList _damaged = new();
    private readonly Lock _reserveGate = new();
    private long _reservedBytes;
    private long _reservedEntries;
    private int _evicting;

    /// <summary>The last entries that were refused, oldest first.</summary>
    public IReadOnlyList<DamagedEntry> Damaged => _damaged.Snapshot();

    public async ValueTask<PutOutcome> PutAsync(EntryHeader header, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        if (header.Location is null ? header.Length != body.Length : !body.IsEmpty)
        {
            throw new ArgumentException("the header's length is not the body's, or an in-place entry has a body", nameof(header));
        }

        if (header.Location is not null)
        {
            return (await PutManyAsync([header], cancellationToken))[0];
        }

        // Changing a key whose packed record is not known yet would let that record come back after a crash.
        await _packsLoaded.Task.WaitAsync(cancellationToken);
        byte[] head = EntryHead.Encode(header, body.Length, out EntryPreamble preamble);
        if (preamble.TotalLength > _options.EntryBytesMax)
        {
            return EntryMeters.CountPut(PutOutcome.TooLarge);
        }

        await _writers.WaitAsync(cancellationToken);
        try
        {
            // Writing blocks on the disk; the caller's thread is not held for that.
            return EntryMeters.CountPut(await Task.Run(() => Put(header, preamble, head, body), CancellationToken.None));
        }
        finally
        {
            _writers.Release();
        }
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

    private PutOutcome Put(EntryHeader header, EntryPreamble preamble, byte[] head, ReadOnlyMemory<byte> body)
    {
        if (!TryReserve(preamble.TotalLength, 1))
        {
            return PutOutcome.NoSpace;
        }

        try
        {
            using TemporaryEntry temporary = _folder.WriteTemporary([head, body], _options.Flush == FlushPolicy.BeforePublish);
            return Publish(header, preamble, temporary);
        }
        catch (Exception e) when (EntryVolume.IsDiskFault(e))
        {
            EntryMeters.CountDiskFault("write");
            return EntryVolume.IsDiskFull(e) ? PutOutcome.NoSpace : PutOutcome.Failed;
        }
        finally
        {
            Release(preamble.TotalLength, 1);
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
}
