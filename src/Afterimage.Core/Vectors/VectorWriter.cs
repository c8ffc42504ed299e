using System.Buffers;
using Afterimage.Vectors.Storage;

namespace Afterimage.Vectors;

/// <summary>Adds and removes: first the log, then, under the same lock, what searches see.</summary>
internal sealed class VectorWriter(IndexState state, VectorLog log, GroupCommit commit, Maintenance maintenance, Lock writing, int dimensions)
{
    private readonly int _addLength = LogRecord.AddLength(dimensions);
    private long _sequence;
    private bool _closed;
    private volatile string? _fault;

    /// <summary>Why the log could not be written the last time; null where it could.</summary>
    public string? Fault => _fault;

    /// <summary>A sequence that is not to be given out again. Before anyone writes.</summary>
    public void Used(ulong sequence) => _sequence = Math.Max(_sequence, (long)sequence);

    /// <summary>Refuses whatever comes later. Under the lock.</summary>
    public void Close() => _closed = true;

    /// <summary>Adds or replaces some of the given vectors, whose components are finite.</summary>
    public void Add(IReadOnlyList<VectorRecord> records, int start, int count)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(count * _addLength);
        float[] unit = ArrayPool<float>.Shared.Rent(dimensions);
        long sequence = Interlocked.Add(ref _sequence, count) - count;
        for (int i = 0; i < count; i++)
        {
            VectorRecord record = records[start + i];
            UnitVectors.Normalize(record.Vector.Span, unit);
            var place = new VectorPlace(record.Entry, record.Partition, record.Seed, record.Batch);
            LogRecord.WriteAdd(buffer.AsSpan(i * _addLength, _addLength), (ulong)(sequence + i + 1), place, unit.AsSpan(0, dimensions));
        }

        lock (writing)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(VectorIndex));
            for (int done = 0; done < count;)
            {
                ReadOnlySpan<byte> rest = buffer.AsSpan(done * _addLength, (count - done) * _addLength);
                done += AppendAndApply(rest);
            }

            state.Retiring.Reclaim();
            WakeMaintenance();
        }

        ArrayPool<byte>.Shared.Return(buffer);
        ArrayPool<float>.Shared.Return(unit);
    }

    /// <summary>Removes an entry's vector; false where there is none.</summary>
    public bool Remove(in Hash256 entry)
    {
        lock (writing)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(VectorIndex));
            if (state.Find(entry) < 0)
            {
                return false;
            }

            Span<byte> record = stackalloc byte[LogRecord.ShortLength];
            LogRecord.WriteRemove(record, entry);
            Append(record, record.Length, out _);
            state.Remove(entry);
            state.Retiring.Reclaim();
            WakeMaintenance();
            return true;
        }
    }

    /// <summary>Writes as many add records as fit the active segment, then makes them visible. Returns how many.</summary>
    private int AppendAndApply(ReadOnlySpan<byte> records)
    {
        uint place = Append(records, _addLength, out int count);
        for (int i = 0; i < count; i++)
        {
            state.Add(records.Slice(i * _addLength, _addLength), VectorLog.Behind(place, i * _addLength));
        }

        return count;
    }

    private void WakeMaintenance()
    {
        if (maintenance.Idle && state.Graphs.Work.Count > 0)
        {
            maintenance.Wake();
        }
    }

    private uint Append(ReadOnlySpan<byte> records, int recordLength, out int count)
    {
        try
        {
            count = Math.Min(log.Room(recordLength), records.Length / recordLength);
            uint place = log.Append(records[..(count * recordLength)]);
            _fault = null;
            commit.Changed();
            return place;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _fault = $"The index log cannot be written: {e.Message}";
            throw new VectorIndexUnavailableException(_fault, e);
        }
    }
}
