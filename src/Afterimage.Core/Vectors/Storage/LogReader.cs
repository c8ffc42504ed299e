namespace Afterimage.Vectors.Storage;

/// <summary>
/// Goes through the records of a segment, the unwritten end of its file included, through its handle: there a hole reads as zeros and a fault of the disk
/// is an exception. Read through the mapping, a hole that a full disk cannot fill, as tmpfs would, ends the process.
/// </summary>
internal sealed class LogReader(LogSegment segment, int dimensions)
{
    private const int BufferBytes = 1 << 18;

    private readonly byte[] _buffer = new byte[BufferBytes];
    private readonly int _recordMax = Math.Max(LogRecord.AddLength(dimensions), LogRecord.ShortLength);
    private long _bufferStart;
    private int _bufferLength;
    private int _length;

    /// <summary>Where the record in hand begins.</summary>
    public long Position { get; private set; } = LogSegment.HeaderLength;

    /// <summary>The record in hand, where it is good.</summary>
    public ReadOnlySpan<byte> Record => Rest[.._length];

    /// <summary>What stands at the position; null at the end of the file.</summary>
    public LogRecordState? Look()
    {
        if (Position >= segment.Length)
        {
            return null;
        }

        if (Position + _recordMax > _bufferStart + _bufferLength)
        {
            _bufferStart = Position;
            _bufferLength = segment.Read(Position, _buffer);
        }

        return LogRecord.Check(Rest, dimensions, out _length);
    }

    /// <summary>Goes on behind the record in hand.</summary>
    public void Next() => Position += _length;

    /// <summary>Goes on to where the next record may begin at the earliest.</summary>
    public void Skip() => Position += LogRecord.Alignment;

    /// <summary>Whether the last thing in the file is a seal. <paramref name="end"/> is where what was written ends, up to the alignment.</summary>
    public bool EndsSealed(out long end)
    {
        byte[] piece = new byte[BufferBytes];
        int last = -1;
        long start = segment.Length;
        while (last < 0 && start > LogSegment.HeaderLength)
        {
            long before = Math.Max(LogSegment.HeaderLength, start - piece.Length);
            segment.Read(before, piece);
            last = piece.AsSpan(0, (int)(start - before)).LastIndexOfAnyExcept((byte)0);
            start = before;
        }

        end = start + ((last + LogRecord.Alignment) / LogRecord.Alignment * LogRecord.Alignment);
        Span<byte> record = piece.AsSpan(0, LogRecord.ShortLength);
        return last >= 0
            && segment.Read(end - LogRecord.ShortLength, record) == record.Length
            && LogRecord.Check(record, dimensions, out _) == LogRecordState.Good
            && LogRecord.Kind(record) == LogRecordKind.Seal;
    }

    private ReadOnlySpan<byte> Rest => _buffer.AsSpan((int)(Position - _bufferStart), (int)(_bufferStart + _bufferLength - Position));
}
