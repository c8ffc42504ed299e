using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Afterimage.Tests.Cloud.Cloudflare;
using Afterimage.Tests.Cloud.Postgres;
using Afterimage.Tests.Cloud.S3;
using Npgsql;

namespace Afterimage.Tests.Scenarios;

/// <summary>
/// Gateways as processes on one S3 server, and on one PostgreSQL or one Cloudflare account (a stand-in). Each can be taken away and brought back as it was.
/// PostgreSQL is <c>AFTERIMAGE_TEST_POSTGRES</c> where set, behind a relay and with a schema of its own, else PGlite.
/// </summary>
internal sealed partial class Cluster : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("afterimage-cluster-").FullName;
    private readonly List<Gateway> _gateways = [];
    private PGliteServer? _database;
    private TcpRelay? _relay;
    private string _schema = "afterimage";
    private S3RverServer? _bucket;
    private CloudflareStandIn? _account;
    private int _databasePort;
    private int _bucketPort;

    private Cluster(TestOrigin origin) => Origin = origin;

    public TestOrigin Origin { get; }

    /// <summary>The Cloudflare account of a cluster that has one.</summary>
    public CloudflareStandIn Account => _account!;

    public IReadOnlyList<Gateway> Gateways => _gateways;

    public string ConnectionString => _relay is null
        ? PGliteServer.ConnectionStringFor(_databasePort)
        : new NpgsqlConnectionStringBuilder(Named) { Host = "127.0.0.1", Port = _relay.Port }.ConnectionString;

    /// <param name="withVector">Whether the database has pgvector.</param>
    /// <param name="settings">Of every gateway, as on the command line.</param>
    public static Task<Cluster> StartAsync(int gateways, bool withVector = true, params (string Key, string Value)[] settings) => StartAsync(
        gateways,
        cluster => cluster.StartPostgresAsync(withVector),
        settings);

    /// <summary>As docs/scaling.md says for Cloudflare, with the configuration that stands there; only the addresses are others.</summary>
    /// <param name="time">The account's clock; null for this machine's.</param>
    public static Task<Cluster> StartOnCloudflareAsync(int gateways, TimeProvider? time = null, params (string Key, string Value)[] settings) => StartAsync(
        gateways,
        async cluster =>
        {
            cluster._account = await CloudflareStandIn.StartAsync(time);
            await File.WriteAllTextAsync(cluster.Folder("cloudflare.json"), DocumentedConfiguration());
        },
        settings);

    private static async Task<Cluster> StartAsync(int gateways, Func<Cluster, Task> startIndex, (string Key, string Value)[] settings)
    {
        var cluster = new Cluster(await TestOrigin.StartAsync());
        try
        {
            // One after the other: a test that is skipped for a missing server skips here.
            cluster._bucket = await S3RverServer.StartAsync(cluster.Folder("bucket"));
            cluster._bucketPort = cluster._bucket.Port;
            await startIndex(cluster);
            for (int i = 0; i < gateways; i++)
            {
                cluster._gateways.Add(cluster.Start(i, settings));
            }

            foreach (Gateway gateway in cluster._gateways)
            {
                await gateway.ConnectAsync();
            }

            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts one more gateway.</summary>
    public async Task<Gateway> AddAsync()
    {
        Gateway gateway = Start(_gateways.Count, []);
        _gateways.Add(gateway);
        await gateway.ConnectAsync();
        return gateway;
    }

    /// <summary>Runs a command of the program on this bucket and database, with the data folder of a gateway that does not run; returns its exit code and what it printed.</summary>
    public async Task<(int Code, string Printed)> RunAsync(int number, params string[] arguments)
    {
        await using ProgramProcess program = Begin(number, arguments);
        return (await program.ExitAsync(), string.Join('\n', program.Lines));
    }

    /// <summary>Starts such a command without waiting for its end.</summary>
    public ProgramProcess Begin(int number, params string[] arguments) => ProgramProcess.Start(Credentials, [.. arguments, "--data", DataOf(number), .. Shared]);

    /// <summary>Credentials of the bucket, as environment variables.</summary>
    public static IReadOnlyDictionary<string, string> Credentials { get; } =
        new Dictionary<string, string> { ["AWS_ACCESS_KEY_ID"] = S3RverServer.Key, ["AWS_SECRET_ACCESS_KEY"] = S3RverServer.Key };

    /// <summary>Where the bucket answers.</summary>
    public string BucketUrl => $"http://127.0.0.1:{_bucketPort}";

    /// <summary>Starts a gateway again, on its own data folder, after it was killed.</summary>
    public async Task<Gateway> RestartAsync(int number, params (string Key, string Value)[] settings)
    {
        await _gateways[number].DisposeAsync();
        _gateways[number] = Start(number, settings);
        await _gateways[number].ConnectAsync();
        return _gateways[number];
    }

    public async Task StopDatabaseAsync()
    {
        _relay?.Stop();
        await (_database?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    public async Task StartDatabaseAsync()
    {
        if (_relay is not null)
        {
            _relay.Start();
            return;
        }

        _database = await PGliteServer.StartAsync(Folder("database"), port: _databasePort);
    }

    public ValueTask StopBucketAsync() => _bucket!.DisposeAsync();

    public async Task StartBucketAsync() => _bucket = await S3RverServer.StartAsync(Folder("bucket"), _bucketPort);

    /// <summary>A gateway's data folder.</summary>
    public string DataOf(int number) => Folder("gateway-" + number.ToString(CultureInfo.InvariantCulture));

    /// <summary>Entries that the bucket holds.</summary>
    public int StoredEntries => Directory.EnumerateFiles(Folder("bucket"), "*.entry*_object", SearchOption.AllDirectories).Count();

    /// <summary>Vectors that the database, or Vectorize, holds.</summary>
    public async Task<long> StoredVectorsAsync()
    {
        if (_account is not null)
        {
            return _account.Indexes.Sum(i => i.Visible);
        }

        await using var source = NpgsqlDataSource.Create(ConnectionString);
        await using NpgsqlCommand find = source.CreateCommand($"SELECT table_name FROM {_schema}.space");
        string table = (string)(await find.ExecuteScalarAsync())!;
        await using NpgsqlCommand count = source.CreateCommand($"SELECT count(*) FROM {_schema}.{table}");
        return (long)(await count.ExecuteScalarAsync())!;
    }

    /// <summary>Asks until something holds, within a bound that no healthy run meets.</summary>
    public static async Task UntilAsync(Func<Task<bool>> condition, [CallerArgumentExpression(nameof(condition))] string wanted = "")
    {
        var asked = Stopwatch.StartNew();
        while (!await condition())
        {
            if (asked.Elapsed > ProgramProcess.Hang)
            {
                throw new TimeoutException($"never came true: {wanted}");
            }

            await Task.Delay(50);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (Gateway gateway in _gateways)
        {
            await gateway.DisposeAsync();
        }

        await StopDatabaseAsync();
        await DropSchemaAsync();
        await (_account?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_bucket?.DisposeAsync() ?? ValueTask.CompletedTask);
        await Origin.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static string? Named => Environment.GetEnvironmentVariable("AFTERIMAGE_TEST_POSTGRES") is { Length: > 0 } named ? named : null;

    // What a named server has cannot be taken from it.
    private async Task StartPostgresAsync(bool withVector)
    {
        if (withVector && Named is { } named)
        {
            var server = new NpgsqlConnectionStringBuilder(named);
            _schema = "cluster_" + Guid.NewGuid().ToString("N");
            _relay = new TcpRelay(server.Host!, server.Port);
            _relay.Start();
            return;
        }

        _database = await PGliteServer.StartAsync(Folder("database"), withVector);
        _databasePort = _database.Port;
    }

    private async Task DropSchemaAsync()
    {
        if (_relay is not null)
        {
            await using var source = NpgsqlDataSource.Create(Named!);
            await using NpgsqlCommand drop = source.CreateCommand($"DROP SCHEMA IF EXISTS {_schema} CASCADE");
            await drop.ExecuteNonQueryAsync();
        }
    }

    private string Folder(string name) => Path.Combine(_folder, name);

    private string[] Shared =>
    [
        "--Store:FreeDiskBytesMin", "0", "--Store:Flush", "false", "--Store:S3:ServiceUrl", BucketUrl,
        .. _account is { } account
            ? (string[])["--config", Folder("cloudflare.json"), "--Index:Vectorize:ApiBase", account.ApiBase.ToString(), "--Embedding:Url", account.ApiBase.ToString()]
            : ["--Store:Provider", "s3", "--Store:S3:Bucket", FakeS3.Bucket, "--Index:Provider", "postgres", "--Index:Postgres:ConnectionString", ConnectionString, "--Index:Postgres:Schema", _schema],
    ];

    // The example under "Cloudflare", with an account and a token.
    private static string DocumentedConfiguration()
    {
        string page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "scaling.md"));
        string section = page[page.IndexOf("\n## Cloudflare", StringComparison.Ordinal)..];
        string example = section[section.IndexOf("    {", StringComparison.Ordinal)..(section.IndexOf("\n    }", StringComparison.Ordinal) + "\n    }".Length)];
        return example.Replace("\"ACCOUNT\"", $"\"{CloudflareStandIn.AccountId}\"", StringComparison.Ordinal).Replace("\"TOKEN\"", $"\"{CloudflareStandIn.Token}\"", StringComparison.Ordinal);
    }

    private Gateway Start(int number, (string Key, string Value)[] settings)
    {
        string[] arguments =
        [
            "serve", "--origin", Origin.Address.ToString(), "--listen", "http://127.0.0.1:0", "--data", DataOf(number),
            "--Log:Requests", "off", .. Shared,
            .. settings.SelectMany(s => new[] { "--" + s.Key, s.Value }),
        ];
        return new Gateway(ProgramProcess.Start(Credentials, arguments));
    }
}
