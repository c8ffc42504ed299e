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
    private readonly List<Guid> _batches = [Guid.Empty];
    private readonly Dictionary<Guid, int> _batchNumbers = new() { [Guid.Empty] = 0 };
    private readonly float[] _unit;

    public IndexState(VectorLog log, Quantizer quantizer, int graphMin)
    {
        _log = log;
        _quantizer = quantizer;
        _entries = new KeyTable<IndexState>(this);
        _unit = new float[quantizer.Dimensions];
        Rows = new RowStore(quantizer.Length);
        Retiring = new RetiredQueue(Epochs, Rows, Partitions, log);
        Graphs = new PartitionGraphs(Rows, log, Retiring, graphMin);
    }

    public RowStore Rows { get; }

    public PartitionTable Partitions { get; } = new();

    public ReadEpochs Epochs { get; } = new();

    public RetiredQueue Retiring { get; }

    public PartitionGraphs Graphs { get; }

    /// <summary>Enumerations under way.</summary>
    public List<RowWalk> Walks { get; } = [];

    public int Count => _entries.Count;

    public long Bytes => Rows.Bytes + Partitions.Bytes + _entries.Bytes + Graphs.Partitions.Sum(p => p.Bytes);

    ref readonly Hash256 IKeys.KeyOf(int number) => ref Rows.Info(number).Entry;

    /// <summary>The row of an entry, or -1.</summary>
    public int Find(Hash256 entry) => _entries.Find(entry);

    /// <summary>Does what a record of the log says.</summary>
    public void Apply(ReadOnlySpan<byte> record, uint place)
    {
        if (LogRecord.Kind(record) == LogRecordKind.Add)
        {
            Add(record, place);
        }
        else
        {
            Remove(LogRecord.Entry(record));
        }

        Retiring.Reclaim();
    }

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
            PreviousOfNode = -1,
            RestIsEqual = true,
            Live = true,
        };
        Put(row);
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

    /// <summary>Gives a row's vector another number, so that its chunk can be emptied.</summary>
    public void Move(int row)
    {
        ref RowInfo old = ref Rows.Info(row);
        if (!old.Live && !old.Leads)
        {
            return;
        }

        int moved = Rows.Allocate();
        Rows.CodeSpan(row).CopyTo(Rows.CodeSpan(moved));
        Rows.Scale(moved) = Rows.Scale(row);
        if (old.Leads)
        {
            Rows.Info(moved) = old;
            Graphs.MoveHead(Partitions.At(old.Partition).Large!, row, moved);
            return;
        }

        Rows.Info(moved) = old with { Node = -1, NextOfNode = -1, PreviousOfNode = -1 };
        if (old.Node >= 0 && Partitions.At(old.Partition).Large is { } large)
        {
            Graphs.Share(large, old.Node, moved);
        }

        Put(moved);
    }

    /// <summary>The vector of a row stands somewhere else in the log now.</summary>
    public void MovePlace(int row, uint place)
    {
        ref RowInfo info = ref Rows.Info(row);
        int length = LogRecord.AddLength(_quantizer.Dimensions);
        _log.SegmentOf(info.Place).LiveBytes -= length;
        _log.SegmentOf(place).LiveBytes += length;
        Volatile.Write(ref info.Place, place);
    }

    public VectorPlace PlaceOf(int row)
    {
        ref RowInfo info = ref Rows.Info(row);
        return new VectorPlace(info.Entry, Partitions.At(info.Partition).Key, info.HasSeed ? info.Seed : null, _batches[info.Batch]);
    }

    /// <summary>Links a row and takes out the one that its entry had.</summary>
    private void Put(int row)
    {
        // The new row is linked before the old one is taken out: a search that saw neither can tell, and looks again.
        ref RowInfo info = ref Rows.Info(row);
        int old = _entries.Find(info.Entry);
        Link(row, info.Partition);
        _log.SegmentOf(info.Place).LiveBytes += LogRecord.AddLength(_quantizer.Dimensions);
        if (old >= 0)
        {
            _entries.Replace(old, row);
            Unlink(old);
            Walks.ForEach(walk => walk.Moved(Rows.Info(row).Entry, old, row));
        }
        else
        {
            _entries.Add(row);
        }
    }

    private void Link(int row, int partition)
    {
        ref PartitionHead head = ref Partitions.At(partition);
        head.Count++;
        if (head.Large is null && head.Count > LargePartition.RowsMin)
        {
            var large = new LargePartition(head.Key);
            Graphs.Partitions.Add(large);
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
            Graphs.Added(head.Large);
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
        bool leads = false;
        if (head.Large is { } large)
        {
            large.Remove(Rows, row);
            leads = Graphs.Removed(large, row);
        }
        else
        {
            UnlinkFromChain(ref head, row, info.Next);
        }

        if (!leads)
        {
            Retiring.Add(Retired.Row, row);
        }

        if (head.Count == 0)
        {
            Drop(ref head, info.Partition);
        }
    }

    private void Drop(ref PartitionHead head, int partition)
    {
        if (head.Large is { } large)
        {
            large.Dropped = true;
            Graphs.Partitions.Remove(large);
            Graphs.Drop(large);
        }

        Partitions.Drop(partition);
        Retiring.Add(Retired.Partition, partition);
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
