namespace Afterimage.Gateway;

/// <summary>
/// Lines for the operator from a part that may fail with every request: the first at once, later ones at most twice a minute, with the number of those that were
/// left out. What is said before there is anywhere to write it waits.
/// </summary>
internal sealed class OperatorReports(TimeProvider time)
{
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private Action<string>? _write;
    private string? _waiting;
    private long? _lastWritten;
    private int _leftOut;

    /// <summary>Gives it somewhere to write.</summary>
    public void WriteTo(Action<string> write)
    {
        lock (_lock)
        {
            _write = write;
            if (_waiting is { } waiting)
            {
                _waiting = null;
                write(waiting);
            }
        }
    }

    public void Report(string message)
    {
        lock (_lock)
        {
            if (_lastWritten is { } last && time.GetElapsedTime(last) < Pause)
            {
                _leftOut++;
                return;
            }

            _lastWritten = time.GetTimestamp();
            string line = _leftOut == 0 ? message : $"{message} ({_leftOut} more since the last such line)";
            _leftOut = 0;
            if (_write is null)
            {
                _waiting = line;
            }
            else
            {
                _write(line);
            }
        }
    }
}
