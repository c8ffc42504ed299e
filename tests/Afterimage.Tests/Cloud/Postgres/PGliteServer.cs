using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace Afterimage.Tests.Cloud.Postgres;

/// <summary>One PGlite process with pgvector on loopback (see <c>pglite-server.mjs</c>). It ends when its standard input closes, so it cannot outlive the tests.</summary>
internal sealed class PGliteServer : IAsyncDisposable
{
    private readonly Process _process;
    private int _disposed;

    private PGliteServer(Process process, int port)
    {
        _process = process;
        Port = port;
    }

    public int Port { get; }

    public string ConnectionString => ConnectionStringFor(Port);

    public static string ConnectionStringFor(int port) => string.Create(
        CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={port};Username=postgres;Database=postgres;SSL Mode=Disable;No Reset On Close=true");

    /// <summary>The folder with the npm packages, or null where they are not installed.</summary>
    public static string? Modules
    {
        get
        {
            string folder = Environment.GetEnvironmentVariable("AFTERIMAGE_TEST_NODE_MODULES") ?? Path.Combine(Repository.Root, "artifacts", "node_modules");
            return Directory.Exists(Path.Combine(folder, "@electric-sql", "pglite-pgvector")) ? folder : null;
        }
    }

    /// <param name="folder">Where the data lives; null for memory.</param>
    public static async Task<PGliteServer> StartAsync(string? folder = null, bool withVector = true, int port = 0)
    {
        Assert.SkipWhen(
            Modules is null,
            "PGlite is not installed: npm install --prefix artifacts @electric-sql/pglite@0.5.14 @electric-sql/pglite-pgvector (or set AFTERIMAGE_TEST_NODE_MODULES)");
        var start = new ProcessStartInfo("node")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList = { Path.Combine(Repository.Root, "tests", "Afterimage.Tests", "Cloud", "Postgres", "pglite-server.mjs"), Modules! },
        };
        if (folder is not null)
        {
            start.ArgumentList.Add(folder);
        }

        start.ArgumentList.Add(string.Create(CultureInfo.InvariantCulture, $"--port={port}"));
        if (!withVector)
        {
            start.ArgumentList.Add("--no-vector");
        }

        Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string? line = await process.StandardOutput.ReadLineAsync();
        if (line?.StartsWith("listening ", StringComparison.Ordinal) != true)
        {
            throw new InvalidOperationException("PGlite did not start: " + await errors);
        }

        _ = process.StandardOutput.ReadToEndAsync();
        return new PGliteServer(process, int.Parse(line["listening ".Length..], CultureInfo.InvariantCulture));
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
