namespace Afterimage.Matching.Learning;

/// <summary>
/// The learner's memory on disk: a preamble of eight bytes, then records of equal length, appended. A record that was half written when the machine
/// stopped is cut off at the next start; a damaged one is skipped and counted. What a disk will not take waits in memory for the next attempt. Not thread-safe.
/// </summary>
internal sealed class LearningFile : IDisposable
{
    private static ReadOnlySpan<byte> Preamble => "AILRN01\n"u8;

    // A tenth of what the file holds at most by default; the oldest are given up first.
    private const int BacklogMax = 50_000;

    private readonly string _path;
    private readonly List<LearningRecord> _backlog = [];
    private FileStream _stream;

    private LearningFile(string path, FileStream stream) => (_path, _stream) = (path, stream);

    public long Records => (_stream.Length - Preamble.Length) / LearningRecord.Length;

    /// <summary>Records whose check sum was wrong at opening.</summary>
    public int Damaged { get; private set; }

    /// <summary>
    /// Opens or creates the file and hands every sound record to <paramref name="read"/>. Throws <see cref="InvalidDataException"/> where it is another kind
    /// of file.
    /// </summary>
    public static LearningFile Open(string path, Action<LearningRecord> read)
    {
        var file = new LearningFile(path, Open(path, FileMode.OpenOrCreate));
        try
        {
            file.ReadAll(read);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Appends records, behind those that are still waiting. Returns whether the system has all of them; where it refuses they wait.</summary>
    public bool Append(ReadOnlySpan<LearningRecord> records)
    {
        _backlog.AddRange(records);
        if (_backlog.Count == 0)
        {
            return true;
        }

        byte[] bytes = new byte[_backlog.Count * LearningRecord.Length];
        for (int i = 0; i < _backlog.Count; i++)
        {
            _backlog[i].WriteTo(bytes.AsSpan(i * LearningRecord.Length));
        }

        long whole = _stream.Length;
        try
        {
            _stream.Seek(whole, SeekOrigin.Begin);
            _stream.Write(bytes);
            _backlog.Clear();
            return true;
        }
        catch (IOException)
        {
            // Half a record would put everything behind it out of step.
            _stream.SetLength(whole);
            _backlog.RemoveRange(0, Math.Max(0, _backlog.Count - BacklogMax));
            return false;
        }
    }

    /// <summary>Throws <see cref="IOException"/> where the disk refuses.</summary>
    public void FlushToDisk() => _stream.Flush(flushToDisk: true);

    /// <summary>Replaces the content by <paramref name="records"/>: whole or not at all. Throws <see cref="IOException"/> where the disk refuses.</summary>
    public void Rewrite(IEnumerable<LearningRecord> records)
    {
        string temporary = _path + ".new";
        byte[] bytes = new byte[LearningRecord.Length];
        using (var next = new FileStream(temporary, FileMode.Create, FileAccess.Write))
        {
            next.Write(Preamble);
            foreach (LearningRecord record in records)
            {
                record.WriteTo(bytes);
                next.Write(bytes);
            }

            next.Flush(flushToDisk: true);
        }

        _stream.Dispose();
        try
        {
            File.Move(temporary, _path, overwrite: true);
            _backlog.Clear();
        }
        finally
        {
            // The new one, or the old one still.
            _stream = Open(_path, FileMode.Open);
        }
    }

    public void Dispose() => _stream.Dispose();

    // Without a buffer of its own: what the disk would not take must not be tried again by closing.
    private static FileStream Open(string path, FileMode mode) => new(path, mode, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);

    private void ReadAll(Action<LearningRecord> read)
    {
        if (_stream.Length < Preamble.Length)
        {
            _stream.SetLength(0);
            _stream.Write(Preamble);
            return;
        }

        var reading = new BufferedStream(_stream, 1 << 16);
        byte[] bytes = new byte[LearningRecord.Length];
        reading.ReadExactly(bytes, 0, Preamble.Length);
        if (!bytes.AsSpan(0, Preamble.Length).SequenceEqual(Preamble))
        {
            throw new InvalidDataException($"{_path} is not a learning file of this version; move it away to start anew");
        }

        long records = Records;
        for (long i = 0; i < records; i++)
        {
            reading.ReadExactly(bytes);
            if (LearningRecord.TryRead(bytes, out LearningRecord record))
            {
                read(record);
            }
            else
            {
                Damaged++;
            }
        }

        _stream.SetLength(Preamble.Length + (records * LearningRecord.Length));
    }
}
