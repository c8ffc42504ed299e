namespace Afterimage.Vectors.Storage;

/// <summary>Takes one record of a replay.</summary>
/// <param name="record">The whole record, checked.</param>
/// <param name="place">Where it stands, for <see cref="VectorLog.Vector"/>.</param>
internal delegate void LogVisitor(ReadOnlySpan<byte> record, uint place);

/// <summary>
/// The truth of the index on disk: numbered segments, replayed in order. A place is a segment's slot and an offset in units of 64 bytes, in 32 bits,
/// and names a record for as long as its segment exists. Appending, replaying and retiring belong to the index's writer lock; reading does not.
/// </summary>
internal sealed unsafe class VectorLog : IDisposable
{
    /// <summary>Bytes of the segments of a small index: what it has of dead weight, on disk and in mapped pages, is a few of them.</summary>
    public const long SmallestSegment = 4 << 20;

    private readonly string _folder;
    private readonly string _spaceId;
    private readonly int _dimensions;
    private readonly long _segmentBytesMin;
    private readonly long _segmentBytesMax;
    private readonly int _unitBits;
    private readonly Lock _files = new();
    private readonly LogSegment?[] _slots;
    private ulong _lastNumber;
    private int _activeSlot = -1;

    /// <summary>Opens the segments of a folder without reading their records.</summary>
    /// <param name="folder">Where the segments are.</param>
    /// <param name="spaceId">The space of the vectors.</param>
    /// <param name="dimensions">Components of every vector.</param>
    /// <param name="segmentBytesMax">How long a segment may become, in bytes; one of a small index stays shorter.</param>
    /// <exception cref="InvalidDataException">A segment is of another version or space.</exception>
    public VectorLog(string folder, string spaceId, int dimensions, long segmentBytesMax)
    {
        _folder = folder;
        Unneeded = new UnneededFiles(folder);
        _spaceId = spaceId;
        _dimensions = dimensions;
        string[] paths = [.. Directory.GetFiles(folder, "segment-*" + LogSegment.Extension).Order(StringComparer.Ordinal)];
        long needed = LogSegment.HeaderLength + LogRecord.AddLength(dimensions) + LogRecord.ShortLength;
        _segmentBytesMax = Math.Max(segmentBytesMax, needed);
        _segmentBytesMin = Math.Clamp(SmallestSegment, needed, _segmentBytesMax);
        long longest = Math.Max(_segmentBytesMax, paths.Length == 0 ? 0 : paths.Max(p => new FileInfo(p).Length));
        _unitBits = System.Numerics.BitOperations.Log2((ulong)(longest - 1) / LogRecord.Alignment) + 1;
        _slots = new LogSegment?[1 << Math.Min(16, 32 - _unitBits)];
        try
        {
            foreach (string path in paths)
            {
                // Only the last one is written to again, so only it gets room behind its records.
                OpenSegment(path, path == paths[^1] ? _segmentBytesMin : 0);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Bytes of all segments.</summary>
    public long Bytes => _slots.Sum(s => s?.Length ?? 0);

    /// <summary>Files of dropped segments that are still to be deleted.</summary>
    public UnneededFiles Unneeded { get; }

    /// <summary>Records that a replay had to skip or cut.</summary>
    public long Damaged { get; private set; }

    /// <summary>Segments, oldest first.</summary>
    public IEnumerable<LogSegment> Segments => _slots.OfType<LogSegment>().OrderBy(s => s.Number);

    public LogSegment? Active => _activeSlot < 0 ? null : _slots[_activeSlot];

    /// <summary>The stored vector of an add record.</summary>
    public ReadOnlySpan<Half> Vector(uint place)
    {
        LogSegment segment = _slots[place >> _unitBits]!;
        return new ReadOnlySpan<Half>(segment.At(Offset(place) + LogRecord.VectorOffset), _dimensions);
    }

    /// <summary>The record at a place.</summary>
    public ReadOnlySpan<byte> Record(uint place) => new(_slots[place >> _unitBits]!.At(Offset(place)), LogRecord.AddLength(_dimensions));

    public LogSegment SegmentOf(uint place) => _slots[place >> _unitBits]!;

    /// <summary>Hands every readable record to the visitor in the order of writing, and cuts the torn tail of the last segment.</summary>
    public void Replay(LogVisitor visit, Action<double> progress)
    {
        long total = Math.Max(1, Bytes);
        long done = 0;
        LogSegment? last = Segments.LastOrDefault();
        foreach (LogSegment segment in Segments)
        {
            done += segment.Length;
            int slot = SlotOf(segment);
            Damaged += LogReplay.Run(segment, segment == last, _dimensions, (record, offset) => visit(record, PlaceOf(slot, offset)));
            progress((double)done / total);
        }

        if (last is { Sealed: false })
        {
            _activeSlot = Array.IndexOf(_slots, last);
        }
    }

    /// <summary>How many records of the given length fit the active segment; opens another where none does.</summary>
    public int Room(int recordLength)
    {
        long room = Active is { } active ? active.Capacity - active.Length - LogRecord.ShortLength : 0;
        if (room < recordLength)
        {
            Rotate();
            room = Active!.Capacity - Active.Length - LogRecord.ShortLength;
        }

        return (int)(room / recordLength);
    }

    /// <summary>Appends records that fit (<see cref="Room"/>) and returns the place of the first.</summary>
    public uint Append(ReadOnlySpan<byte> records)
    {
        LogSegment active = Active!;
        uint place = PlaceOf(_activeSlot, active.Length);
        active.Append(records);
        return place;
    }

    /// <summary>The place of the record that is <paramref name="bytes"/> behind another in the same segment.</summary>
    public static uint Behind(uint place, int bytes) => place + (uint)(bytes / LogRecord.Alignment);

    /// <summary>Flushes what was appended before the call to the disk.</summary>
    public void Flush()
    {
        lock (_files)
        {
            foreach (LogSegment segment in Segments.Where(s => s.Dirty))
            {
                // Cleared first: an append beside the flush may or may not be part of it, so it counts for the next one.
                segment.Dirty = false;
                try
                {
                    segment.Flush();
                }
                catch
                {
                    segment.Dirty = true;
                    throw;
                }
            }
        }
    }

    /// <summary>
    /// The segment to compact, or null: the oldest, once more than half of the log is dead weight. Always the oldest, because only then nothing that
    /// its remove records take out can be in an older one, and they need not be kept.
    /// </summary>
    public LogSegment? ToCompact()
    {
        long bytes = 0, live = 0;
        LogSegment? oldest = null;
        foreach (LogSegment segment in _slots.OfType<LogSegment>().Where(s => !s.Retired))
        {
            bytes += segment.Length;
            live += segment.LiveBytes;
            oldest = oldest is null || segment.Number < oldest.Number ? segment : oldest;
        }

        return oldest is { Sealed: true } && (bytes > (2 * live) + (2 * NextCapacity(live)) || oldest.LiveBytes == 0) ? oldest : null;
    }

    /// <summary>The places of the add records of a segment.</summary>
    public IEnumerable<uint> AddsOf(LogSegment segment)
    {
        int slot = SlotOf(segment);
        var reader = new LogReader(segment, _dimensions);
        while (reader.Look() is { } state)
        {
            if (state != LogRecordState.Good)
            {
                reader.Skip();
                continue;
            }

            if (LogRecord.Kind(reader.Record) == LogRecordKind.Add)
            {
                yield return PlaceOf(slot, reader.Position);
            }

            reader.Next();
        }
    }

    public int SlotOf(LogSegment segment) => Array.IndexOf(_slots, segment);

    /// <summary>Lets go of a segment that nothing lives in and no search reads any more. Its file waits in <see cref="Unneeded"/>.</summary>
    public void Drop(int slot)
    {
        lock (_files)
        {
            LogSegment segment = _slots[slot]!;
            segment.Dispose();
            _slots[slot] = null;
            Unneeded.Add(segment.Path);
        }
    }

    public void Dispose()
    {
        lock (_files)
        {
            foreach (LogSegment segment in Segments)
            {
                segment.Dispose();
            }
        }
    }

    private void OpenSegment(string path, long capacityMin)
    {
        LogSegment? segment = LogSegment.Open(path, _spaceId, _dimensions, capacityMin);
        if (segment is null)
        {
            Damaged++;
            File.Move(path, path + ".damaged", overwrite: true);
            return;
        }

        _slots[Array.IndexOf(_slots, null)] = segment;
        _lastNumber = Math.Max(_lastNumber, segment.Number);
    }

    private void Rotate()
    {
        int slot = Array.IndexOf(_slots, null);
        if (slot < 0)
        {
            throw new IOException($"The index log in {_folder} has no room for another segment.");
        }

        LogSegment next = LogSegment.Create(_folder, _lastNumber + 1, _spaceId, _dimensions, NextCapacity(_slots.Sum(s => s?.LiveBytes ?? 0)));
        try
        {
            Seal();
        }
        catch
        {
            // The next attempt makes the file anew.
            next.Dispose();
            throw;
        }

        lock (_files)
        {
            _slots[slot] = next;
            _lastNumber++;
            _activeSlot = slot;
        }
    }

    // In proportion to what lives, so that the dead weight that waits for the oldest segment to be compacted is too.
    private long NextCapacity(long live) => Math.Clamp(live / 2, _segmentBytesMin, _segmentBytesMax);

    private void Seal()
    {
        if (Active is { } active)
        {
            Span<byte> seal = stackalloc byte[LogRecord.ShortLength];
            LogRecord.WriteSeal(seal);
            active.Append(seal);
            active.Sealed = true;
        }
    }

    private uint PlaceOf(int slot, long offset) => ((uint)slot << _unitBits) | (uint)(offset / LogRecord.Alignment);

    private long Offset(uint place) => (long)(place & ((1u << _unitBits) - 1)) * LogRecord.Alignment;
}
