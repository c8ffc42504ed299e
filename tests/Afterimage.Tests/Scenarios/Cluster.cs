using System.Globalization;
using System.Text.Json;
using Afterimage.Tests.Cloud.Postgres;
using Afterimage.Tests.Cloud.S3;
using Npgsql;

namespace Afterimage.Tests.Scenarios;

/// <summary>Gateways as processes on one PostgreSQL (PGlite) and one S3 server, both of which can be taken away and brought back as they were.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("afterimage-cluster-").FullName;
    private readonly List<Gateway> _gateways = [];
    private PGliteServer? _database;
    private S3RverServer? _bucket;
    private int _databasePort;
    private int _bucketPort;

    private Cluster(TestOrigin origin) => Origin = origin;

    public TestOrigin Origin { get; }

    public IReadOnlyList<Gateway> Gateways => _gateways;

    public string ConnectionString => PGliteServer.ConnectionStringFor(_databasePort);

    /// <param name="withVector">Whether the database has pgvector.</param>
    /// <param name="settings">Of every gateway, as on the command line.</param>
    public static async Task<Cluster> StartAsync(int gateways, bool withVector = true, params (string Key, string Value)[] settings)
    {
        var cluster = new Cluster(await TestOrigin.StartAsync());
        try
        {
            // One after the other: a test that is skipped for a missing server skips here.
            cluster._bucket = await S3RverServer.StartAsync(cluster.Folder("bucket"));
            cluster._database = await PGliteServer.StartAsync(cluster.Folder("database"), withVector);
            (cluster._bucketPort, cluster._databasePort) = (cluster._bucket.Port, cluster._database.Port);
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
        await using ProgramProcess program = ProgramProcess.Start(Credentials, [.. arguments, "--data", DataOf(number), .. Shared]);
        return (await program.ExitAsync(), string.Join('\n', program.Lines));
    }

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

    public ValueTask StopDatabaseAsync() => _database!.DisposeAsync();

    public async Task StartDatabaseAsync() => _database = await PGliteServer.StartAsync(Folder("database"), port: _databasePort);

    public ValueTask StopBucketAsync() => _bucket!.DisposeAsync();

    public async Task StartBucketAsync() => _bucket = await S3RverServer.StartAsync(Folder("bucket"), _bucketPort);

    /// <summary>A gateway's data folder.</summary>
    public string DataOf(int number) => Folder("gateway-" + number.ToString(CultureInfo.InvariantCulture));

    /// <summary>Entries that the bucket holds.</summary>
    public int StoredEntries => Directory.EnumerateFiles(Folder("bucket"), "*.entry*_object", SearchOption.AllDirectories).Count();

    /// <summary>Vectors that the database holds.</summary>
    public async Task<long> StoredVectorsAsync()
    {
        await using var source = NpgsqlDataSource.Create(ConnectionString);
        await using NpgsqlCommand find = source.CreateCommand("SELECT table_name FROM afterimage.space");
        string table = (string)(await find.ExecuteScalarAsync())!;
        await using NpgsqlCommand count = source.CreateCommand($"SELECT count(*) FROM afterimage.{table}");
        return (long)(await count.ExecuteScalarAsync())!;
    }

    /// <summary>Asks until something holds, within a bound that no healthy run meets.</summary>
    public static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(150));
        while (!await condition())
        {
            await Task.Delay(50, bound.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (Gateway gateway in _gateways)
        {
            await gateway.DisposeAsync();
        }

        await (_database?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_bucket?.DisposeAsync() ?? ValueTask.CompletedTask);
        await Origin.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private string Folder(string name) => Path.Combine(_folder, name);

    private string[] Shared =>
    [
        "--Store:FreeDiskBytesMin", "0", "--Store:Flush", "false", "--Store:Provider", "s3", "--Store:S3:ServiceUrl", BucketUrl, "--Store:S3:Bucket", FakeS3.Bucket,
        "--Index:Provider", "postgres", "--Index:Postgres:ConnectionString", ConnectionString,
    ];

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

    /// <summary>One gateway and a client of it.</summary>
    internal sealed class Gateway(ProgramProcess process) : IAsyncDisposable
    {
        private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(120) };

        public async Task ConnectAsync() => _client.BaseAddress = await process.Address;

        /// <summary>Asks and reads the whole answer.</summary>
        public async Task<Answer> GetAsync(string target, params (string Name, string Value)[] headers)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, target);
            foreach ((string name, string value) in headers)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }

            using HttpResponseMessage response = await _client.SendAsync(request);
            return await Answer.OfAsync(response);
        }

        public async Task<JsonElement> PostAsync(string target, object body)
        {
            using HttpResponseMessage response = await _client.PostAsync(target, new StringContent(JsonSerializer.Serialize(body), null, "application/json"));
            return (await Answer.OfAsync(response)).Json;
        }

        /// <summary>Pictures being made, waiting for other gateways included.</summary>
        public async Task<int> RunningAsync() => (await GetAsync("/_afterimage/health/ready")).Json.GetProperty("running").GetInt32();

        /// <summary>What health/ready says of a dependency: its fault, or null while it is up.</summary>
        public async Task<string?> FaultAsync(string dependency)
        {
            foreach (JsonElement state in (await GetAsync("/_afterimage/health/ready")).Json.GetProperty("dependencies").EnumerateArray())
            {
                if (state.GetProperty("name").GetString() == dependency)
                {
                    return state.GetProperty("state").GetString() == "up" ? null : state.GetProperty("fault").GetString();
                }
            }

            throw new InvalidOperationException($"health/ready does not name {dependency}");
        }

        public Task UntilUpAsync(params string[] dependencies) => UntilAsync(async () =>
        {
            foreach (string dependency in dependencies)
            {
                if (await FaultAsync(dependency) is not null)
                {
                    return false;
                }
            }

            return true;
        });

        /// <summary>SIGKILL.</summary>
        public void Kill() => process.Kill();

        public async ValueTask DisposeAsync()
        {
            _client.Dispose();
            await process.DisposeAsync();
        }
    }
}
