using System.Diagnostics.CodeAnalysis;

namespace Afterimage.Entries;

public sealed partial class FileEntryStore
{
    public bool TryGetHot(Hash256 key, [NotNullWhen(true)] out HotEntry? entry) => Memory.TryGet(key, out entry);

    public ValueTask<OpenEntry?> OpenAsync(Hash256 key, CancellationToken cancellationToken)
    {
        if (Memory.TryGet(key, out HotEntry? hot))
        {
            return new ValueTask<OpenEntry?>(hot);
        }

        try
        {
            if (HoldWarm(key) is { } warm)
            {
                return Serve(warm, cancellationToken);
            }

            if (_catalogue.TryGet(key, out CatalogueRow row, out CatalogueTicket ticket) && row.Place.IsPacked)
            {
                return OpenPackedAsync(row, ticket, cancellationToken);
            }

            EntryFile? file = OpenCold(key);
            return file is not null ? Serve(file, cancellationToken) : OpenFromPacksAsync(key, cancellationToken);
        }
        catch (Exception e) when (EntryVolume.IsDiskFault(e))
        {
            EntryMeters.CountDiskFault("open");
            return default;
        }
    }

    public async ValueTask<EntryHeader?> PeekAsync(Hash256 key, CancellationToken cancellationToken) => (await TryPeekAsync(key, cancellationToken)).Header;

    public ValueTask<PeekedEntry> TryPeekAsync(Hash256 key, CancellationToken cancellationToken)
    {
        try
        {
            if (TryPeekPacked(key, out PeekedEntry packed))
            {
                return new ValueTask<PeekedEntry>(packed);
            }

            if (_handles.TryHold(key, out EntryFile? file) || OpenAndAdopt(key, out file) == EntryFault.None)
            {
                EntryHeader header = file!.Header;
                bool expired = IsExpired(file);
                file.Release();
                return new ValueTask<PeekedEntry>(new PeekedEntry(true, expired ? null : header));
            }

            return PeekFromPacksAsync(key, cancellationToken);
        }
        catch (Exception e) when (EntryVolume.IsDiskFault(e))
        {
            EntryMeters.CountDiskFault("open");
            return default;
        }
    }

    private EntryFile? HoldWarm(Hash256 key)
    {
        if (!_handles.TryHold(key, out EntryFile? file))
        {
            return null;
        }

        if (!IsServable(file))
        {
            file.Release();
            return null;
        }

        _catalogue.Use(file.Ticket);
        return file;
    }

    private EntryFile? OpenCold(Hash256 key)
    {
        EntryFault fault = OpenAndAdopt(key, out EntryFile? file);
        if (fault != EntryFault.None || file is null)
        {
            return null;
        }

        bool served = false;
        try
        {
            if (!IsServable(file) || !IsBodySound(file))
            {
                return null;
            }

            _catalogue.Use(file.Ticket);
            _handles.Add(file);
            if (!_catalogue.IsCurrent(file.Ticket, key))
            {
                _handles.Remove(file);
            }

            served = true;
            return file;
        }
        finally
        {
            if (!served)
            {
                file.Release();
            }
        }
    }

    /// <summary>Opens an entry's file and makes the catalogue agree with what is there: another process may have changed it, a person may have removed it.</summary>
    private EntryFault OpenAndAdopt(Hash256 key, out EntryFile? file)
    {
        EntryFault fault;
        bool gone = false;
        lock (StripeOf(key))
        {
            bool known = _catalogue.TryGet(key, out CatalogueRow row, out CatalogueTicket ticket);
            fault = _folder.Open(key, isExpected: known, out file);
            if (file is not null)
            {
                UInt128 id = EntryId.ToBits(file.Header.Id);
                if (!known || row.Id != id || row.Bytes != file.TotalLength)
                {
                    Forget(key);
                    LearnBatch(file.Header.Batch);
                    _catalogue.Publish(RowOf(file, id), file.Header.Batch, out CatalogueRow old);
                    DropPacked(old);
                    _catalogue.TryGet(key, out _, out ticket);
                }

                file.Ticket = ticket;
            }
            else
            {
                if (fault is not EntryFault.Missing)
                {
                    Refuse(key, fault);
                }

                // A packed row has no file to miss: it was published after the caller looked.
                if (known && !row.Place.IsPacked && fault is not EntryFault.UnknownVersion)
                {
                    Forget(key);
                    gone = _catalogue.Remove(ticket, key);
                }
            }
        }

        if (gone)
        {
            RaiseRemoved(key, fault == EntryFault.Missing ? RemovalReason.Deleted : RemovalReason.Damaged);
        }

        return fault;
    }

