using System.Diagnostics;
using System.Text.Json;

namespace Afterimage.Bench.Index;

/// <summary>A peer in a process of its own, asked by lines of JSON, so that its turns interleave with ours.</summary>
internal sealed class PeerProcess : IDisposable
{
    private readonly Process _process;

    private PeerProcess(Process process) => _process = process;

    /// <summary>Starts a peer; null, with a line on standard error that says how to install it, where it does not answer.</summary>
    public static PeerProcess? Start(string name, string install, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        try
        {
            return new PeerProcess(Process.Start(start)!);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Console.Error.WriteLine($"{name} is not installed: {install}");
            return null;
        }
    }

    /// <summary>Sends a command and waits for its answer; null where the peer has died.</summary>
    public JsonElement? Ask(string command, int expansion = 0)
    {
        try
        {
            _process.StandardInput.WriteLine(JsonSerializer.Serialize(new { command, expansion }));
            return _process.StandardOutput.ReadLine() is { } line ? JsonDocument.Parse(line).RootElement : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(5000))
        {
            _process.Kill();
        }

        _process.Dispose();
    }
}
