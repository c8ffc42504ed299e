using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Afterimage.Bench.ExactHit;

/// <summary>The servers that are measured side by side, each a process of its own in front of one origin: nginx, Varnish where it is installed, and the gateways of a <see cref="HitKind"/>.</summary>
internal sealed class HitServers : IAsyncDisposable
{
    public const string Nginx = "nginx", Varnish = "varnish", Memory = "memory", Disk = "disk";

    private readonly HitKind _kind;
    private readonly string _folder;
    private readonly PictureOrigin _origin;
    private readonly Dictionary<string, (ChildProcess Process, int Port)> _servers = [];

    private HitServers(HitKind kind, string folder, PictureOrigin origin) => (_kind, _folder, _origin) = (kind, folder, origin);

    /// <summary>In the order in which they are measured.</summary>
    public IEnumerable<string> Names => _servers.Keys;

    public ChildProcess this[string name] => _servers[name].Process;

    public static async Task<HitServers> StartAsync(HitKind kind, string folder)
    {
        var servers = new HitServers(kind, folder, await PictureOrigin.StartAsync());
        servers.StartNginx();
        if (ChildProcess.Exists("varnishd"))
        {
            servers.StartVarnish();
        }

        foreach ((string tier, string settings, bool restarts) in kind.Gateways)
        {
            servers.StartGateway(tier, settings);
            if (restarts)
            {
                await servers.RestartAsync(tier, settings);
            }
        }

        return servers;
    }

    public string Url(string name, int size) => $"http://127.0.0.1:{_servers[name].Port}/prompt/size%20{size}?{_kind.Query}";

    /// <summary>Asks until the picture comes from the cache, and returns its entity tag.</summary>
    public Task<string> WarmAsync(string name, int size) => WarmUrlAsync(Url(name, size), size);

    /// <summary>The same for any cache's address.</summary>
    public static async Task<string> WarmUrlAsync(string url, int size)
    {
        string etag = "";
        using var client = new HttpClient();
        int hits = 0;
        for (DateTime end = DateTime.UtcNow.AddSeconds(30); hits < 20 && DateTime.UtcNow < end;)
        {
            try
            {
                using HttpResponseMessage response = await client.GetAsync(url);
                byte[] body = await response.Content.ReadAsByteArrayAsync();
                hits += IsHit(response) && body.Length == size ? 1 : 0;
                etag = response.Headers.ETag?.Tag ?? "";
            }
            catch (HttpRequestException)
            {
                await Task.Delay(100);
            }
        }

        return hits == 20 ? etag : throw new InvalidOperationException($"{url} does not answer with hits of {size} bytes");
    }

    /// <summary>Bytes that a gateway has allocated since it started.</summary>
    public async Task<double> AllocatedAsync(string name)
    {
        using var client = new HttpClient();
        string metrics = await client.GetStringAsync($"http://127.0.0.1:{_servers[name].Port}/_afterimage/metrics");
        string line = metrics.Split('\n').First(l => l.StartsWith("dotnet_gc_allocated_bytes_total ", StringComparison.Ordinal));
        return double.Parse(line.AsSpan(line.IndexOf(' ') + 1), CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        foreach ((ChildProcess process, _) in _servers.Values)
        {
            await process.DisposeAsync();
        }

        await _origin.DisposeAsync();
    }

    // Varnish puts two numbers into X-Varnish when an object came from its cache.
    private static bool IsHit(HttpResponseMessage response) =>
        response.Headers.TryGetValues("X-Cache", out IEnumerable<string>? cache) ? cache.First() == "HIT"
        : response.Headers.TryGetValues("X-Varnish", out IEnumerable<string>? varnish) && varnish.First().Contains(' ', StringComparison.Ordinal);

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private void StartNginx()
    {
        int port = FreePort();
        string template = File.ReadAllText(Path.Combine(BenchPaths.Peers, "exact-hit", "nginx.conf"));
        string config = Path.Combine(_folder, "nginx.conf");
        File.WriteAllText(config, template.Replace("{PORT}", port.ToString(CultureInfo.InvariantCulture)).Replace("{ORIGIN}", _origin.Address).Replace("{FOLDER}", _folder));
        _servers[Nginx] = (ChildProcess.Start("nginx", $"-c {config}"), port);
    }

    private void StartVarnish()
    {
        int port = FreePort();
        string origin = new Uri(_origin.Address).Authority;
        _servers[Varnish] = (ChildProcess.Start("varnishd", $"-F -j none -a 127.0.0.1:{port} -b {origin} -s malloc,1g -n {Path.Combine(_folder, "varnish")}"), port);
    }

    /// <summary>Has everything stored, and starts another process that finds it on disk.</summary>
    private async Task RestartAsync(string name, string settings)
    {
        foreach (int size in ExactHitMeasure.Sizes)
        {
            await WarmAsync(name, size);
        }

        await _servers[name].Process.TerminateAsync();
        await _servers[name].Process.DisposeAsync();
        StartGateway(name, settings);
    }

    private void StartGateway(string name, string settings)
    {
        int port = FreePort();
        string program = Path.Combine(AppContext.BaseDirectory, "afterimage.dll");
        ChildProcess process = ChildProcess.Start(
            "dotnet", $"{program} serve --origin {_origin.Address} --listen http://127.0.0.1:{port} --data {Path.Combine(_folder, name)} {settings}");
        _servers[name] = (process, port);
    }
}
