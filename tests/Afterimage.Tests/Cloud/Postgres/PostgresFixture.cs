using System.Globalization;
using Afterimage.Cloud.Postgres;
using Afterimage.Tests.Cloud.Postgres;
using Xunit;

[assembly: AssemblyFixture(typeof(PostgresFixture))]

namespace Afterimage.Tests.Cloud.Postgres;

/// <summary>The database of all tests: <c>AFTERIMAGE_TEST_POSTGRES</c> where set, else one PGlite, started when the first test asks. Tests keep apart by schema.</summary>
public sealed class PostgresFixture : IAsyncDisposable
{
    private readonly SemaphoreSlim _starting = new(1, 1);
    private PGliteServer? _server;
    private int _schemas;

    /// <summary>Options with a schema of their own; skips the test where there is no database.</summary>
    public async Task<PostgresOptions> OptionsAsync() => new()
    {
        ConnectionString = await ConnectionStringAsync(),
        Schema = string.Create(CultureInfo.InvariantCulture, $"t{Environment.ProcessId}_{Interlocked.Increment(ref _schemas)}"),
        ConnectionsMax = 8,

        // Many tests share a server that has one thread; how long a search may take is not what they are about.
        SearchTimeoutMs = 60_000,
    };

    public async Task<string> ConnectionStringAsync()
    {
        if (Environment.GetEnvironmentVariable("AFTERIMAGE_TEST_POSTGRES") is { Length: > 0 } named)
        {
            return named;
        }

        await _starting.WaitAsync();
        try
        {
            _server ??= await PGliteServer.StartAsync();
            return _server.ConnectionString;
        }
        finally
        {
            _starting.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        _starting.Dispose();
    }
}
