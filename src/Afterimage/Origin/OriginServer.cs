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

    /// <summary>Failed after all the time that a call may take.</summary>
    TimedOut,

    /// <summary>The client ended it; nobody knows what would have come.</summary>
    Unjudged,
}

/// <summary>One address of the image service: where it is, how loaded it is, and whether it may be asked now. Thread-safe.</summary>
internal sealed class OriginServer
{
    private readonly string _base;
    private readonly ResiliencePipeline<bool>? _breaker;
    private readonly CircuitBreakerStateProvider _state = new();
    private readonly double _failureRatio;

    // Failures that the breaker has not been told of, guarded by a lock on it.
    private readonly List<Permit> _untold = [];
    private int _active;
    private int _failedChecks;

    public OriginServer(Uri address, int weight, BreakerOptions breaker, TimeProvider time)
    {
        Address = address;
        Weight = weight;
        _base = $"{address.Scheme}://{address.Authority}{address.AbsolutePath.TrimEnd('/')}";
        Name = address.Authority;
        _failureRatio = breaker.FailureRatio;
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

    /// <summary>
    /// Notes the end of a call. A service refuses sooner than it draws: of a burst of calls those that fail end first, and would stand for all of them. So the breaker is told of
    /// failures only once they are its share even if every call that is still under way goes well.
    /// </summary>
    private void Settle(Permit permit, CallVerdict verdict)
    {
        if (verdict == CallVerdict.Well)
        {
            permit.Tell(failed: false);
        }

        Permit[] due = [];
        lock (_untold)
        {
            int active = Interlocked.Decrement(ref _active);
            if (verdict is CallVerdict.Failed or CallVerdict.TimedOut)
            {
                _untold.Add(permit);
            }

            // What took all the time there is was not sooner than others.
            if (verdict == CallVerdict.TimedOut || _untold.Count >= _failureRatio * (_untold.Count + active))
            {
                due = [.. _untold];
                _untold.Clear();
            }
        }

        foreach (Permit failed in due)
        {
            failed.Tell(failed: true);
        }
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

            // The test call of an open breaker decides alone and must end whatever is known; a call that says nothing has not passed it.
            if (_isTest && verdict != CallVerdict.Well)
            {
                Tell(failed: true);
            }

            server.Settle(this, verdict);
        }

        /// <summary>Tells the breaker, the first time only. A call that says nothing is never told of, neither way.</summary>
        public void Tell(bool failed) => _over.TrySetResult(failed);
    }
}
