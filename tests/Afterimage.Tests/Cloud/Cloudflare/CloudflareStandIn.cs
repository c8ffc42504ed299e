using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Afterimage.Tests.Cloud.Cloudflare;

/// <summary>
/// Cloudflare's API for one account on loopback, as far as Vectorize and the embeddings of Workers AI go, with its limits: a client that breaks the contract fails here.
/// The clock is given, so that delays and the five minutes of the rate limit pass when a test says so.
/// </summary>
internal sealed class CloudflareStandIn : IAsyncDisposable
{
    public const string AccountId = "0123456789abcdef0123456789abcdef";
    public const string Token = "stand-in token";

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(5);

    private readonly Lock _lock = new();
    private readonly WebApplication _app;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, StandInIndex> _indexes = [];
    private readonly Queue<DateTimeOffset> _recent = [];
    private DateTimeOffset _blockedUntil;

    private CloudflareStandIn(WebApplication app, TimeProvider time)
    {
        _app = app;
        _time = time;
    }

    /// <summary>For <c>Cloudflare:ApiBase</c>.</summary>
    public Uri ApiBase => new(_app.Urls.First() + "/client/v4");

    public int RequestsPerFiveMinutes { get; set; } = 1_200;

    /// <summary>Whether there was ever one call too many.</summary>
    public bool WasBlocked => _blockedUntil != default;

    /// <summary>Delay of indexes made from now on.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Calls so far: method and path below the account.</summary>
    public ConcurrentQueue<string> Calls { get; } = [];

    /// <summary>Answers taken instead of the real one, one per call.</summary>
    public ConcurrentQueue<Func<HttpContext, Task>> Instead { get; } = [];

    /// <summary>Takes the place of every answer below <see cref="FaultBelow"/> while it is set.</summary>
    public Func<HttpContext, Task>? Fault { get; set; }

    /// <summary>Path below the account, for example <c>ai/</c>. Default empty: everything.</summary>
    public string FaultBelow { get; set; } = "";

    /// <summary>Indexes so far.</summary>
    public IReadOnlyList<StandInIndex> Indexes
    {
        get
        {
            lock (_lock)
            {
                return [.. _indexes.Values];
            }
        }
    }

    public StandInIndex Index(string name)
    {
        lock (_lock)
        {
            return _indexes[name];
        }
    }

