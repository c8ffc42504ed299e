using Afterimage.Vectors.Storage;

namespace Afterimage.Vectors;

/// <summary>
/// Gives disk space back: what lives in the oldest segment is appended to the log again, flushed, and the file deleted. A crash in between leaves
/// vectors twice in the log, which replays to the same state.
/// </summary>
internal sealed class LogCompaction(IndexState state, VectorLog log, GroupCommit commit, Lock writing, int dimensions)
{
    private const int RecordsPerLock = 16;

    /// <summary>Compacts one segment; false where there is nothing to gain. Nothing is compacted while an earlier file cannot be deleted.</summary>
    public bool TryStep(Func<bool> stopping)
    {
        log.Unneeded.Delete();
        LogSegment? segment;
        lock (writing)
        {
            segment = log.ToCompact();
        }

        if (segment is null)
        {
            return false;
        }

        foreach (uint[] places in log.AddsOf(segment).Chunk(RecordsPerLock))
        {
            if (stopping())
            {
                return false;
            }

            lock (writing)
            {
                foreach (uint place in places)
                {
                    MoveIfLive(place);
                }
            }
        }

        // Only now may the old copies go: the new ones are on disk.
        commit.Flush();
        lock (writing)
        {
            segment.Retired = true;
            state.Retiring.Add(Retired.Segment, log.SlotOf(segment));
        }

        return true;
    }

    private void MoveIfLive(uint place)
    {
        ReadOnlySpan<byte> record = log.Record(place);
        int row = state.Find(LogRecord.Entry(record));
        if (row >= 0 && state.Rows.Info(row).Place == place)
        {
            log.Room(LogRecord.AddLength(dimensions));
            state.MovePlace(row, log.Append(record));
            commit.Changed();
        }
    }
}
