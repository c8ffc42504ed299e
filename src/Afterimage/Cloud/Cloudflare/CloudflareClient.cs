using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Polly;
using Polly.CircuitBreaker;

namespace Afterimage.Cloud.Cloudflare;

/// <summary>
/// Calls Cloudflare's REST API for one account: authorisation, the shared request budget, time-outs, the breaker and the envelope. One instance
/// serves Vectorize and Workers AI together, because their calls count against one limit. Thread-safe.
/// </summary>
public sealed class CloudflareClient : IDisposable
{
    private const int BackgroundAttempts = 5;
    private const long AnswerBytesMax = 64L << 20;

    private static readonly TimeSpan QuietAfterBlock = TimeSpan.FromSeconds(60);

    private readonly HttpClient _http;
    private readonly CloudflareOptions _options;
    private readonly TimeProvider _time;
    private readonly ResiliencePipeline<CloudflareAnswer> _breaker;

    /// <param name="handler">For tests; null makes one with pooled connections.</param>
    public CloudflareClient(CloudflareOptions options, HttpMessageHandler? handler = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _time = time ?? TimeProvider.System;
        Budget = new RequestBudget(options.RequestsPerFiveMinutes, _time);
        _http = new HttpClient(handler ?? new SocketsHttpHandler
        {
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            ConnectTimeout = TimeSpan.FromSeconds(5),
            AutomaticDecompression = DecompressionMethods.All,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = AnswerBytesMax,
        };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", options.ApiToken);
        _breaker = new ResiliencePipelineBuilder<CloudflareAnswer> { TimeProvider = _time }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<CloudflareAnswer>
            {
                ShouldHandle = new PredicateBuilder<CloudflareAnswer>().HandleResult(a => a.Outcome is CloudflareOutcome.Unavailable or CloudflareOutcome.TimedOut),
                FailureRatio = 0.5,
                MinimumThroughput = 5,
                SamplingDuration = TimeSpan.FromSeconds(15),
                BreakDuration = TimeSpan.FromSeconds(5),
            })
            .Build();
    }

    /// <summary>What is left of the account's requests; shared by all users of this client.</summary>
    public RequestBudget Budget { get; }

    internal TimeProvider Time => _time;

    /// <summary>
    /// One call for somebody who waits: at most one attempt, never waits for the budget. Never throws but for cancellation.
    /// </summary>
    /// <param name="path">Below <c>accounts/{id}/</c>, for example <c>ai/run/@cf/baai/bge-base-en-v1.5</c>.</param>
    public async ValueTask<CloudflareAnswer> CallAsync(HttpMethod method, string path, HttpContent? content, CancellationToken cancellationToken)
    {
        if (!Budget.TryTake())
        {
            return CloudflareAnswer.Failed(
                CloudflareOutcome.RateLimited, $"The budget of {_options.RequestsPerFiveMinutes} Cloudflare requests in 5 minutes is used up for the moment.");
        }

        try
        {
            return await _breaker.ExecuteAsync(
                static async (state, token) => await state.Client.AttemptAsync(state.Method, state.Path, state.Content, state.Client._options.TimeoutMs, token),
                (Client: this, Method: method, Path: path, Content: content),
                cancellationToken);
        }
        catch (BrokenCircuitException)
        {
            return CloudflareAnswer.Failed(CloudflareOutcome.Unavailable, "Cloudflare failed repeatedly and is left alone for a moment.");
        }
    }

