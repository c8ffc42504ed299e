using System.Text;

namespace Afterimage.Backfill.Jobs;

/// <summary>
/// A job's files: <c>job.json</c>, <c>progress.jsonl</c> (one line a commit, the last whole one counts) and the failures file that it names. A line of progress is written
/// after everything it speaks of is stored, so that a job killed at any moment redoes at most the chunks after its last line; redoing is harmless, because
/// what a chunk makes depends only on the images and on the job.
/// </summary>
internal sealed class BackfillJournal : IDisposable
{
    private const long ProgressBytesMax = 4 << 20;
    private const int FlushEveryMs = 1000;
    private const int LockAttempts = 10;
    private const int LockRetryMs = 20;

    private readonly string _folder;
    private readonly FileStream _lock;

    // The job's file is written by the listing (its hours, its total) while chunks are committed.
    private readonly Lock _jobGate = new();
    private FileStream _progress;
    private FileStream _failures;
    private long _flushed = Environment.TickCount64;

    private BackfillJournal(string folder, BackfillJob job, FileStream folderLock)
    {
        _folder = folder;
        _lock = folderLock;
        Job = job;
        Progress = LastProgress(folder) ?? new BackfillProgress();
        _progress = Open("progress.jsonl");
        _failures = Open(Progress.FailureFile);
        _failures.SetLength(Math.Min(_failures.Length, Progress.FailureBytes));
        CutTornLine(_progress);
        _failures.Seek(0, SeekOrigin.End);
        _progress.Seek(0, SeekOrigin.End);
    }

    public BackfillJob Job { get; private set; }

    public BackfillProgress Progress { get; private set; }

    /// <summary>Begins a job in a folder of its own. Throws <see cref="IOException"/> where the folder cannot be written.</summary>
    public static BackfillJournal Begin(string root, BackfillJob job)
    {
        string folder = FolderOf(root, job.Batch);
        Directory.CreateDirectory(folder);
        var journal = new BackfillJournal(folder, job, Lock(folder));
        journal.Write(job);
        return journal;
    }

    /// <summary>Goes on with a job. Throws <see cref="IOException"/> where another process is at it, <see cref="InvalidDataException"/> where its file is damaged.</summary>
    public static BackfillJournal Resume(string root, Guid batch)
    {
        string folder = FolderOf(root, batch);
        FileStream folderLock = Lock(folder);
        if (ReadJob(folder) is { } job)
        {
            return new BackfillJournal(folder, job, folderLock);
        }

        folderLock.Dispose();
        throw new InvalidDataException($"{folder}/job.json cannot be read");
    }

    /// <summary>Every job in the folder with its last progress, newest first.</summary>
    public static IReadOnlyList<(BackfillJob Job, BackfillProgress Progress)> All(string root)
    {
        var jobs = new List<(BackfillJob, BackfillProgress)>();
        foreach (string folder in Directory.Exists(root) ? Directory.EnumerateDirectories(root) : [])
        {
            if (ReadJob(folder) is { } job)
            {
                jobs.Add((job, LastProgress(folder) ?? new BackfillProgress()));
            }
        }

        return [.. jobs.OrderByDescending(j => j.Item1.Started)];
    }

    /// <summary>The failures of a batch, as far as they are committed.</summary>
    public static IEnumerable<BackfillFailure> Failures(string root, Guid batch)
    {
        string folder = FolderOf(root, batch);
        string path = Path.Combine(folder, (LastProgress(folder) ?? new BackfillProgress()).FailureFile);
        foreach (string line in File.Exists(path) ? ReadLines(path) : [])
        {
            if (BackfillJson.TryRead<BackfillFailure>(Encoding.UTF8.GetBytes(line)) is { } failure)
            {
                yield return failure;
            }
        }
    }

    /// <summary>Whether the last flush is so long ago that another is due.</summary>
    public bool FlushIsDue => Environment.TickCount64 - _flushed > FlushEveryMs;

    /// <summary>Writes up to which key the next chunk goes, before anything of it is stored.</summary>
    public void Announce(string last) => Write(Progress with { Announced = last });

    /// <summary>Writes failures and the new cursor; <see cref="Flush"/> forces them to the disk.</summary>
    public void Commit(BackfillProgress progress, IReadOnlyList<BackfillFailure> failures)
    {
        Write(_failures, failures);
        Write(progress with { FailureFile = Progress.FailureFile, FailureBytes = _failures.Position });
    }

    private void Write(BackfillProgress progress)
    {
        Progress = progress;
        if (_progress.Length > ProgressBytesMax)
        {
            Shrink();
        }

        _progress.Write(Encoding.UTF8.GetBytes(BackfillJson.Write(Progress) + "\n"));
        _progress.Flush();
    }

