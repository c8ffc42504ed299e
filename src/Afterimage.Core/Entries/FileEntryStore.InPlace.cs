namespace Afterimage.Entries;

public sealed partial class FileEntryStore
{
    /// <summary>Stores in-place entries in one record each, with one write and one flush for all.</summary>
    private void PutPacked(IReadOnlyList<NewEntry> entries, int[] group, PutOutcome[] outcomes)
    {
        var preambles = new EntryPreamble[group.Length];
        var records = new ReadOnlyMemory<byte>[group.Length];
        for (int i = 0; i < group.Length; i++)
        {
            records[i] = EntryHead.Encode(entries[group[i]].Header, 0, out preambles[i]);
        }

        long bytes = records.Sum(record => (long)record.Length);
        if (!TryReserve(bytes, group.Length))
        {
            Array.ForEach(group, i => outcomes[i] = PutOutcome.NoSpace);
            return;
        }

        try
        {
            EntryPlace[] places = [];
            PutOutcome outcome = Attempt(() =>
            {
                places = _packs.Append(records, _options.Flush == FlushPolicy.BeforePublish);
                return PutOutcome.Stored;
            });
            for (int i = 0; i < group.Length; i++)
            {
                outcomes[group[i]] = outcome == PutOutcome.Stored ? PublishPacked(entries[group[i]].Header, preambles[i], places[i]) : outcome;
            }
        }
        finally
        {
            Release(bytes, group.Length);
        }
    }

    private PutOutcome PublishPacked(EntryHeader header, in EntryPreamble preamble, EntryPlace place)
    {
        lock (StripeOf(header.Key))
        {
            bool replaced = _catalogue.Publish(RowOf(preamble, place) with { Recency = _catalogue.NextUse() }, header.Batch, out CatalogueRow old);
            if (replaced || !_knowsAll)
            {
                DropOldBytes(replaced ? old : new CatalogueRow { Key = header.Key, Place = EntryPlace.OwnFile });
            }

            Forget(header.Key);
            return replaced ? PutOutcome.Replaced : PutOutcome.Stored;
        }
    }

    /// <summary>Removes the bytes that a packed entry has replaced; what cannot be removed is dropped by the next read-back. Under the key's stripe.</summary>
    private void DropOldBytes(in CatalogueRow old)
    {
        try
        {
            DropBytes(old);
        }
        catch (Exception e) when (EntryVolume.IsDiskFault(e))
        {
            EntryMeters.CountDiskFault("delete");
        }
    }

    /// <summary>A batch met for the first time was perhaps begun by another process, which put it into quarantine first.</summary>
    private void LearnBatch(Guid batch)
    {
        if (batch != Guid.Empty && _catalogue.BatchIndex(batch) < 0)
        {
            _quarantine.Reload();
        }
    }

    /// <summary>
    /// Makes a packed record known. Where a crash, or another process, left a key in two places, a file of its own wins over a record and a later record
    /// over an earlier one; the loser is deleted.
    /// </summary>
    private void AdoptPacked(EntryPreamble preamble, EntryPlace place)
    {
        lock (StripeOf(preamble.Key))
        {
            bool known = _catalogue.TryGet(preamble.Key, out CatalogueRow row, out _);
            if (known && row.Place == place)
            {
                return;
            }

            try
            {
                if (known && !row.Place.IsPacked && File.Exists(_folder.PathOf(preamble.Key)))
                {
                    _packs.Delete(place, preamble.TotalLength);
                    return;
                }

                DropPacked(row);
            }
            catch (Exception e) when (EntryVolume.IsDiskFault(e))
            {
                EntryMeters.CountDiskFault("delete");
            }

            LearnBatch(preamble.Batch);
            _catalogue.Publish(RowOf(preamble, place), preamble.Batch, out _);
            Forget(preamble.Key);
        }
    }

    /// <summary>The last place to look: records that are still being read back, or that another process has appended since.</summary>
    private async ValueTask<OpenEntry?> OpenFromPacksAsync(Hash256 key, CancellationToken cancellationToken)
    {
        await _packsLoaded.Task.WaitAsync(cancellationToken);
        RefreshPacks(cancellationToken);
        return _catalogue.TryGet(key, out CatalogueRow row, out CatalogueTicket ticket) && row.Place.IsPacked
            ? await OpenPackedAsync(row, ticket, cancellationToken)
            : null;
    }

    private async ValueTask<PeekedEntry> PeekFromPacksAsync(Hash256 key, CancellationToken cancellationToken)
    {
        await _packsLoaded.Task.WaitAsync(cancellationToken);
        RefreshPacks(cancellationToken);
        return TryPeekPacked(key, out PeekedEntry peeked) ? peeked : new PeekedEntry(true, null);
    }

    /// <summary>Whether the entry is a packed one; what can be said of it, with its header where it has not expired.</summary>
    private bool TryPeekPacked(Hash256 key, out PeekedEntry peeked)
    {
        if (!_catalogue.TryGet(key, out CatalogueRow row, out CatalogueTicket ticket) || !row.Place.IsPacked)
        {
            peeked = default;
            return false;
        }

        bool expired = row.IsExpired(NowUnixMs);
        EntryHeader? header = expired ? null : ReadPacked(row, ticket);

        // A record that is damaged or gone has left the catalogue; one that could not be read has not.
        peeked = new PeekedEntry(header is not null || expired || !_catalogue.IsCurrent(ticket, key), header);
        return true;
    }

