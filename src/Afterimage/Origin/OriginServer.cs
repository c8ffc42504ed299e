using Afterimage.Configuration;
using Afterimage.Dialects;
using Polly;
using Polly.CircuitBreaker;

namespace Afterimage.Origin;

/// <summary>What a call says of the service.</summary>
internal enum CallVerdict
{
    Well,
    Failed,

    /// <summary>The client ended it; nobody knows what would have come.</summary>
    Unjudged,
}

/// <summary>One address of the image service: where it is, how loaded it is, and whether it may be asked now. Thread-safe.</summary>
internal sealed class OriginServer
{
    private readonly string _base;
    private readonly ResiliencePipeline<bool>? _breaker;
    private readonly CircuitBreakerStateProvider _state = new();
    private int _active;
    private int _failedChecks;

    public OriginServer(Uri address, int weight, BreakerOptions breaker, TimeProvider time)
    {
        Address = address;
        Weight = weight;
        _base = $"{address.Scheme}://{address.Authority}{address.AbsolutePath.TrimEnd('/')}";
        Name = address.Authority;
        if (breaker.BreakSeconds > 0)
        {
            _breaker = new ResiliencePipelineBuilder<bool> { TimeProvider = time }.AddCircuitBreaker(new CircuitBreakerStrategyOptions<bool>
            {
                FailureRatio = breaker.FailureRatio,
                MinimumThroughput = breaker.CallsMin,
                SamplingDuration = TimeSpan.FromSeconds(breaker.SamplingSeconds),
                BreakDuration = TimeSpan.FromSeconds(breaker.BreakSeconds),
                StateProvider = _state,
                ShouldHandle = static outcome => ValueTask.FromResult(outcome.Outcome.Result),
            }).Build();
        }
    }

    public Uri Address { get; }

    /// <summary>Host and port, for metrics and health.</summary>
    public string Name { get; }

    public int Weight { get; }

    /// <summary>Calls under way.</summary>
    public int Active => Volatile.Read(ref _active);

    /// <summary>Whether the active checks find it well; true where there are none.</summary>
    public bool IsHealthy { get; private set; } = true;

    /// <summary><c>closed</c>, <c>open</c> or <c>half-open</c>.</summary>
    public string BreakerState => _breaker is null ? "off" : _state.CircuitState switch
    {
        CircuitState.Closed => "closed",
        CircuitState.HalfOpen => "half-open",
        _ => "open",
    };

    /// <summary>The address of a client's target here, byte for byte: what the client percent-encoded stays so.</summary>
    public Uri AddressOf(RequestTarget target) => new(_base + target.Raw, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });

    /// <summary>Counts an active check.</summary>
    /// <param name="failuresMax">Failures in a row that make it unhealthy.</param>
    public void Checked(bool well, int failuresMax)
    {
        _failedChecks = well ? 0 : _failedChecks + 1;
        IsHealthy = _failedChecks < failuresMax;
    }

    /// <summary>Asks the breaker for one call. The whole call is one observation, up to the end of the body.</summary>
    public async ValueTask<Permit> EnterAsync()
    {
        var permit = new Permit(this);
        if (_breaker is null)
        {
            permit.Enter();
        }
        else
        {
            _ = ObserveAsync(_breaker, permit);
        }

        await permit.Answered;
        return permit;
    }

    private static async Task ObserveAsync(ResiliencePipeline<bool> breaker, Permit permit)
    {
        ResilienceContext context = ResilienceContextPool.Shared.Get(continueOnCapturedContext: false);
        Outcome<bool> outcome = await breaker.ExecuteOutcomeAsync(
            static async (_, permit) =>
            {
                permit.Enter();
                return Outcome.FromResult(await permit.Over);
            },
            context,
            permit);
        ResilienceContextPool.Shared.Return(context);
        if (outcome.Exception is BrokenCircuitException refused)
        {
            permit.Refuse(refused.RetryAfter ?? TimeSpan.Zero);
        }
    }

    /// <summary>Leave for one call, or the refusal of it.</summary>
    internal sealed class Permit(OriginServer server)
    {
        private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource<bool> _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private bool _isTest;
        private int _ended;

        public OriginServer Server => server;

        public Task Answered => _answered.Task;

        /// <summary>Whether the call failed. Never completes where nobody can know.</summary>
        public Task<bool> Over => _over.Task;

        /// <summary>When to try again; null where the call may be made.</summary>
        public TimeSpan? RefusedFor { get; private set; }

        public void Enter()
        {
            _isTest = server._state.CircuitState == CircuitState.HalfOpen;
            Interlocked.Increment(ref server._active);
            _answered.TrySetResult();
        }

        public void Refuse(TimeSpan wait)
        {
            RefusedFor = wait;
            _answered.TrySetResult();
        }

        /// <summary>Ends a call that was let in; only the first time counts.</summary>
        public void End(CallVerdict verdict)
        {
            if (RefusedFor is not null || Interlocked.Exchange(ref _ended, 1) != 0)
            {
                return;
            }

            Interlocked.Decrement(ref server._active);

            // A call that says nothing is not counted, neither way. The test call of an open breaker must end all the same, and has not been passed.
            if (verdict != CallVerdict.Unjudged || _isTest)
            {
                _over.TrySetResult(verdict != CallVerdict.Well);
            }
        }
    }
}