    public static async Task<CloudflareStandIn> StartAsync(TimeProvider? time = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.Limits.MaxRequestBodySize = 200_000_000).UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        WebApplication app = builder.Build();
        var standIn = new CloudflareStandIn(app, time ?? TimeProvider.System);
        app.Run(standIn.AnswerAsync);
        await app.StartAsync();
        return standIn;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        string root = $"/client/v4/accounts/{AccountId}/";
        string path = context.Request.Path.Value!;
        string below = path.StartsWith(root, StringComparison.Ordinal) ? path[root.Length..] : path;
        Calls.Enqueue($"{context.Request.Method} {below}");
        if (Instead.TryDequeue(out Func<HttpContext, Task>? instead) || (below.StartsWith(FaultBelow, StringComparison.Ordinal) && (instead = Fault) is not null))
        {
            await instead(context);
            return;
        }

        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        try
        {
            object? result;
            lock (_lock)
            {
                Limit();
                if (context.Request.Headers.Authorization != "Bearer " + Token)
                {
                    throw new StandInFault(403, 10000, "Authentication error");
                }

                result = Route(context.Request, below, body.ToArray());
                result = JsonSerializer.SerializeToElement(result);
            }

            await WriteAsync(context, 200, new { result, success = true, errors = Array.Empty<object>(), messages = Array.Empty<object>() });
        }
        catch (StandInFault fault)
        {
            if (fault.RetryAfterSeconds is { } seconds)
            {
                context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            }

            await WriteAsync(context, fault.Status, Failure(fault.Code, fault.Message));
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            await WriteAsync(context, 400, Failure(40026, "failed to parse request body: " + e.Message));
        }
    }

    public static object Failure(int code, string message) =>
        new { result = (object?)null, result_info = (object?)null, success = false, errors = new[] { new { code, message } }, messages = Array.Empty<object>() };

    public static async Task WriteAsync(HttpContext context, int status, object envelope)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(envelope));
    }

    // One request too many and everything is refused for five minutes.
    private void Limit()
    {
        DateTimeOffset now = _time.GetUtcNow();
        while (_recent.TryPeek(out DateTimeOffset oldest) && oldest <= now - Window)
        {
            _recent.Dequeue();
        }

        if (now < _blockedUntil)
        {
            throw new StandInFault(429, 971, "Please wait and consider throttling your request speed", (int)Math.Ceiling((_blockedUntil - now).TotalSeconds));
        }

        _recent.Enqueue(now);
        if (_recent.Count > RequestsPerFiveMinutes)
        {
            _blockedUntil = now + Window;
            throw new StandInFault(429, 971, "Please wait and consider throttling your request speed", 300);
        }
    }

    private object? Route(HttpRequest request, string path, byte[] body)
    {
        if (path == StandInModel.Path)
        {
            return StandInModel.Run(Json(request, body));
        }

        const string Root = "vectorize/v2/indexes";
        if (path == Root && request.Method == "POST")
        {
            return Create(Json(request, body));
        }

        string[] parts = path.StartsWith(Root + "/", StringComparison.Ordinal) ? path[(Root.Length + 1)..].Split('/', 2) : throw new StandInFault(404, 7000, "No route for that URI");
        StandInIndex index = _indexes.TryGetValue(parts[0], out StandInIndex? found) ? found : throw new StandInFault(404, 3000, "vectorize.index.not_found");
        return (request.Method, parts.Length > 1 ? parts[1] : "") switch
        {
            ("GET", "") => index.Describe(),
            ("DELETE", "") => Remove(parts[0]),
            ("GET", "info") => index.Info(),
            ("GET", "list") => index.List(
                int.Parse(request.Query["count"].FirstOrDefault() ?? "100", CultureInfo.InvariantCulture), request.Query["cursor"].FirstOrDefault()),
            ("GET", "metadata_index/list") => index.ListMetadataIndexes(),
            ("POST", "metadata_index/create") => index.CreateMetadataIndex(Json(request, body)),
            ("POST", "upsert") => index.Upsert(request.ContentType ?? "", body),
            ("POST", "query") => index.Query(Json(request, body)),
            ("POST", "get_by_ids") => index.Get(Json(request, body)),
            ("POST", "delete_by_ids") => index.Delete(Json(request, body)),
            _ => throw new StandInFault(404, 7000, "No route for that URI"),
        };
    }

    private object Create(JsonElement body)
    {
        string name = body.GetProperty("name").GetString()!;
        JsonElement config = body.GetProperty("config");
        int dimensions = config.GetProperty("dimensions").GetInt32();
        if (name.Length is 0 or > 64 || !name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-'))
        {
            throw new StandInFault(400, 3001, "vectorize.index.invalid_name");
        }

        if (dimensions is < 1 or > 1_536 || config.GetProperty("metric").GetString() != "cosine")
        {
            throw new StandInFault(400, 3001, "vectorize.index.invalid_config");
        }

        if (_indexes.ContainsKey(name))
        {
            throw new StandInFault(400, 3002, "vectorize.index.duplicate_name - an index of this name exists");
        }

        string? description = body.TryGetProperty("description", out JsonElement d) ? d.GetString() : null;
        _indexes[name] = new StandInIndex(name, description, dimensions, _time) { Delay = Delay };
        return _indexes[name].Describe();
    }

    private object? Remove(string name)
    {
        _indexes.Remove(name);
        return null;
    }

    private static JsonElement Json(HttpRequest request, byte[] body) => request.ContentType is "application/json" or "application/json; charset=utf-8"
        ? JsonElement.Parse(body)
        : throw new StandInFault(415, 0, "expected application/json");
}
