namespace Afterimage.Entries;

public sealed partial class FileEntryStore
{
    // Uses of this process count up from 1. Below zero, oldest first: entries the saved order does not know, by creation; the saved order; entries made after
    // it was saved, by creation. Milliseconds since 1970 need 42 bits.
    private const long BeforeSaved = -3L << 48;
    private const long InSaved = -2L << 48;
    private const long AfterSaved = -1L << 48;

    private RecencyFile? _savedOrder;
    private long _recencySavedMs;

    private string RecencyPath => Path.Combine(_options.Folder, StoreFiles.Recency);

    private long RecencyOf(in EntryPreamble preamble)
    {
        long created = Math.Clamp(preamble.CreatedUnixMs, 0, (1L << 47) - 1);
        if (_savedOrder is not { } order)
        {
            return BeforeSaved + created;
        }

        int rank = order.RankOf(preamble.Key);
        return rank >= 0 ? InSaved + rank : (created > order.SavedUnixMs ? AfterSaved : BeforeSaved) + created;
    }

    private void LoadRecency()
    {
        _recencySavedMs = NowUnixMs;
        try
        {
            if (File.Exists(RecencyPath))
            {
                RecencyFile.TryDecode(File.ReadAllBytes(RecencyPath), out _savedOrder);
            }
        }
        catch (Exception e) when (EntryVolume.IsDiskFault(e))
        {
            EntryMeters.CountDiskFault("recency");
        }
    }

    private void SaveRecencyWhenDue()
    {
        // A clock that was set back must not stop the saving for years.
        if (Math.Abs(NowUnixMs - _recencySavedMs) >= _options.RecencyInterval.TotalMilliseconds)
        {
            SaveRecency();
        }
    }

    private void SaveRecency()
    {
        if (!_knowsAll)
        {
            // Closed during the read-back: the order saved before says more than what is known now.
            return;
        }

        _recencySavedMs = NowUnixMs;
        Memory.DrainUsed(_catalogue.Use);
        var order = new List<(long Recency, Hash256 Key)>(_catalogue.Count);
        order.AddRange(_catalogue.Rows().Select(found => (found.Row.Recency, found.Row.Key)));
        if (order.Count == 0)
        {
            return;
        }

        order.Sort((a, b) => a.Recency.CompareTo(b.Recency));
        try
        {
            using TemporaryEntry temporary = _folder.WriteTemporary([RecencyFile.Encode([.. order.Select(o => o.Key)], _recencySavedMs)], flush: false);
            temporary.Publish(RecencyPath);
        }
        catch (Exception e) when (EntryVolume.IsDiskFault(e))
        {
            EntryMeters.CountDiskFault("recency");
        }
    }
}
