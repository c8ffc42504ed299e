using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Afterimage.Bench.ExactHit;

namespace Afterimage.Bench.Load;

/// <summary>The clients: each asks, checks the answer, and asks again.</summary>
internal sealed class LoadTraffic(LoadGateway gateway) : IDisposable
{
    private const int Popular = 1500;
    private static readonly string[] Things = ["fox", "owl", "harbour", "castle", "bicycle", "teapot", "lighthouse", "forest", "robot", "violin"];
    private static readonly string[] Colours = ["red", "blue", "green", "golden", "black", "white", "purple", "orange"];
    private static readonly string[] Places = ["in the snow", "at dawn", "on a hill", "by the sea", "under the stars", "in a garden"];

    private readonly SocketsHttpHandler _handler = new() { UseCookies = false, PooledConnectionLifetime = TimeSpan.FromSeconds(20) };
    private readonly SortedDictionary<string, LatencyHistogram> _latencies = [];
    private readonly ConcurrentQueue<string> _faults = new();
    private volatile Task _rest = Task.CompletedTask;
    private long _requests;
    private long _errors;
    private long _sentAgain;
    private long _fresh;

    public long Requests => Interlocked.Read(ref _requests);

    public long Errors => Interlocked.Read(ref _errors);

    public long SentAgain => Interlocked.Read(ref _sentAgain);

    public long Purges { get; private set; }

    public IReadOnlyDictionary<string, LatencyHistogram> Latencies => _latencies;

    public IEnumerable<string> FirstFaults => _faults.Take(20);

    /// <summary>Counts an error of the gateway, if there is one.</summary>
    public void Note(string? fault)
    {
        if (fault is not null)
        {
            Interlocked.Increment(ref _errors);
            _faults.Enqueue(fault);
        }
    }

