using System.Text.Json;
using System.Threading.Channels;
using Afterimage.Caching;

namespace Afterimage.Admin;

/// <summary>
/// Keeps the journal over restarts: one JSON line a decision, two files of bounded size of which the older is dropped when the newer is full. Written behind the
/// requests; under a flood lines are dropped, since the journal is for review and not for the record.
/// </summary>
internal sealed class DecisionFile : IAsyncDisposable
{
    private const long FileBytesMax = 16 << 20;

    private static readonly JsonSerializerOptions Json = new(AdminRoutes.Json) { WriteIndented = false };

    private readonly string _current;
    private readonly string _previous;
    private readonly Channel<DecisionRecord> _queue = Channel.CreateBounded<DecisionRecord>(new BoundedChannelOptions(4096) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private readonly Task _worker;

    public DecisionFile(string folder, DecisionJournal journal)
    {
        Directory.CreateDirectory(folder);
        (_current, _previous) = (Path.Combine(folder, "decisions.jsonl"), Path.Combine(folder, "decisions.previous.jsonl"));
        Restore(_previous, journal);
        Restore(_current, journal);
        journal.Recorded += decision => _queue.Writer.TryWrite(decision);
        _worker = Task.Run(WriteAsync);
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _worker;
    }

    private static void Restore(string path, DecisionJournal journal)
    {
        if (!File.Exists(path))
        {
            return;
        }

        foreach (string line in File.ReadLines(path))
        {
            try
            {
                if (JsonSerializer.Deserialize<DecisionRecord>(line, Json) is { Id: not null } decision)
                {
                    journal.Restore(decision);
                }
            }
            catch (JsonException)
            {
                // A line that a crash cut short.
            }
        }
    }

    private async Task WriteAsync()
    {
        var lines = new List<string>();
        while (await _queue.Reader.WaitToReadAsync())
        {
            while (lines.Count < 256 && _queue.Reader.TryRead(out DecisionRecord? decision))
            {
                lines.Add(JsonSerializer.Serialize(decision, Json));
            }

            try
            {
                // A leading line break ends a line that a crash cut short.
                await File.AppendAllTextAsync(_current, "\n" + string.Join('\n', lines) + "\n");
                if (new FileInfo(_current).Length > FileBytesMax)
                {
                    File.Move(_current, _previous, overwrite: true);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Review must not disturb serving; the journal in memory goes on.
            }

            lines.Clear();
        }
    }
}