    /// <summary>Writes the new cursor with failures that take the place of all before, in one step: until then the old file counts.</summary>
    public void Replace(BackfillProgress progress, IReadOnlyList<BackfillFailure> failures)
    {
        FileStream old = _failures;
        string name = $"failures-{Guid.NewGuid():N}.jsonl";
        _failures = Open(name);
        Write(_failures, failures);
        _failures.Flush(flushToDisk: true);
        Progress = Progress with { FailureFile = name };
        Commit(progress, []);
        Flush();
        old.Dispose();
        File.Delete(old.Name);
    }

    public void SetState(BackfillState state) => Change(job => job with { State = state });

    public void SetPace(BackfillOptions order) => Change(job => job with { Options = job.Options.AtPaceOf(order) });

    public void SetTotal(long total) => Change(job => job with { Total = total });

    private void Change(Func<BackfillJob, BackfillJob> change)
    {
        lock (_jobGate)
        {
            Job = change(Job);
            Write(Job);
        }
    }

    private static void Write(FileStream file, IReadOnlyList<BackfillFailure> failures)
    {
        foreach (BackfillFailure failure in failures)
        {
            file.Write(Encoding.UTF8.GetBytes(BackfillJson.Write(failure) + "\n"));
        }

        file.Flush();
    }

    public void Flush()
    {
        _failures.Flush(flushToDisk: true);
        _progress.Flush(flushToDisk: true);
        _flushed = Environment.TickCount64;
    }

    public void Dispose()
    {
        try
        {
            Flush();
        }
        finally
        {
            // Whatever the disk says: the job is for others to go on with.
            _failures.Dispose();
            _progress.Dispose();
            _lock.Dispose();
        }
    }

    public static string FolderOf(string root, Guid batch) => Path.Combine(root, batch.ToString("N"));

    /// <summary>Whether a process is at the job now.</summary>
    public static bool IsHeld(string root, Guid batch)
    {
        try
        {
            using FileStream free = OpenLock(FolderOf(root, batch), FileMode.Open);
            return false;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>
    /// Holds a job that nobody is at, so that nobody begins meanwhile; null where it has no files here, or none that can be read. Throws <see cref="IOException"/> where
    /// another process is at it.
    /// </summary>
    public static BackfillJournal? Hold(string root, Guid batch)
    {
        try
        {
            return Directory.Exists(FolderOf(root, batch)) ? Resume(root, batch) : null;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private static IEnumerable<string> ReadLines(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        while (reader.ReadLine() is { } line)
        {
            yield return line;
        }
    }

    private static BackfillJob? ReadJob(string folder)
    {
        string path = Path.Combine(folder, "job.json");
        return File.Exists(path) ? BackfillJson.TryRead<BackfillJob>(File.ReadAllBytes(path)) : null;
    }

    private static BackfillProgress? LastProgress(string folder)
    {
        string path = Path.Combine(folder, "progress.jsonl");
        BackfillProgress? last = null;
        foreach (string line in File.Exists(path) ? ReadLines(path) : [])
        {
            last = BackfillJson.TryRead<BackfillProgress>(Encoding.UTF8.GetBytes(line)) ?? last;
        }

        return last;
    }

    // Whoever asks whether a job runs (see IsHeld) has its lock for a moment; a job holds it far longer than this waits.
    private static FileStream Lock(string folder)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return OpenLock(folder, FileMode.OpenOrCreate);
            }
            catch (IOException) when (attempt < LockAttempts)
            {
                Thread.Sleep(LockRetryMs);
            }
        }
    }

    private static FileStream OpenLock(string folder, FileMode mode) => new(Path.Combine(folder, "lock"), mode, FileAccess.ReadWrite, FileShare.None);

    private FileStream Open(string name) => new(Path.Combine(_folder, name), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete, 1 << 16);

    // A crash can leave half a line; the next line must not become part of it.
    private static void CutTornLine(FileStream lines)
    {
        if (lines.Length == 0)
        {
            return;
        }

        lines.Seek(-1, SeekOrigin.End);
        if (lines.ReadByte() != '\n')
        {
            lines.WriteByte((byte)'\n');
        }
    }

    // Only the last line counts, so the file can begin again with it: written beside and renamed over, never empty in between.
    private void Shrink()
    {
        string path = Path.Combine(_folder, "progress.jsonl");
        using (var stream = new FileStream(path + ".new", FileMode.Create, FileAccess.Write))
        {
            stream.Write(Encoding.UTF8.GetBytes(BackfillJson.Write(Progress) + "\n"));
            stream.Flush(flushToDisk: true);
        }

        _progress.Dispose();
        File.Move(path + ".new", path, overwrite: true);
        _progress = Open("progress.jsonl");
        _progress.Seek(0, SeekOrigin.End);
    }

    private void Write(BackfillJob job)
    {
        string path = Path.Combine(_folder, "job.json");
        using (var stream = new FileStream(path + ".new", FileMode.Create, FileAccess.Write))
        {
            stream.Write(Encoding.UTF8.GetBytes(BackfillJson.Write(job)));
            stream.Flush(flushToDisk: true);
        }

        File.Move(path + ".new", path, overwrite: true);
    }
}