    /// <summary>No client and no purge begins anything for a time, and what is under way ends; then takes a sample.</summary>
    public async Task<LoadSample> RestAsync(TimeSpan time)
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _rest = over.Task;
        await Task.Delay(time);
        LoadSample sample = gateway.Sample();
        over.SetResult();
        return sample;
    }

    public void Dispose() => _handler.Dispose();

    public async Task RunAsync(int number, CancellationToken stop)
    {
        var random = new Random(number);
        using var client = new HttpClient(_handler, disposeHandler: false) { BaseAddress = gateway.Address, Timeout = TimeSpan.FromSeconds(30) };
        var latencies = new Dictionary<string, LatencyHistogram>();
        while (!stop.IsCancellationRequested)
        {
            await _rest;
            int dice = random.Next(1000);
            int picture = (int)(Popular * Math.Pow(random.NextDouble(), 3));
            (string kind, string target) = dice switch
            {
                < 900 => ("hit", Target(Prompt(picture), "")),
                < 930 => ("paraphrase", Target(Paraphrase(picture), "")),
                < 960 => ("miss", Target(Prompt(random.Next(Popular)), $"&seed={Interlocked.Increment(ref _fresh)}")),
                < 970 => ("head", Target(Prompt(picture), "")),
                < 980 => ("range", Target(Prompt(picture), "")),
                < 990 => ("fresh", Target(Prompt(picture), "")),
                < 995 => ("origin fault", Target($"{LoadOrigin.FailingWord} {Interlocked.Increment(ref _fresh)}", "")),
                _ => ("forwarded", "/models"),
            };
            long start = Stopwatch.GetTimestamp();
            string? fault = await AskAsync(client, kind, target, random.Next(20) == 0);
            if (!latencies.TryGetValue(kind, out LatencyHistogram? histogram))
            {
                latencies[kind] = histogram = new LatencyHistogram();
            }

            histogram.Record(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
            Interlocked.Increment(ref _requests);
            Note(fault);
        }

        lock (_latencies)
        {
            foreach ((string kind, LatencyHistogram histogram) in latencies)
            {
                if (!_latencies.TryAdd(kind, histogram))
                {
                    _latencies[kind].Add(histogram);
                }
            }
        }
    }

    /// <summary>Removes a picture by its request, again and again.</summary>
    public async Task PurgeAsync(CancellationToken stop)
    {
        using var client = new HttpClient(_handler, disposeHandler: false) { BaseAddress = gateway.Address };
        for (int i = 0; !stop.IsCancellationRequested; i++)
        {
            await Task.Delay(200, CancellationToken.None);
            await _rest;
            using var content = new StringContent($"{{\"request\":\"{Target(Prompt(i % Popular), "")}\",\"dryRun\":false}}", Encoding.UTF8, "application/json");
            long start = Stopwatch.GetTimestamp();
            try
            {
                using HttpResponseMessage response = await client.PostAsync("/_afterimage/purge", content, CancellationToken.None);
                Note(response.IsSuccessStatusCode ? null : $"purge: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(CancellationToken.None)}");
                Purges++;
            }
            catch (HttpRequestException e)
            {
                Note(BeganInRestart(start) ? null : $"purge: {e.Message}");
            }
        }
    }

    /// <summary>Null where the answer is right.</summary>
    private async Task<string?> AskAsync(HttpClient client, string kind, string target, bool checksHash)
    {
        for (DateTime end = DateTime.UtcNow.AddSeconds(60); ;)
        {
            long start = Stopwatch.GetTimestamp();
            try
            {
                using var request = new HttpRequestMessage(kind == "head" ? HttpMethod.Head : HttpMethod.Get, target);
                request.Headers.Range = kind == "range" ? new RangeHeaderValue(10, 99) : null;
                request.Headers.CacheControl = kind == "fresh" ? new CacheControlHeaderValue { NoCache = true } : null;
                using HttpResponseMessage response = await client.SendAsync(request);
                byte[] body = await response.Content.ReadAsByteArrayAsync();
                return Judge(kind, response, body, checksHash) is { } wrong ? $"{kind} {target}: {wrong}" : null;
            }
            catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException)
            {
                // What was under way when the restart was ordered must be finished; what comes later may find nobody.
                if (!BeganInRestart(start) || DateTime.UtcNow > end)
                {
                    return $"{kind} {target}: after {Stopwatch.GetElapsedTime(start).TotalSeconds:0.000} s: {e.Message} {e.InnerException?.Message}";
                }

                Interlocked.Increment(ref _sentAgain);
                await Task.Delay(20);
            }
        }
    }

    private static string? Judge(string kind, HttpResponseMessage response, byte[] body, bool checksHash)
    {
        if (kind == "origin fault")
        {
            return response.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.BadGateway ? null : $"status {(int)response.StatusCode}";
        }

        bool partial = response.StatusCode == HttpStatusCode.PartialContent;
        if (response.StatusCode != HttpStatusCode.OK && !(kind == "range" && partial))
        {
            return $"status {(int)response.StatusCode} {Encoding.UTF8.GetString(body)}";
        }

        if (kind == "head" ? body.Length != 0 : body.Length == 0 || (partial && body.Length != 90))
        {
            return $"{body.Length} bytes";
        }

        return checksHash && !partial && kind != "head" && response.Headers.ETag is { } tag && tag.Tag != $"\"{Convert.ToHexStringLower(SHA256.HashData(body))}\""
            ? "the entity tag is not the hash of the bytes"
            : null;
    }

    private bool BeganInRestart(long start)
    {
        (long ordered, long over) = gateway.Restart;
        return start >= ordered && start <= over;
    }

    private static string Prompt(int number) =>
        $"a {Colours[number % 8]} {Things[number / 8 % 10]} {Places[number / 80 % 6]} number {number}";

    private static string Paraphrase(int number) =>
        $"A {Colours[number % 8]} {Things[number / 8 % 10]}, {Places[number / 80 % 6]}, number {number}.";

    private static string Target(string prompt, string more) => $"/prompt/{Uri.EscapeDataString(prompt)}?width=64&height=64{more}";
}
