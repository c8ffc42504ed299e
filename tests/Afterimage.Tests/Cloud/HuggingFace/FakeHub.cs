using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Afterimage.Tests.Cloud.HuggingFace;

/// <summary>
/// A hub on loopback: small files directly with git hashes, the weights by redirect to another host (a second port) with SHA-256, range requests, and
/// the misbehaviour that a test asks for.
/// </summary>
internal sealed class FakeHub : IAsyncDisposable
{
    public const string Commit = "0123456789abcdef0123456789abcdef01234567";

    private readonly Dictionary<string, byte[]> _files;
    private readonly WebApplication _hub;
    private readonly WebApplication _network;

    private FakeHub(Dictionary<string, byte[]> files)
    {
        _files = files;
        (_hub, _network) = (Host(AnswerAsync), Host(ServeAsync));
    }

    /// <summary>Bytes after which the content network cuts each connection; 0 never.</summary>
    public int CutAfter { get; set; }

    /// <summary>Files whose content is not what their hash says.</summary>
    public HashSet<string> Lies { get; } = [];

    /// <summary>Answers ranges with the whole file.</summary>
    public bool IgnoresRanges { get; set; }

    /// <summary>First path segment of a renamed repository, redirected relatively.</summary>
    public string? OldOwner { get; set; }

    public List<string> Log { get; } = [];

    public string Endpoint => _hub.Urls.First();

    public static async Task<FakeHub> StartAsync(string folder)
    {
        var files = Directory.GetFiles(folder).Where(f => !f.EndsWith("jsonl", StringComparison.Ordinal)).ToDictionary(f => Path.GetFileName(f), File.ReadAllBytes);
        files["1_Pooling/config.json"] = Encoding.UTF8.GetBytes("""{"pooling_mode_mean_tokens": true}""");
        var hub = new FakeHub(files);
        await hub._hub.StartAsync();
        await hub._network.StartAsync();
        return hub;
    }

    public async ValueTask DisposeAsync()
    {
        await _hub.DisposeAsync();
        await _network.DisposeAsync();
    }

    private static WebApplication Host(RequestDelegate answer)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Logging.ClearProviders();
        WebApplication app = builder.Build();
        app.Run(answer);
        return app;
    }

    /// <summary>The hub: /owner/name/resolve/revision/path.</summary>
    private async Task AnswerAsync(HttpContext context)
    {
        string[] parts = context.Request.Path.Value!.Trim('/').Split('/', 5);
        lock (Log)
        {
            Log.Add($"{context.Request.Method} {context.Request.Path} {context.Request.Headers.Authorization}".Trim());
        }

        if (parts[0] == OldOwner)
        {
            context.Response.StatusCode = 307;
            context.Response.Headers.Location = $"/own/{parts[1]}/resolve/{parts[3]}/{parts[4]}";
            return;
        }

        if (parts is not ["own", "model", "resolve", "main" or Commit, var path] || !_files.TryGetValue(path, out byte[]? content))
        {
            context.Response.StatusCode = parts[0] == "own" && parts[1] == "model" ? 404 : 401;
            context.Response.Headers["X-Error-Code"] = context.Response.StatusCode == 401 ? "RepoNotFound" : parts[3] is "main" or Commit ? "EntryNotFound" : "RevisionNotFound";
            return;
        }

        context.Response.Headers["X-Repo-Commit"] = Commit;
        if (path == "model.safetensors")
        {
            context.Response.StatusCode = 302;
            context.Response.Headers["X-Linked-Etag"] = $"\"{Convert.ToHexStringLower(SHA256.HashData(content))}\"";
            context.Response.Headers["X-Linked-Size"] = content.Length.ToString();
            context.Response.Headers.Location = $"{_network.Urls.First()}/{path}?signature=x";
            return;
        }

        byte[] blob = [.. Encoding.ASCII.GetBytes($"blob {content.Length}\0"), .. content];
#pragma warning disable CA5350 // git names its blobs so
        context.Response.Headers.ETag = $"W/\"{Convert.ToHexStringLower(SHA1.HashData(blob))}\"";
#pragma warning restore CA5350
        context.Response.ContentLength = content.Length;
        if (context.Request.Method == "GET")
        {
            await context.Response.Body.WriteAsync(Sent(path, content));
        }
    }

    /// <summary>The content network.</summary>
    private async Task ServeAsync(HttpContext context)
    {
        string path = context.Request.Path.Value!.Trim('/');
        byte[] content = Sent(path, _files[path]);
        long from = IgnoresRanges ? 0 : context.Request.GetTypedHeaders().Range?.Ranges.First().From ?? 0;
        lock (Log)
        {
            Log.Add($"network {from} {context.Request.Headers.Authorization}".Trim());
        }

        if (from > 0)
        {
            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = $"bytes {from}-{content.Length - 1}/{content.Length}";
        }

        // A cut is a body that ends before the range does: unlike a reset it loses nothing that was sent, so the test knows where it stands.
        int count = CutAfter > 0 ? (int)Math.Min(CutAfter, content.Length - from) : (int)(content.Length - from);
        context.Response.ContentLength = count;
        await context.Response.Body.WriteAsync(content.AsMemory((int)from, count));
    }

    private byte[] Sent(string path, byte[] content)
    {
        if (!Lies.Contains(path))
        {
            return content;
        }

        byte[] other = [.. content];
        other[^1] ^= 1;
        return other;
    }
}