    /// <summary>
    /// One call in the background: waits for the budget and repeats what may pass, honouring <c>Retry-After</c>. The call must be safe to repeat.
    /// </summary>
    /// <param name="content">Makes the body anew for every attempt.</param>
    public async ValueTask<CloudflareAnswer> CallInBackgroundAsync(HttpMethod method, string path, Func<HttpContent>? content, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            await Budget.WaitAsync(cancellationToken);
            CloudflareAnswer answer = await AttemptAsync(method, path, content?.Invoke(), _options.BackgroundTimeoutMs, cancellationToken);
            if (!answer.MayPass || answer.Code == CloudflareErrors.NeuronsUsedUp || attempt == BackgroundAttempts)
            {
                return answer;
            }

            TimeSpan backoff = TimeSpan.FromMilliseconds(250 * Math.Pow(2, attempt) * (0.75 + (Random.Shared.NextDouble() / 2)));
            await Task.Delay(answer.RetryAfter > backoff ? answer.RetryAfter.Value : backoff, _time, cancellationToken);
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<CloudflareAnswer> AttemptAsync(HttpMethod method, string path, HttpContent? content, int timeoutMs, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(timeoutMs), _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        using var request = new HttpRequestMessage(method, $"{_options.ApiBase.AbsoluteUri.TrimEnd('/')}/accounts/{_options.AccountId}/{path}") { Content = content };
        try
        {
            using HttpResponseMessage response = await _http.SendAsync(request, HttpCompletionOption.ResponseContentRead, both.Token);
            byte[] body = await response.Content.ReadAsByteArrayAsync(both.Token);
            return Read(response, body);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return CloudflareAnswer.Failed(CloudflareOutcome.TimedOut, $"Cloudflare did not answer within {timeoutMs} ms.");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return CloudflareAnswer.Failed(CloudflareOutcome.Unavailable, $"Cloudflare cannot be reached: {(e.InnerException ?? e).Message}");
        }
    }

    private CloudflareAnswer Read(HttpResponseMessage response, byte[] body)
    {
        TimeSpan? retryAfter = RetryAfter(response);
        JsonElement envelope = Parse(body);
        if (response.IsSuccessStatusCode && envelope.ValueKind == JsonValueKind.Object
            && envelope.TryGetProperty("success", out JsonElement success) && success.ValueKind == JsonValueKind.True)
        {
            return new CloudflareAnswer(CloudflareOutcome.Succeeded, envelope.TryGetProperty("result", out JsonElement result) ? result : default);
        }

        (int code, string message) = FirstError(envelope);
        if (response.IsSuccessStatusCode && code == 0)
        {
            return CloudflareAnswer.Failed(CloudflareOutcome.Unavailable, "Cloudflare answered 200 with something that is not its envelope; is there a proxy in between?");
        }

        CloudflareOutcome outcome = CloudflareErrors.Outcome(response.StatusCode, code, message);
        if (response.StatusCode == HttpStatusCode.TooManyRequests && code is not (CloudflareErrors.NeuronsUsedUp or 3040 or 4006 or 40041))
        {
            // The account is blocked as a whole, and every further call prolongs nothing but helps nobody.
            Budget.Quiet(retryAfter ?? QuietAfterBlock);
        }

        return new CloudflareAnswer(outcome, default, code, CloudflareErrors.Sentence(response.StatusCode, code, message), retryAfter);
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date > _time.GetUtcNow() ? date - _time.GetUtcNow() : TimeSpan.Zero,
        _ => null,
    };

    // An error of the edge or of a proxy is HTML, or nothing.
    private static JsonElement Parse(byte[] body)
    {
        try
        {
            return body.Length == 0 ? default : JsonElement.Parse(body);
        }
        catch (JsonException)
        {
            return default;
        }
    }

    private static (int Code, string Message) FirstError(JsonElement envelope)
    {
        if (envelope.ValueKind != JsonValueKind.Object || !envelope.TryGetProperty("errors", out JsonElement errors)
            || errors.ValueKind != JsonValueKind.Array || errors.GetArrayLength() == 0 || errors[0].ValueKind != JsonValueKind.Object)
        {
            return (0, "");
        }

        int code = errors[0].TryGetProperty("code", out JsonElement number) && number.ValueKind == JsonValueKind.Number && number.TryGetInt32(out int value) ? value : 0;
        string message = errors[0].TryGetProperty("message", out JsonElement text) && text.ValueKind == JsonValueKind.String ? text.GetString()! : "";
        return (code, message.Length > 300 ? message[..300] : message);
    }
}
