using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace Afterimage.Tests.Cloud.Postgres;

/// <summary>One PGlite process with pgvector on loopback (see <c>pglite-server.mjs</c>). It ends when its standard input closes, so it cannot outlive the tests.</summary>
internal sealed partial class PGliteServer(NodeServer server) : IAsyncDisposable
{
    public int Port => server.Port;

    public string ConnectionString => ConnectionStringFor(Port);

    public static string ConnectionStringFor(int port) => string.Create(
        CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={port};Username=postgres;Database=postgres;SSL Mode=Disable;No Reset On Close=true");

    /// <summary>The folder with the npm packages, or null where they are not installed.</summary>
    public static string? Modules => Directory.Exists(Path.Combine(NodeServer.Modules, "@electric-sql", "pglite-pgvector")) ? NodeServer.Modules : null;

    /// <param name="folder">Where the data lives; null for memory.</param>
    public static async Task<PGliteServer> StartAsync(string? folder = null, bool withVector = true, int port = 0)
    {
        Assert.SkipWhen(
            Modules is null,
            "PGlite is not installed: npm install --prefix artifacts @electric-sql/pglite@0.5.14 @electric-sql/pglite-pgvector (or set AFTERIMAGE_TEST_NODE_MODULES)");
        string script = Path.Combine(Repository.Root, "tests", "Afterimage.Tests", "Cloud", "Postgres", "pglite-server.mjs");
        string[] place = folder is null ? [] : [folder];
        string[] vector = withVector ? [] : ["--no-vector"];
        return new PGliteServer(await NodeServer.StartAsync(Listening(), [script, Modules!, .. place, string.Create(CultureInfo.InvariantCulture, $"--port={port}"), .. vector]));
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [GeneratedRegex(@"^listening (\d+)")]
    private static partial Regex Listening();
}
