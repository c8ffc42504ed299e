using System.Collections.Frozen;
using System.Text.Json;

namespace Afterimage.Entries;

/// <summary>
/// The batches in quarantine, kept in <c>quarantine.json</c>: a JSON array of GUIDs. A file that is there but cannot be read holds back every backfilled
/// entry: what was put into quarantine must not come out of it by damage. Thread-safe; reading takes no lock.
/// </summary>
internal sealed class QuarantineFile
{
    private readonly EntryFolder _folder;
    private readonly Lock _gate = new();
    private readonly string _path;
    private volatile FrozenSet<Guid> _batches = [];
    private volatile bool _unreadable;

    public QuarantineFile(EntryFolder folder)
    {
        _folder = folder;
        _path = Path.Combine(folder.Root, "quarantine.json");
        Reload();
    }

    public IReadOnlyCollection<Guid> Batches => _batches;

    /// <summary>Whether entries of this batch are held back.</summary>
    public bool Holds(Guid batch) => batch != Guid.Empty && (_unreadable || _batches.Contains(batch));

    /// <summary>Reads the file again: another process may have changed it.</summary>
    public void Reload()
    {
        lock (_gate)
        {
            try
            {
                _batches = File.Exists(_path)
                    ? (JsonSerializer.Deserialize(File.ReadAllBytes(_path), EntryJsonContext.Default.GuidArray) ?? []).ToFrozenSet()
                    : [];
                _unreadable = false;
            }
            catch (Exception e) when (EntryVolume.IsDiskFault(e) || e is JsonException)
            {
                EntryMeters.CountDiskFault("quarantine");
                _unreadable = true;
            }
        }
    }

    /// <summary>Adds or removes a batch, durably. Throws where the disk refuses: a quarantine that is not kept would be served after a restart.</summary>
    public void Set(Guid batch, bool quarantined)
    {
        lock (_gate)
        {
            // On top of what another process may have set meanwhile.
            Reload();
            var batches = new HashSet<Guid>(_batches);
            if (!(quarantined ? batches.Add(batch) : batches.Remove(batch)) && !_unreadable)
            {
                return;
            }

            byte[] json = JsonSerializer.SerializeToUtf8Bytes(batches.Order().ToArray(), EntryJsonContext.Default.GuidArray);
            using TemporaryEntry temporary = _folder.WriteTemporary([json], flush: true);
            temporary.Publish(_path);
            _batches = batches.ToFrozenSet();
            _unreadable = false;
        }
    }
}