    private CatalogueRow RowOf(EntryFile file, UInt128 id) => new()
    {
        Key = file.Header.Key,
        Id = id,
        Recency = _catalogue.NextUse(),
        Place = EntryPlace.OwnFile,
        Bytes = (uint)file.TotalLength,
        ExpiresUnixSeconds = CatalogueRow.ExpiresFrom(file.Header.Expires?.ToUnixTimeMilliseconds() ?? 0),
    };

    /// <summary>Deletes the packed record that an own file has replaced. Under the key's stripe.</summary>
    private void DropPacked(in CatalogueRow old)
    {
        if (old.Bytes == 0 || !old.Place.IsPacked)
        {
            return;
        }

        try
        {
            _packs.Delete(old.Place, old.Bytes);
        }
        catch (Exception e) when (EntryVolume.IsDiskFault(e))
        {
            // The next read-back drops it.
            EntryMeters.CountDiskFault("delete");
        }
    }

    private bool IsExpired(EntryFile file) =>
        file.ExpiresUtcTicks != long.MaxValue && file.ExpiresUtcTicks <= _clock.GetUtcNow().UtcTicks;

    private bool IsServable(EntryFile file)
    {
        if (IsExpired(file))
        {
            Remove(file.Header.Key, file.Ticket, RemovalReason.Expired);
            return false;
        }

        return !_quarantine.Holds(file.Header.Batch);
    }

    /// <summary>Lets go of an open file and of what is known of its body: the next reader opens and checks it anew.</summary>
    internal void Distrust(EntryFile file)
    {
        _catalogue.SetBodyVerified(file.Ticket, false);
        _handles.Remove(file);
    }

    /// <summary>Checks the body's hash on the first open after the start, or after <see cref="Distrust"/>; what fails is set aside.</summary>
    private bool IsBodySound(EntryFile file)
    {
        Hash256 key = file.Header.Key;
        if (_catalogue.TryGet(key, out CatalogueRow row, out _) && row.BodyVerified)
        {
            return true;
        }

        if (EntryFolder.BodyMatches(file))
        {
            _catalogue.SetBodyVerified(file.Ticket, true);
            return true;
        }

        bool gone;
        lock (StripeOf(key))
        {
            gone = _catalogue.IsCurrent(file.Ticket, key);
            if (gone)
            {
                Refuse(key, EntryFault.Body);
                Forget(key);
                _catalogue.Remove(file.Ticket, key);
            }
        }

        if (gone)
        {
            RaiseRemoved(key, RemovalReason.Damaged);
        }

        return false;
    }

    private ValueTask<OpenEntry?> Serve(EntryFile file, CancellationToken cancellationToken)
    {
        if (file.Header.Location is not null)
        {
            EntryHeader header = file.Header;
            file.Release();
            return OpenLocatedAsync(header, file.Ticket, cancellationToken);
        }

        if (!Memory.WantsAfterUse(file.Header.Key, file.BodyLength))
        {
            return new ValueTask<OpenEntry?>(new FileEntryReader(file, this));
        }

        try
        {
            byte[] body = GC.AllocateUninitializedArray<byte>((int)file.BodyLength);
            file.ReadFully(0, body);
            return new ValueTask<OpenEntry?>(Keep(file.Header, body, file.Ticket));
        }
        finally
        {
            file.Release();
        }
    }

    /// <summary>Puts an image into memory, unless the entry was replaced, removed or quarantined since it was read.</summary>
    private HotEntry Keep(EntryHeader header, ReadOnlyMemory<byte> body, CatalogueTicket ticket)
    {
        HotEntry hot = Memory.Add(header, body);
        if (!_catalogue.IsCurrent(ticket, header.Key) || _quarantine.Holds(header.Batch))
        {
            Memory.Remove(hot);
        }

        return hot;
    }

    /// <summary>Counts a refused file and moves it out of the way. Under the key's stripe.</summary>
    private void Refuse(Hash256 key, EntryFault fault)
    {
        EntryMeters.CountFault(fault);
        _damaged.Add(new DamagedEntry(key, fault.ToString(), _clock.GetUtcNow()));
        if (fault is EntryFault.UnknownVersion or EntryFault.Unreadable)
        {
            return;
        }

        try
        {
            _folder.SetAside(_folder.PathOf(key), fault);
        }
        catch (Exception e) when (EntryVolume.IsDiskFault(e))
        {
            EntryMeters.CountDiskFault("set aside");
        }
    }

    /// <summary>Drops what is kept in memory of a key. Under the key's stripe.</summary>
    private void Forget(Hash256 key)
    {
        _handles.Remove(key);
        Memory.Remove(key);
    }
}
