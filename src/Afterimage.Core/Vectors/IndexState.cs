using Afterimage.Vectors.Kernels;
using Afterimage.Vectors.Storage;

namespace Afterimage.Vectors;

/// <summary>
/// The vectors in memory. Changes are made by one writer at a time, who holds the index's lock; searches read beside it and never wait. Whatever is
/// taken out is reused only after the searches that may know it have ended.
/// </summary>
internal sealed class IndexState : IKeys
{
    private readonly VectorLog _log;
    private readonly Quantizer _quantizer;
    private readonly KeyTable<IndexState> _entries;
    private readonly Queue<(long Epoch, Retired Kind, int Number)> _retired = new();
    private readonly List<Guid> _batches = [Guid.Empty];
    private readonly Dictionary<Guid, int> _batchNumbers = new() { [Guid.Empty] = 0 };
    private readonly float[] _unit;

    public IndexState(VectorLog log, Quantizer quantizer)
    {
        _log = log;
        _quantizer = quantizer;
        _entries = new KeyTable<IndexState>(this);
        _unit = new float[quantizer.Dimensions];
        Rows = new RowStore(quantizer.Length);
    }

    private enum Retired
    {
        Row,
        Partition,
        Segment,
    }

    public RowStore Rows { get; }

    public PartitionTable Partitions { get; } = new();

    public ReadEpochs Epochs { get; } = new();

    public int Count => _entries.Count;

    /// <summary>While above zero, rows are not reused: an enumeration that walks the rows must not miss one that moved behind it.</summary>
    public int Enumerations { get; set; }

    public long Bytes => Rows.Bytes + Partitions.Bytes + _entries.Bytes;

    ref readonly Hash256 IKeys.KeyOf(int number) => ref Rows.Info(number).Entry;

    /// <summary>The row of an entry, or -1.</summary>
    public int Find(in Hash256 entry) => _entries.Find(entry);

    /// <summary>Takes a vector in from its record in the log, replacing what the entry had.</summary>
    public void Add(ReadOnlySpan<byte> record, uint place)
    {
        VectorPlace where = LogRecord.Place(record);
        int row = Rows.Allocate();
        HalfVectors.ToSingle(LogRecord.Vector(record, _quantizer.Dimensions), _unit);
        UnitVectors.Normalize(_unit, _unit);
        Rows.Scale(row) = _quantizer.Encode(_unit, Rows.CodeSpan(row));
        int partition = Partitions.FindOrAdd(where.Partition);
        Rows.Info(row) = new RowInfo
        {
            Entry = where.Entry,
            Seed = where.Seed ?? 0,
            HasSeed = where.Seed is not null,
            Partition = partition,
            Place = place,
            Batch = BatchNumber(where.Batch),
            Node = -1,
            NextOfNode = -1,
            Live = true,
        };

        // The new row is linked before the old one is taken out: a search beside this sees one or both, never none.
        int old = _entries.Find(where.Entry);
        Link(row, partition);
        _log.SegmentOf(place).LiveBytes += record.Length;
        if (old >= 0)
        {
            _entries.Replace(old, row);
            Unlink(old);
        }
        else
        {
            _entries.Add(row);
        }
    }

    /// <summary>Takes an entry's vector out; false where there is none.</summary>
    public bool Remove(in Hash256 entry)
    {
        int row = _entries.Find(entry);
        if (row < 0)
        {
            return false;
        }

        _entries.Remove(row);
        Unlink(row);
        return true;
    }

    /// <summary>Reuses what no search can know any more.</summary>
    public void Reclaim()
    {
        while (_retired.TryPeek(out (long Epoch, Retired Kind, int Number) oldest) && Epochs.Passed(oldest.Epoch))
        {
            if (oldest.Kind == Retired.Row && Enumerations > 0)
            {
                return;
            }

            _retired.Dequeue();
            switch (oldest.Kind)
            {
                case Retired.Row:
                    Rows.Release(oldest.Number);
                    break;
                case Retired.Partition:
                    Partitions.Release(oldest.Number);
                    break;
                default:
                    _log.Delete(oldest.Number);
                    break;
            }
        }
    }

    /// <summary>Lets a segment go that nothing lives in.</summary>
    public void RetireSegment(LogSegment segment) => Retire(Retired.Segment, _log.SlotOf(segment));

    public VectorPlace PlaceOf(int row)
    {
        ref RowInfo info = ref Rows.Info(row);
        return new VectorPlace(info.Entry, Partitions.At(info.Partition).Key, info.HasSeed ? info.Seed : null, _batches[info.Batch]);
    }

    private void Link(int row, int partition)
    {
        ref PartitionHead head = ref Partitions.At(partition);
        head.Count++;
        if (head.Large is null && head.Count > LargePartition.RowsMin)
        {
            var large = new LargePartition(partition);
            for (int other = head.First; other >= 0; other = Rows.Info(other).Next)
            {
                large.Add(Rows, other);
            }

            // From here on the chain is history: searches that are in it finish there, and its links are left alone.
            Volatile.Write(ref head.Large, large);
        }

        if (head.Large is not null)
        {
            head.Large.Add(Rows, row);
            return;
        }

        Rows.Info(row).Next = head.First;
        Volatile.Write(ref head.First, row);
    }

    private void Unlink(int row)
    {
        ref RowInfo info = ref Rows.Info(row);
        info.Live = false;
        _log.SegmentOf(info.Place).LiveBytes -= LogRecord.AddLength(_quantizer.Dimensions);
        ref PartitionHead head = ref Partitions.At(info.Partition);
        head.Count--;
        if (head.Large is { } large)
        {
            large.Remove(Rows, row);
        }
        else
        {
            UnlinkFromChain(ref head, row, info.Next);
        }

        if (head.Count == 0)
        {
            Partitions.Drop(info.Partition);
            Retire(Retired.Partition, info.Partition);
        }

        Retire(Retired.Row, row);
    }

    private void UnlinkFromChain(ref PartitionHead head, int row, int next)
    {
        if (head.First == row)
        {
            Volatile.Write(ref head.First, next);
            return;
        }

        int before = head.First;
        while (Rows.Info(before).Next != row)
        {
            before = Rows.Info(before).Next;
        }

        Volatile.Write(ref Rows.Info(before).Next, next);
    }

    private void Retire(Retired kind, int number) => _retired.Enqueue((Epochs.Advance(), kind, number));

    private int BatchNumber(Guid batch)
    {
        if (!_batchNumbers.TryGetValue(batch, out int number))
        {
            number = _batches.Count;
            _batches.Add(batch);
            _batchNumbers.Add(batch, number);
        }

        return number;
    }
}
