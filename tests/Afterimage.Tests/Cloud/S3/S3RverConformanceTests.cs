using System.Diagnostics;
using System.Text.RegularExpressions;
using Afterimage.Cloud.S3;
using Afterimage.Entries;
using Afterimage.Tests.Conformance;
using Afterimage.Tests.Entries;
using Amazon.Runtime;
using Xunit;

namespace Afterimage.Tests.Cloud.S3;

/// <summary>
/// The same promises against a server that others wrote: npm <c>s3rver</c> 3.7.1 on loopback. Skipped, visibly, where it is not installed in the folder that
/// <c>AFTERIMAGE_TEST_NODE_MODULES</c> names or in <c>artifacts/node_modules</c>.
/// </summary>
public sealed partial class S3RverConformanceTests : EntryStoreConformance, IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private Process? _server;
    private string _url = "";

    // It takes 40 ms for a PUT.
    protected override int WritesPerWorker => 2;

    public async ValueTask InitializeAsync()
    {
        string modules = Environment.GetEnvironmentVariable("AFTERIMAGE_TEST_NODE_MODULES") ?? Path.Combine(Repository.Root, "artifacts", "node_modules");
        string script = Path.Combine(modules, "s3rver", "bin", "s3rver.js");
        Assert.SkipUnless(File.Exists(script), $"npm package s3rver is not in {modules}");
        var start = new ProcessStartInfo("node") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in (string[])[script, "-d", Path.Combine(_folder.Path, "bucket"), "-a", "127.0.0.1", "-p", "0", "--configure-bucket", FakeS3.Bucket])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["NODE_OPTIONS"] = "--openssl-legacy-provider";
        _server = Process.Start(start)!;
        _server.ErrorDataReceived += (_, _) => { };
        _server.BeginErrorReadLine();
        while (await _server.StandardOutput.ReadLineAsync() is { } line)
        {
            if (Listening().Match(line) is { Success: true } match)
            {
                _url = $"http://127.0.0.1:{match.Groups[1].Value}";

                // It logs every request; a full pipe would stop it.
                _ = _server.StandardOutput.ReadToEndAsync();
                return;
            }
        }

        Assert.Fail("s3rver did not start");
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            _server.Kill();
            await _server.WaitForExitAsync();
            _server.Dispose();
        }

        _folder.Dispose();
    }

    protected override async Task<IEntryStore> OpenAsync()
    {
        var options = new S3StoreOptions { Bucket = FakeS3.Bucket, ServiceUrl = _url };
        var store = S3EntryStore.Open(
            options,
            new FileEntryStoreOptions { Folder = Path.Combine(_folder.Path, "local"), FreeDiskBytesMin = 0 },
            TimeProvider.System,
            null,
            S3Connection.Connect(options, new BasicAWSCredentials("S3RVER", "S3RVER")));
        await store.Counted;
        return store;
    }

    protected override async Task<IEntryStore> ReopenAsync(IEntryStore store)
    {
        await store.DisposeAsync();
        return await OpenAsync();
    }

    [GeneratedRegex(@"listening on \S*:(\d+)", RegexOptions.IgnoreCase)]
    private static partial Regex Listening();
}
