using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Afterimage.Entries;

/// <summary>
/// Entries without a body of their own (in-place backfill), many to a file: <c>packs/(8 hexadecimal digits).pack</c>. A file each would cost an inode, a
/// 4 KB block, a rename and a flush for 600 bytes. Each process appends only to packs that it began itself, so two may work on one folder. Thread-safe.
/// <para>
/// A group is one write and one flush. A record is deleted by one byte in its preamble; a pack without live records is unlinked, one that is mostly dead is
/// rewritten by appending what lives (<see cref="Wasteful"/>). After a crash in between, a key may stand in two places; the read-back keeps one.
/// </para>
/// </summary>
internal sealed class HeaderPacks(string root, EntryVolume volume) : IDisposable
{
    private const long PackBytesMax = 32L << 20;
    public const string Extension = ".pack";

    private readonly ConcurrentDictionary<int, HeaderPack> _packs = new();
    private readonly Lock _appendGate = new();

    // A lock of its own: lookups must not wait while a group is flushed. Taken after the append lock where both are needed.
    private readonly Lock _scanGate = new();
    private readonly string _folder = Path.Combine(root, "packs");
    private HeaderPack? _active;
    private SafeFileHandle? _activeLock;
    private DateTime _folderChanged;

    /// <summary>
    /// Calls back for every live record that was not seen yet, in the order of writing: all of them at the start, later what
    /// other processes appended. Costs one call of the file
    /// system per pack where nothing is new. Returns how many stretches were damaged.
    /// </summary>
    public int Refresh(Action<EntryPreamble, EntryPlace> found, CancellationToken cancellationToken)
    {
        int damaged = 0;
        lock (_scanGate)
        {
            OpenNewPacks();
            foreach (HeaderPack pack in _packs.Values.Where(pack => !pack.IsOurs).OrderBy(pack => pack.Number))
            {
                damaged += pack.Scan((preamble, offset) => found(preamble, EntryPlace.InPack(pack.Number, offset)), cancellationToken);
            }
        }

        return damaged;
    }

    private void OpenNewPacks()
    {
        if (!Directory.Exists(_folder))
        {
            return;
        }

        DateTime changed = Directory.GetLastWriteTimeUtc(_folder);
        if (changed == _folderChanged)
        {
            return;
        }

        foreach (string path in Directory.EnumerateFiles(_folder, "*" + Extension).Order())
        {
            if (int.TryParse(Path.GetFileNameWithoutExtension(path.AsSpan()), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out int number)
                && number >= 0 && !_packs.ContainsKey(number))
            {
                try
                {
                    _packs[number] = new HeaderPack(volume, number, path, volume.OpenReadWrite(path, create: false));
                }
                catch (Exception e) when (EntryVolume.IsDiskFault(e))
                {
                    EntryMeters.CountDiskFault("read back");
                }
            }
        }

        _folderChanged = changed;
    }

    /// <summary>Appends records and returns their places; all are on the disk on return where <paramref name="flush"/> is set.</summary>
    public EntryPlace[] Append(IReadOnlyList<ReadOnlyMemory<byte>> records, bool flush)
    {
        lock (_appendGate)
        {
            HeaderPack pack = _active is { Length: < PackBytesMax } active ? active : Begin();
            long offset = pack.Length;
            try
            {
                pack.Append(records, flush);
            }
            catch (Exception e) when (EntryVolume.IsDiskFault(e))
            {
                // Whatever the failed write left at its end is never appended to.
                _active = null;
                throw;
            }

            var places = new EntryPlace[records.Count];
            for (int i = 0; i < places.Length; i++)
            {
                places[i] = EntryPlace.InPack(pack.Number, offset);
                offset += records[i].Length;
            }

            return places;
        }
    }

    /// <summary>Reads one entry's header.</summary>
    public EntryFault TryRead(EntryPlace place, Hash256 key, out EntryHeader? header)
    {
        header = null;
        EntryFault fault = TryReadRecord(place, key, out byte[] record);
        if (fault == EntryFault.None)
        {
            header = EntryHeaderJson.TryRead(record.AsSpan(EntryPreamble.Size));
            fault = header is null || header.Key != key ? EntryFault.Header : EntryFault.None;
        }

        return fault;
    }

    /// <summary>Reads one record as it stands.</summary>
    public EntryFault TryReadRecord(EntryPlace place, Hash256 key, out byte[] record)
    {
        if (_packs.TryGetValue(place.Pack, out HeaderPack? pack))
        {
            return pack.TryRead(place.Offset, key, out _, out record);
        }

        record = [];
        return EntryFault.Missing;
    }

    /// <summary>Marks a record deleted.</summary>
    public void Delete(EntryPlace place, long bytes)
    {
        if (_packs.TryGetValue(place.Pack, out HeaderPack? pack))
        {
            pack.Delete(place.Offset, bytes);
        }
    }

    /// <summary>Makes a record count that was appended as deleted.</summary>
    public void Revive(EntryPlace place, long bytes) => _packs[place.Pack].Revive(place.Offset, bytes);

    /// <summary>Forces deletions to the disk.</summary>
    public void Flush()
    {
        foreach (HeaderPack pack in _packs.Values)
        {
            pack.Flush();
        }
    }

    /// <summary>Packs that are more than half dead and that nobody appends to.</summary>
    public int[] Wasteful()
    {
        lock (_appendGate)
        {
            return [.. _packs.Values.Where(pack => pack.LiveBytes * 2 < pack.Length && pack != _active && !IsWrittenElsewhere(pack)).Select(p => p.Number)];
        }
    }

    /// <summary>
    /// Unlinks a pack in which nothing lives any more; false where something does. The last pack stays: its number must not be given again while another
    /// process has the old file open under it.
    /// </summary>
    public bool RemoveIfDead(int number)
    {
        if (!_packs.TryGetValue(number, out HeaderPack? pack) || pack.LiveBytes > 0 || pack == _active || number == _packs.Keys.Max())
        {
            return false;
        }

        volume.Delete(pack.Path);
        File.Delete(LockPathOf(pack.Path));
        _packs.TryRemove(number, out _);

        // Its handle is left to the finalizer: a reader may have looked the pack up just before.
        return true;
    }

    public void Dispose()
    {
        _activeLock?.Dispose();
        foreach (HeaderPack pack in _packs.Values)
        {
            pack.Dispose();
        }
    }

    // The writer of a pack holds the advisory lock of a file beside it for as long as it may append; a crash lets go of it.
    private static string LockPathOf(string packPath) => Path.ChangeExtension(packPath, ".lock");

    private static bool IsWrittenElsewhere(HeaderPack pack)
    {
        string path = LockPathOf(pack.Path);
        if (!File.Exists(path))
        {
            return false;
        }

        try
        {
            using SafeFileHandle free = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return false;
        }
        catch (Exception e) when (EntryVolume.IsDiskFault(e))
        {
            return true;
        }
    }

    private HeaderPack Begin()
    {
        volume.CreateFolder(_folder);
        int number = _packs.IsEmpty ? 0 : _packs.Keys.Max() + 1;
        while (true)
        {
            string path = Path.Combine(_folder, $"{number:x8}{Extension}");
            try
            {
                lock (_scanGate)
                {
                    _activeLock?.Dispose();
                    _activeLock = File.OpenHandle(LockPathOf(path), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                    _active = new HeaderPack(volume, number, path, volume.OpenReadWrite(path, create: true)) { IsOurs = true };
                    _packs[number] = _active;
                    return _active;
                }
            }
            catch (IOException) when (File.Exists(path))
            {
                // Another process began it.
                number++;
            }
        }
    }
}
