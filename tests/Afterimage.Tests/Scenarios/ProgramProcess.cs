using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Afterimage.Tests.Scenarios;

/// <summary>The real program as a process.</summary>
internal sealed partial class ProgramProcess : IAsyncDisposable
{
    /// <summary>
    /// After so long a test is taken to hang. Nothing is measured by it: where several builds and tests share two cores, a process needs a minute to start and
    /// gets there all the same.
    /// </summary>
    public static readonly TimeSpan Hang = TimeSpan.FromMinutes(5);

    private readonly Process _process;
    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<string> _lines = [];
    private bool _disposed;

    private ProgramProcess(Process process)
    {
        _process = process;
        process.ErrorDataReceived += (_, e) => Take(e.Data);
        process.OutputDataReceived += (_, e) => Take(e.Data);
    }

    /// <summary>Where it listens.</summary>
    public Task<Uri> Address => _address.Task.WaitAsync(Hang);

    /// <summary>Everything printed so far.</summary>
    public string[] Lines
    {
        get
        {
            lock (_lines)
            {
                return [.. _lines];
            }
        }
    }

    public static ProgramProcess Start(params string[] arguments) => Start(new Dictionary<string, string>(), arguments);

    /// <summary>The same with a standard output that nobody reads.</summary>
    public static ProgramProcess StartUnread(params string[] arguments) => Start(new Dictionary<string, string>(), arguments, readsOutput: false);

    /// <param name="environment">Added to this process's own.</param>
    public static ProgramProcess Start(IReadOnlyDictionary<string, string> environment, params string[] arguments) => Start(environment, arguments, readsOutput: true);

    /// <summary>The same where the process may have only so many files open. With a shell.</summary>
    public static ProgramProcess StartWithOpenFiles(int max, params string[] arguments) =>
        Start(new Dictionary<string, string>(), arguments, readsOutput: true, "/bin/sh", "-c", $"ulimit -n {max}; exec dotnet \"$@\"", "sh");

    private static ProgramProcess Start(
        IReadOnlyDictionary<string, string> environment, string[] arguments, bool readsOutput, string program = "dotnet", params string[] before)
    {
        var start = new ProcessStartInfo(program, before) { RedirectStandardError = true, RedirectStandardOutput = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "afterimage.dll"));
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        var started = new ProgramProcess(new Process { StartInfo = start });
        started._process.Start();
        started._process.BeginErrorReadLine();
        if (readsOutput)
        {
            started._process.BeginOutputReadLine();
        }

        return started;
    }

    /// <summary>SIGKILL.</summary>
    public void Kill() => _process.Kill();

    /// <summary>SIGTERM.</summary>
    public void Terminate() => Process.Start("kill", ["-TERM", _process.Id.ToString()]).WaitForExit();

    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Hang);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private void Take(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_lines)
        {
            _lines.Add(line);
        }

        if (Listening().Match(line) is { Success: true } match)
        {
            _address.TrySetResult(new Uri(match.Groups[1].Value));
        }
    }

    [GeneratedRegex(@"listening on (http://\S+?),")]
    private static partial Regex Listening();
}
