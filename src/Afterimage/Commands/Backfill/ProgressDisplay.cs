using Afterimage.Backfill.Jobs;

namespace Afterimage.Commands.Backfill;

/// <summary>One line that is rewritten on a terminal; a line every ten seconds where output is piped; nothing with JSON.</summary>
internal sealed class ProgressDisplay(bool json)
{
    private readonly bool _terminal = !Console.IsErrorRedirected;
    private DateTime _last = DateTime.MinValue;

    public void Show(BackfillStatus status)
    {
        if (json || (!_terminal && DateTime.UtcNow - _last < TimeSpan.FromSeconds(10)))
        {
            return;
        }

        _last = DateTime.UtcNow;
        BackfillProgress progress = status.Progress;
        string total = status.Job.Total is { } all ? $" of {all}" : "";
        string left = status.SecondsLeft is { } seconds ? $", {TimeSpan.FromSeconds(Math.Round(seconds))} left" : "";
        string line = $"{progress.Processed}{total} images, {progress.Adopted} adopted, {progress.Duplicates} duplicates, {progress.Failed} failed, {status.Rate:0}/s{left}"
            + (status.Job.State == BackfillState.Waiting ? ", waiting for its hours" : "");
        Console.Error.Write(_terminal ? $"\r{line,-100}" : line + "\n");
    }

    public void End()
    {
        if (_terminal && !json)
        {
            Console.Error.WriteLine();
        }
    }
}
