namespace Afterimage.Vectors.Storage;

/// <summary>Takes one record of a segment.</summary>
/// <param name="record">The whole record, checked.</param>
/// <param name="offset">Where it stands in the segment.</param>
internal delegate void SegmentVisitor(ReadOnlySpan<byte> record, long offset);

/// <summary>Reads back one segment as the last process left it.</summary>
internal static class LogReplay
{
    /// <summary>
    /// Hands every readable record to the visitor in the order of writing. Steps over damage in a segment that was closed once, and cuts the torn tail of
    /// one that was not. Returns the number of records skipped or cut.
    /// </summary>
    public static long Run(LogSegment segment, bool last, int dimensions, SegmentVisitor visit)
    {
        var reader = new LogReader(segment, dimensions);
        bool closed = !last;
        long damaged = 0;
        while (!segment.Sealed && reader.Look() is { } state)
        {
            if (state == LogRecordState.Good)
            {
                segment.Sealed = LogRecord.Kind(reader.Record) == LogRecordKind.Seal;
                if (!segment.Sealed)
                {
                    visit(reader.Record, reader.Position);
                }

                reader.Next();
                continue;
            }

            damaged += state == LogRecordState.Bad ? 1 : 0;
            long end = 0;
            closed = closed || reader.EndsSealed(out end);
            if (!closed)
            {
                CutTail(segment, reader.Position, end);
                return damaged;
            }

            // A closed segment was whole once: the next readable record is as good as those before the damage.
            reader.Skip();
        }

        segment.Length = Math.Min(reader.Position, segment.Capacity);
        segment.Sealed |= closed;
        return damaged;
    }

    /// <summary>What a crash left behind the last good record must not come alive behind later ones.</summary>
    private static void CutTail(LogSegment segment, long length, long end)
    {
        segment.Length = length;
        if (end > length)
        {
            segment.Cut(length, end);
            segment.Flush();
        }
    }
}