    private async ValueTask<OpenEntry?> OpenPackedAsync(CatalogueRow row, CatalogueTicket ticket, CancellationToken cancellationToken)
    {
        if (row.IsExpired(NowUnixMs))
        {
            Remove(row.Key, ticket, RemovalReason.Expired);
            return null;
        }

        EntryHeader? header = ReadPacked(row, ticket);
        return header is null || _quarantine.Holds(header.Batch) ? null : await OpenLocatedAsync(header, ticket, cancellationToken);
    }

    /// <summary>The header of a packed entry; one whose record is damaged or deleted by another process leaves the catalogue.</summary>
    private EntryHeader? ReadPacked(CatalogueRow row, CatalogueTicket ticket)
    {
        EntryFault fault = TryReadPacked(row, out EntryHeader? header);
        if (fault is EntryFault.None or EntryFault.Unreadable)
        {
            return header;
        }

        bool gone;
        lock (StripeOf(row.Key))
        {
            if (_catalogue.TryGet(row.Key, out CatalogueRow now, out CatalogueTicket current) && current == ticket && now.Place != row.Place)
            {
                // Compaction moved it between our looking and reading; under the stripe it stays.
                return TryReadPacked(now, out header) == EntryFault.None ? header : null;
            }

            gone = _catalogue.Remove(ticket, row.Key);
        }

        if (gone && fault != EntryFault.Missing)
        {
            EntryMeters.CountFault(fault);
            _damaged.Add(new DamagedEntry(row.Key, fault.ToString(), _clock.GetUtcNow()));
        }

        if (gone)
        {
            Memory.Remove(row.Key);
            RaiseRemoved(row.Key, fault == EntryFault.Missing ? RemovalReason.Deleted : RemovalReason.Damaged);
        }

        return null;
    }

    private EntryFault TryReadPacked(in CatalogueRow row, out EntryHeader? header)
    {
        try
        {
            return _packs.TryRead(row.Place, row.Key, out header);
        }
        catch (Exception e) when (EntryVolume.IsDiskFault(e))
        {
            EntryMeters.CountDiskFault("open");
            header = null;
            return EntryFault.Unreadable;
        }
    }

    private async ValueTask<OpenEntry?> OpenLocatedAsync(EntryHeader header, CatalogueTicket ticket, CancellationToken cancellationToken)
    {
        if (await InPlaceImage.ReadAsync(_locations, header, _options.EntryBytesMax, cancellationToken) is not { } entry)
        {
            return null;
        }

        _catalogue.Use(ticket);
        return Memory.WantsAfterUse(header.Key, entry.Header.Length) ? Keep(entry.Header, entry.Body!.Value, ticket) : entry;
    }

    /// <summary>Rewrites packs that are mostly dead, so that deleting a batch gives its bytes back.</summary>
    private void CompactPacks()
    {
        // What has not been read back counts as dead.
        foreach (int number in _knowsAll ? _packs.Wasteful() : [])
        {
            try
            {
                var living = _catalogue.Rows(row => row.Place.IsPacked && row.Place.Pack == number).ToList();
                foreach ((CatalogueRow Row, CatalogueTicket Ticket)[] group in living.Chunk(1000))
                {
                    Repack(group);
                }

                _packs.RemoveIfDead(number);
            }
            catch (Exception e) when (EntryVolume.IsDiskFault(e))
            {
                EntryMeters.CountDiskFault("compact");
            }
        }
    }

    /// <summary>
    /// Copies records to the end of the packs. A copy is written as deleted and comes to life under its key's stripe: an entry deleted between reading and
    /// copying must not be back after a crash.
    /// </summary>
    private void Repack((CatalogueRow Row, CatalogueTicket Ticket)[] group)
    {
        var copies = new List<ReadOnlyMemory<byte>>(group.Length);
        var moving = new List<(CatalogueRow Row, CatalogueTicket Ticket)>(group.Length);
        foreach ((CatalogueRow row, CatalogueTicket ticket) in group)
        {
            if (_packs.TryReadRecord(row.Place, row.Key, out byte[] record) == EntryFault.None)
            {
                record[EntryPreamble.StateOffset] = EntryPreamble.Deleted;
                copies.Add(record);
                moving.Add((row, ticket));
            }
        }

        EntryPlace[] places = _packs.Append(copies, flush: true);
        for (int i = 0; i < places.Length; i++)
        {
            (CatalogueRow row, CatalogueTicket ticket) = moving[i];
            lock (StripeOf(row.Key))
            {
                // A move keeps the ticket, so the place is compared too: a record moved twice would leave a live copy behind.
                if (_catalogue.TryGet(row.Key, out CatalogueRow now, out CatalogueTicket current) && current == ticket && now.Place == row.Place)
                {
                    _packs.Revive(places[i], row.Bytes);
                    _catalogue.Move(ticket, row.Key, places[i]);
                    _packs.Delete(row.Place, row.Bytes);
                }
            }
        }
    }
}
