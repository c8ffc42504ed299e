namespace Afterimage.Matching.Learning;

/// <summary>
/// The learner's memory on disk: a preamble of eight bytes, then records of equal length, appended. A record that was half written when the machine
/// stopped is cut off at the next start; a damaged one is skipped and counted. Not thread-safe.
/// </summary>
internal sealed class LearningFile : IDisposable
{
    private static ReadOnlySpan<byte> Preamble => "AILRN01\n"u8;

    private readonly string _path;
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
        var file = new LearningFile(path, new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read));
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

    public void Append(ReadOnlySpan<LearningRecord> records)
    {
        byte[] bytes = new byte[records.Length * LearningRecord.Length];
        for (int i = 0; i < records.Length; i++)
        {
            records[i].WriteTo(bytes.AsSpan(i * LearningRecord.Length));
        }

        _stream.Write(bytes);
        _stream.Flush();
    }

    public void FlushToDisk() => _stream.Flush(flushToDisk: true);

    /// <summary>Replaces the content by <paramref name="records"/>: whole or not at all.</summary>
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
        File.Move(temporary, _path, overwrite: true);
        _stream = new FileStream(_path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
        _stream.Seek(0, SeekOrigin.End);
    }

    public void Dispose() => _stream.Dispose();

    private void ReadAll(Action<LearningRecord> read)
    {
        if (_stream.Length < Preamble.Length)
        {
            _stream.SetLength(0);
            _stream.Write(Preamble);
            _stream.Flush();
            return;
        }

        byte[] bytes = new byte[LearningRecord.Length];
        _stream.ReadExactly(bytes, 0, Preamble.Length);
        if (!bytes.AsSpan(0, Preamble.Length).SequenceEqual(Preamble))
        {
            throw new InvalidDataException($"{_path} is not a learning file of this version; move it away to start anew");
        }

        long records = Records;
        for (long i = 0; i < records; i++)
        {
            _stream.ReadExactly(bytes);
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
