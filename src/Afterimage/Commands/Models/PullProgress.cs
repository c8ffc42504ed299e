using System.Diagnostics;

namespace Afterimage.Commands.Models;

/// <summary>Shows how far a download is: one line that is rewritten on a terminal, a line per tenth of a large file elsewhere.</summary>
internal sealed class PullProgress(TextWriter output, bool terminal)
{
    private const long LargeBytes = 1_000_000;

    private readonly Stopwatch _sinceShown = Stopwatch.StartNew();
    private string _path = "";
    private int _tenth;
    private bool _lineOpen;

    public void Report(string path, long done, long total)
    {
        if (path != _path)
        {
            (_path, _tenth) = (path, -1);
        }

        int tenth = (int)(done * 10 / Math.Max(total, 1));
        if (terminal ? _sinceShown.ElapsedMilliseconds < 100 && done < total : tenth == _tenth || total < LargeBytes && done < total)
        {
            return;
        }

        _tenth = tenth;
        _sinceShown.Restart();
        (double size, string unit) = total < LargeBytes ? (1e3, "kB") : (1e6, "MB");
        string line = $"{path}  {done / size:0.0} of {total / size:0.0} {unit}  {done * 100 / Math.Max(total, 1)} %";
        if (terminal)
        {
            output.Write($"\r{line,-78}");
            _lineOpen = true;
        }
        else
        {
            output.WriteLine(line);
        }
    }

    public void End()
    {
        if (_lineOpen)
        {
            output.WriteLine();
            _lineOpen = false;
        }
    }
}
