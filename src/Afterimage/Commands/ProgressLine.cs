using System.Diagnostics;

namespace Afterimage.Commands;

/// <summary>How far a command has come, on standard error: one line that renews itself on a terminal, a plain line every half minute where output is piped.</summary>
internal sealed class ProgressLine(TextWriter output, string what, long total, bool terminal) : IDisposable
{
    private static readonly TimeSpan TerminalEvery = TimeSpan.FromSeconds(0.25);
    private static readonly TimeSpan PlainEvery = TimeSpan.FromSeconds(30);

    private readonly long _start = Stopwatch.GetTimestamp();
    private TimeSpan _last;
    private bool _shown;

    public void Report(long done)
    {
        TimeSpan now = Stopwatch.GetElapsedTime(_start);
        if (now - _last < (terminal ? TerminalEvery : PlainEvery))
        {
            return;
        }

        (_last, _shown) = (now, true);
        double perSecond = done / now.TotalSeconds;
        string left = done > 0 && total > done ? $", {TimeSpan.FromSeconds((total - done) / perSecond):m\\:ss} left" : "";
        string line = $"{what}: {done:N0} of {total:N0} ({(double)done / Math.Max(1, total):0%}), {perSecond:N0} a second{left}";
        if (terminal)
        {
            output.Write($"\r{line}\e[K");
        }
        else
        {
            output.WriteLine(line);
        }
    }

    /// <summary>Clears the line.</summary>
    public void Dispose()
    {
        if (terminal && _shown)
        {
            output.Write("\r\e[K");
        }
    }
}
