using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace Afterimage.Tests.Cloud.S3;

/// <summary>An S3 server that others wrote on loopback: npm <c>s3rver</c> 3.7.1, with one bucket, its PUT made all or nothing as S3's is. What it holds outlives it in its folder.</summary>
internal sealed partial class S3RverServer(NodeServer server) : IAsyncDisposable
{
    /// <summary>Both halves of the credentials.</summary>
    public const string Key = "S3RVER";

    public int Port => server.Port;

    public string Url => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Port}");

    /// <summary>Skips the test, visibly, where it is not installed in <see cref="NodeServer.Modules"/>.</summary>
    public static async Task<S3RverServer> StartAsync(string folder, int port = 0)
    {
        string script = Path.Combine(NodeServer.Modules, "s3rver", "bin", "s3rver.js");
        Assert.SkipUnless(File.Exists(script), $"npm package s3rver is not in {NodeServer.Modules}");
        string atomicPut = Path.Combine(Repository.Root, "tests", "Afterimage.Tests", "Cloud", "S3", "s3rver-atomic-put.cjs");
        string[] arguments = ["--require", atomicPut, script, "-d", folder, "-a", "127.0.0.1", "-p", port.ToString(CultureInfo.InvariantCulture), "--configure-bucket", FakeS3.Bucket];
        return new S3RverServer(await NodeServer.StartAsync(Listening(), arguments, "--openssl-legacy-provider"));
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [GeneratedRegex(@"listening on \S*:(\d+)", RegexOptions.IgnoreCase)]
    private static partial Regex Listening();
}
