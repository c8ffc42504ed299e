using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace Afterimage.Tests.Cloud.S3;

/// <summary>An S3 server that others wrote on loopback: npm <c>s3rver</c> 3.7.1, with one bucket. What it holds outlives it in its folder.</summary>
internal sealed partial class S3RverServer : IAsyncDisposable
{
    /// <summary>Both halves of the credentials.</summary>
    public const string Key = "S3RVER";

    private readonly Process _process;
    private int _disposed;

    private S3RverServer(Process process, int port) => (_process, Port) = (process, port);

    public int Port { get; }

    public string Url => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Port}");

    /// <summary>Skips the test, visibly, where it is not installed in the folder that <c>AFTERIMAGE_TEST_NODE_MODULES</c> names or in <c>artifacts/node_modules</c>.</summary>
    public static async Task<S3RverServer> StartAsync(string folder, int port = 0)
    {
        string modules = Environment.GetEnvironmentVariable("AFTERIMAGE_TEST_NODE_MODULES") ?? Path.Combine(Repository.Root, "artifacts", "node_modules");
        string script = Path.Combine(modules, "s3rver", "bin", "s3rver.js");
        Assert.SkipUnless(File.Exists(script), $"npm package s3rver is not in {modules}");
        var start = new ProcessStartInfo("node")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList = { script, "-d", folder, "-a", "127.0.0.1", "-p", port.ToString(CultureInfo.InvariantCulture), "--configure-bucket", FakeS3.Bucket },
        };
        start.Environment["NODE_OPTIONS"] = "--openssl-legacy-provider";
        Process process = Process.Start(start)!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (Listening().Match(line) is { Success: true } match)
            {
                // It logs every request; a full pipe would stop it.
                _ = process.StandardOutput.ReadToEndAsync();
                return new S3RverServer(process, int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));
            }
        }

        throw new InvalidOperationException("s3rver did not start");
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

    [GeneratedRegex(@"listening on \S*:(\d+)", RegexOptions.IgnoreCase)]
    private static partial Regex Listening();
}
