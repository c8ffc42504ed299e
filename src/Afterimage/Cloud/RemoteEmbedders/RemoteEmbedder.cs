using System.Diagnostics.Metrics;
using System.Threading.RateLimiting;
using Afterimage.Diagnostics;
using Afterimage.Text;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

namespace Afterimage.Cloud.RemoteEmbedders;

/// <summary>
/// Somebody else's embedder behind our contract: texts in batches, a time-out over all, retries with pauses, a breaker, a limit on our own calls, and no
/// trust in the answer: number, length, finiteness are checked and vectors normalised here. Nothing is thrown but cancellation by the caller.
/// </summary>
internal sealed class RemoteEmbedder : ITextEmbedder, IDisposable
{
    private static readonly Counter<long> Failures = Telemetry.Meter.CreateCounter<long>(
        "afterimage.embedding.failures", "{request}", "Requests to a remote embedder that gave no vectors, by reason.");

    private readonly IEmbeddingEndpoint _endpoint;
    private readonly RemoteLimits _limits;
    private readonly TimeProvider _time;
    private readonly Action<string> _report;
    private readonly RateLimiter? _rate;
    private readonly ResiliencePipeline<IReadOnlyList<ReadOnlyMemory<float>>> _pipeline;

    /// <param name="report">Told of every request that failed, in words for the operator's log.</param>
    public RemoteEmbedder(IEmbeddingEndpoint endpoint, EmbeddingSpace space, RemoteLimits limits, TimeProvider time, Action<string> report)
    {
        (_endpoint, Space, _limits, _time, _report) = (endpoint, space, limits, time, report);
        _pipeline = BuildPipeline(limits, time);
        if (limits.CallsPerSecond > 0)
        {
            int burst = (int)Math.Max(1, Math.Ceiling(limits.CallsPerSecond * 5));
            _rate = new TokenBucketRateLimiter(new TokenBucketRateLimiterOptions
            {
                TokenLimit = burst,
                TokensPerPeriod = 1,
                ReplenishmentPeriod = TimeSpan.FromSeconds(1 / limits.CallsPerSecond),
                QueueLimit = burst,
                AutoReplenishment = true,
            });
        }
    }

    public EmbeddingSpace Space { get; }

