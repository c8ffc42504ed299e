using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Afterimage.Tests;

/// <summary>A server from the npm packages, as a process on loopback.</summary>
internal sealed class NodeServer : IAsyncDisposable
{
    private readonly Process _process;
    private int _disposed;

    private NodeServer(Process process, int port) => (_process, Port) = (process, port);

    public int Port { get; }

    /// <summary>The folder of the packages: what <c>AFTERIMAGE_TEST_NODE_MODULES</c> names, or <c>artifacts/node_modules</c>.</summary>
    public static string Modules => Environment.GetEnvironmentVariable("AFTERIMAGE_TEST_NODE_MODULES") ?? Path.Combine(Repository.Root, "artifacts", "node_modules");

    /// <param name="listening">A line that says that it listens, with the port as its first group.</param>
    /// <param name="arguments">Of node: its own, the script and the script's.</param>
    public static async Task<NodeServer> StartAsync(Regex listening, IReadOnlyList<string> arguments, string? nodeOptions = null)
    {
        var start = new ProcessStartInfo("node", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        if (nodeOptions is not null)
        {
            start.Environment["NODE_OPTIONS"] = nodeOptions;
        }

        Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (listening.Match(line) is { Success: true } match)
            {
                // It may log every request; a full pipe would stop it.
                _ = process.StandardOutput.ReadToEndAsync();
                return new NodeServer(process, int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));
            }
        }

        throw new InvalidOperationException($"{arguments[0]} did not start: {await errors}");
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }
}