    public async ValueTask<EmbedOutcome> EmbedAsync(IReadOnlyList<string> texts, Memory<float> vectors, CancellationToken cancellationToken)
    {
        vectors.Span[..(texts.Count * Space.Dimensions)].Clear();
        int[] wanted = [.. Enumerable.Range(0, texts.Count).Where(i => texts[i].EnumerateRunes().Any(System.Text.Rune.IsLetterOrDigit))];
        string[][] calls = [.. wanted.Select(i => Cut(texts[i])).Chunk(_endpoint.TextsPerCallMax)];
        using var deadline = new CancellationTokenSource(_limits.Timeout * Math.Max(1, calls.Length), _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            int next = 0;
            foreach (string[] call in calls)
            {
                if (await CallAsync(call, either.Token) is not { } answer)
                {
                    return Failed(EmbedOutcome.Unavailable, "own_limit", $"it is asked more often than {_limits.CallsPerSecond} times a second");
                }

                foreach (ReadOnlyMemory<float> vector in answer)
                {
                    Accept(vector.Span, vectors.Span.Slice(wanted[next++] * Space.Dimensions, Space.Dimensions));
                }
            }

            return EmbedOutcome.Embedded;
        }
        catch (EmbeddingFault fault)
        {
            return fault.Invalid ? Failed(EmbedOutcome.Invalid, "invalid", fault.Message) : Failed(EmbedOutcome.Unavailable, "error", fault.Message);
        }
        catch (BrokenCircuitException)
        {
            return Failed(EmbedOutcome.Unavailable, "breaker_open", "it failed again and again and is left alone for a while");
        }
        catch (Exception fault) when (fault is TimeoutRejectedException || (fault is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return Failed(EmbedOutcome.TimedOut, "timeout", $"no answer within {_limits.Timeout.TotalSeconds:0.##} s");
        }
    }

    public void Dispose()
    {
        _endpoint.Dispose();
        _rate?.Dispose();
    }

    private EmbedOutcome Failed(EmbedOutcome outcome, string reason, string message)
    {
        Failures.Add(1, new KeyValuePair<string, object?>("reason", reason));
        _report($"no vectors from {Space.Id}: {message}");
        return outcome;
    }

    /// <summary>The vectors of one batch; null where our own limit does not allow the call.</summary>
    private async Task<IReadOnlyList<ReadOnlyMemory<float>>?> CallAsync(string[] texts, CancellationToken cancellationToken)
    {
        if (_rate is not null)
        {
            using RateLimitLease lease = await _rate.AcquireAsync(1, cancellationToken);
            if (!lease.IsAcquired)
            {
                return null;
            }
        }

        IReadOnlyList<ReadOnlyMemory<float>> answer = await _pipeline.ExecuteAsync(
            static async (state, token) => await state._endpoint.CallAsync(state.texts, token), (_endpoint, texts), cancellationToken);
        return answer.Count == texts.Length ? answer : throw EmbeddingJson.Invalid($"{answer.Count} vectors for {texts.Length} texts");
    }

    /// <summary>Checks and normalises one vector.</summary>
    private void Accept(ReadOnlySpan<float> answer, Span<float> vector)
    {
        if (answer.Length != Space.Dimensions)
        {
            throw EmbeddingJson.Invalid($"{answer.Length} dimensions instead of {Space.Dimensions}");
        }

        double sum = 0;
        foreach (float component in answer)
        {
            sum += (double)component * component;
        }

        if (!double.IsFinite(sum) || sum < 1e-24)
        {
            throw EmbeddingJson.Invalid("a vector that is not finite or is zero");
        }

        double scale = 1 / Math.Sqrt(sum);
        for (int i = 0; i < vector.Length; i++)
        {
            vector[i] = (float)(answer[i] * scale);
        }
    }

    private string Cut(string text)
    {
        int max = _endpoint.TextLengthMax;
        return text.Length <= max ? text : text[..(char.IsHighSurrogate(text[max - 1]) ? max - 1 : max)];
    }

    private static ResiliencePipeline<IReadOnlyList<ReadOnlyMemory<float>>> BuildPipeline(RemoteLimits limits, TimeProvider time)
    {
        static bool IsTransient(Exception? fault) => fault is EmbeddingFault { Retry: true } or TimeoutRejectedException;
        var builder = new ResiliencePipelineBuilder<IReadOnlyList<ReadOnlyMemory<float>>> { TimeProvider = time };
        if (limits.Retries > 0)
        {
            builder.AddRetry(new RetryStrategyOptions<IReadOnlyList<ReadOnlyMemory<float>>>
            {
                MaxRetryAttempts = limits.Retries,
                BackoffType = DelayBackoffType.Exponential,
                Delay = limits.Pause,
                UseJitter = true,
                // Who asks for a longer pause than the request has is not waited for.
                ShouldHandle = arguments => ValueTask.FromResult(
                    IsTransient(arguments.Outcome.Exception) && !((arguments.Outcome.Exception as EmbeddingFault)?.RetryAfter > limits.Timeout)),
                DelayGenerator = arguments => ValueTask.FromResult((arguments.Outcome.Exception as EmbeddingFault)?.RetryAfter),
            });
        }

        return builder
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<IReadOnlyList<ReadOnlyMemory<float>>>
            {
                FailureRatio = 0.5,
                MinimumThroughput = limits.BreakerCallsMin,
                SamplingDuration = TimeSpan.FromSeconds(30),
                BreakDuration = limits.BreakerPause,
                ShouldHandle = arguments => ValueTask.FromResult(IsTransient(arguments.Outcome.Exception)),
            })
            .AddTimeout(limits.AttemptTimeout)
            .Build();
    }
}
