using Afterimage.Caching.Http;
using Afterimage.Dialects;

namespace Afterimage.Gateway.HttpRoute;

/// <summary>
/// A route of dialect <c>http</c>: any path, the whole URL is the identity, RFC 9111 decides. <see cref="HandleAsync"/> is the
/// only entry; instances share nothing.
/// </summary>
internal sealed class HttpCacheRoute : IDisposable
{
    private readonly HttpMessageInvoker _invoker;
    private readonly HttpRouteOptions _options;
    private readonly ResponseStore _store;
    private readonly TimeProvider _time;
    private readonly RouteAccount _account;
    private readonly OriginExchange _origin;
    private readonly InvalidationLog _invalidations;
    private readonly FlightTable _flights;
    private readonly HttpAdmission _admission;
    private readonly ResponseWriter _writer;
    private readonly Relay _relay;

    /// <param name="options">Origin and policy.</param>
    /// <param name="invoker">Sends to the origin and is disposed with the route; see <see cref="OriginTransport"/> for what it must be like.</param>
    /// <param name="store">Stored responses; may be shared by routes of the same origin only.</param>
    /// <param name="log">Gets a line for every request; null for none.</param>
    /// <param name="time">The clock.</param>
    public HttpCacheRoute(HttpRouteOptions options, HttpMessageInvoker invoker, ResponseStore store, RequestLog? log, TimeProvider time)
    {
        _invoker = invoker;
        _options = options;
        _store = store;
        _time = time;
        _account = new RouteAccount(log);
        _origin = new OriginExchange(invoker, options, time);
        _invalidations = new InvalidationLog(time);
        _flights = new FlightTable(time);
        _admission = new HttpAdmission(options, store, _invalidations);
        _writer = new ResponseWriter(options, _account, time);
        _relay = new Relay(options, _admission, _flights, _account);
    }

    /// <summary>Answers one request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="target">Its path and query.</param>
    /// <param name="scope">Tenant; empty for everyone.</param>
    public Task HandleAsync(HttpContext context, RequestTarget target, string scope)
    {
        var request = new RouteRequest(context, target, scope, _options);
        if (!request.IsCacheable)
        {
            return PassAsync(request);
        }

        StoredResponse? stored = _store.Find(request.Key, request.Fields);
        ReuseVerdict verdict = stored is null ? ReuseVerdict.Validate : Reuse.Check(stored, request.Directives, _time.GetUtcNow());
        if (stored is not null && verdict != ReuseVerdict.Validate)
        {
            if (verdict == ReuseVerdict.StaleWhileRevalidate)
            {
                RefreshInBackground(request, stored);
            }

            return _writer.WriteAsync(request, stored, null);
        }

        if (request.HasRange && TryPart(request, out StoredResponse? part, out RangeSelection selection))
        {
            return _writer.WriteRangeAsync(request, part, selection, null);
        }

        if (request.Directives.OnlyIfCached)
        {
            return NotCachedAsync(request);
        }

        return request.IsHead ? HeadAsync(request, stored) : GetAsync(request, stored);
    }

    public void Dispose() => _invoker.Dispose();

    /// <summary>Forgets a resource; how many responses there were.</summary>
    public int Purge(string target, string scope = "")
    {
        var key = new ResourceKey(scope, target);
        _invalidations.Add(key);
        _flights.Detach(key);
        return _store.RemoveAll(key);
    }

    /// <summary>Looks for a stored part that covers the one range asked.</summary>
    private bool TryPart(RouteRequest request, out StoredResponse part, out RangeSelection selection)
    {
        part = null!;
        selection = default;
        if (request.IsHead || RangeSpec.Parse(request.Fields.Get("Range")) is not [var range])
        {
            return false;
        }

        foreach (StoredResponse candidate in _store.FindAll(request.Key, request.Fields))
        {
            if (candidate.IsComplete || Reuse.Check(candidate, request.Directives, _time.GetUtcNow()) != ReuseVerdict.Fresh
                || !Preconditions.RangeApplies(candidate, request.Fields))
            {
                continue;
            }

            selection = RangeSelection.Of(candidate, range);
            if (selection.Outcome == RangeOutcome.Held)
            {
                part = candidate;
                return true;
            }
        }

        return false;
    }

    private async Task GetAsync(RouteRequest request, StoredResponse? stored)
    {
        bool shareable = _options.Coalesce && !request.HasRange && !request.Authorized && !request.Directives.NoCache && !request.Directives.NoStore;
        for (int attempt = 0; shareable && attempt < 2; attempt++)
        {
            Flight? flight = _flights.JoinOrLead(request.Key, out bool leads);
            if (leads)
            {
                await LeadAsync(request, stored, flight!);
                return;
            }

            if (flight is null)
            {
                break;
            }

            if (await JoinAsync(request, stored, flight))
            {
                return;
            }

            // Only a flight that failed as a whole is worth a second one: one of those who waited leads it.
            shareable = flight.Outcome.Result == FlightOutcome.Failed;
        }

        await FetchAsync(request, stored, null);
    }

    private async Task LeadAsync(RouteRequest request, StoredResponse? stored, Flight flight)
    {
        try
        {
            // What was under way a moment ago may have been stored since the lookup.
            if (_store.Find(request.Key, request.Fields) is { } found && found != stored
                && Reuse.Check(found, request.Directives, _time.GetUtcNow()) == ReuseVerdict.Fresh)
            {
                _flights.Remove(request.Key, flight);
                flight.End(FlightOutcome.Stored);
                await _writer.WriteAsync(request, found, null);
                return;
            }

            await FetchAsync(request, stored, flight);
        }
        finally
        {
            flight.End(FlightOutcome.Failed);
            if (flight.Outcome.Result != FlightOutcome.Streaming)
            {
                _flights.Remove(request.Key, flight);
            }
        }
    }

    /// <summary>Waits for a flight and answers from it; false where the request must go its own way.</summary>
    private async Task<bool> JoinAsync(RouteRequest request, StoredResponse? stored, Flight flight)
    {
        FlightOutcome outcome = await flight.Outcome.WaitAsync(request.Context.RequestAborted);
        DateTimeOffset now = _time.GetUtcNow();
        switch (outcome)
        {
            case FlightOutcome.Streaming when flight.Head is { IsComplete: true } head && head.Vary.Matches(request.Fields)
                && Reuse.Check(head, request.Directives, now) == ReuseVerdict.Fresh && flight.Content!.Attach() is { } attached:
                using (attached)
                {
                    await _writer.WriteJoinedAsync(request, head, attached);
                }

                return true;

            case FlightOutcome.Stored when _store.Find(request.Key, request.Fields) is { } found && Reuse.Check(found, request.Directives, now) == ReuseVerdict.Fresh:
                await _writer.WriteAsync(request, found, "hit; fwd=stale; collapsed");
                return true;

            case FlightOutcome.StoodIn when stored is not null && Reuse.MayStandIn(stored, request.Directives, null, now, _options.Policy):
                await _writer.WriteAsync(request, stored, "hit; fwd=stale; collapsed; detail=origin-failed");
                return true;

            default:
                return false;
        }
    }

    /// <summary>Asks the origin and answers the client; validates what is stored where that is possible.</summary>
    private async Task FetchAsync(RouteRequest request, StoredResponse? stored, Flight? flight)
    {
        Validators validators = Validators.Of(stored);
        string reason = stored is null ? "fwd=uri-miss" : request.Directives.NoCache || request.Directives.NoStore ? "fwd=request" : "fwd=stale";
        (OriginHead? head, OriginFailure failure) = await SendAsync(request, validators);
        if (validators.Any && head is { Status: StatusCodes.Status304NotModified })
        {
            if (StoredUpdate.Selects(head.EndToEnd, stored!))
            {
                await RenewedAsync(request, stored!, head, flight, reason);
                return;
            }

            // The origin confirms something that we do not have: only the whole answer helps.
            head.Dispose();
            _store.Remove(request.Key, stored!);
            stored = null;
            (head, failure) = await SendAsync(request, new Validators(null, null));
        }

        if (stored is not null && (head is null || StatusRules.IsServerError(head.Status))
            && Reuse.MayStandIn(stored, request.Directives, head?.Status, _time.GetUtcNow(), _options.Policy))
        {
            flight?.End(FlightOutcome.StoodIn);
            string why = head is null ? "detail=origin-failed" : $"fwd-status={head.Status}";
            head?.Dispose();
            await _writer.WriteAsync(request, stored, $"hit; {reason}; {why}");
            return;
        }

        if (head is null)
        {
            await ErrorAsync(request, failure);
            return;
        }

        await AnswerAsync(request, stored, head, flight, reason);
    }

    private async Task AnswerAsync(RouteRequest request, StoredResponse? stored, OriginHead head, Flight? flight, string reason)
    {
        Ask ask = Ask.Detached(request);
        if (_admission.Admit(ask, head, out _) is { } admitted)
        {
            await _relay.KeepAsync(request.Context, ask, head, admitted, flight, reason);
            return;
        }

        if (flight is not null)
        {
            _flights.MarkNotShared(request.Key);
            flight.End(FlightOutcome.NotShared);
        }

        // The origin gave another answer that cannot be kept: what is stored is no longer what it would say.
        if (stored is not null && !StatusRules.IsServerError(head.Status) && !request.Directives.NoStore)
        {
            _store.Remove(request.Key, stored);
        }

        await _relay.PassAsync(request.Context, head, reason, "MISS");
    }

    /// <summary>A 304: what is stored is good again, with the fields that came (RFC 9111 section 4.3.4).</summary>
    private async Task RenewedAsync(RouteRequest request, StoredResponse stored, OriginHead head, Flight? flight, string reason)
    {
        StoredResponse updated;
        using (head)
        {
            updated = StoredUpdate.Freshen(stored, head.Raw, head.RequestTime, head.ResponseTime, _options.Policy);
        }

        if (!request.Directives.NoStore)
        {
            _store.Replace(request.Key, stored, updated);
        }

        flight?.End(FlightOutcome.Stored);
        await _writer.WriteAsync(request, updated, $"hit; {reason}; fwd-status=304");
    }

    /// <summary>Validates after a stale answer was given; one at a time for each resource.</summary>
    private void RefreshInBackground(RouteRequest request, StoredResponse stored)
    {
        Flight? flight = _flights.JoinOrLead(request.Key, out bool leads);
        if (!leads || flight is null)
        {
            return;
        }

        Ask ask = Ask.Detached(request);
        HttpRequestMessage message = _origin.Build(request, Validators.Of(stored));
        _ = RefreshAsync(ask, message, stored, flight);
    }

    private async Task RefreshAsync(Ask ask, HttpRequestMessage message, StoredResponse stored, Flight flight)
    {
        await Task.Yield();
        try
        {
            (OriginHead? head, _) = await _origin.SendAsync(message, null, CancellationToken.None);
            if (head is { Status: StatusCodes.Status304NotModified } && StoredUpdate.Selects(head.EndToEnd, stored))
            {
                using (head)
                {
                    _store.Replace(ask.Key, stored, StoredUpdate.Freshen(stored, head.Raw, head.RequestTime, head.ResponseTime, _options.Policy));
                }

                flight.End(FlightOutcome.Stored);
            }
            else if (head is not null && !StatusRules.IsServerError(head.Status) && _admission.Admit(ask, head, out _) is { } admitted)
            {
                var buffer = new ContentBuffer(head.ContentLength, _options.ObjectBytesMax);
                flight.Stream(admitted, buffer);
                await _relay.FillAsync(ask, head, admitted, buffer, flight);
            }
            else if (head is not null)
            {
                if (!StatusRules.IsServerError(head.Status))
                {
                    _store.Remove(ask.Key, stored);
                }

                head.Dispose();
            }
        }
        finally
        {
            flight.End(FlightOutcome.Failed);
            _flights.Remove(ask.Key, flight);
        }
    }

    /// <summary>HEAD goes to the origin where nothing fresh is stored; its answer renews or outdates what is (RFC 9111 section 4.3.5).</summary>
    private async Task HeadAsync(RouteRequest request, StoredResponse? stored)
    {
        (OriginHead? head, OriginFailure failure) = await SendAsync(request, default);
        if (head is null || StatusRules.IsServerError(head.Status))
        {
            if (stored is not null && Reuse.MayStandIn(stored, request.Directives, head?.Status, _time.GetUtcNow(), _options.Policy))
            {
                head?.Dispose();
                await _writer.WriteAsync(request, stored, "hit; fwd=stale; detail=origin-failed");
                return;
            }
        }

        if (head is null)
        {
            await ErrorAsync(request, failure);
            return;
        }

        StoredResponse? renewed = head.Status == StatusCodes.Status200OK && !request.Directives.NoStore ? UpdateFromHead(request, head) : null;
        if (renewed is not null)
        {
            head.Dispose();
            await _writer.WriteAsync(request, renewed, "fwd=stale; fwd-status=200");
            return;
        }

        await _relay.PassAsync(request.Context, head, stored is null ? "fwd=uri-miss" : "fwd=stale", "MISS");
    }

    private StoredResponse? UpdateFromHead(RouteRequest request, OriginHead head)
    {
        StoredResponse? renewed = null;
        foreach (StoredResponse stored in _store.FindAll(request.Key, request.Fields))
        {
            if (stored.Status is not (StatusCodes.Status200OK or StatusCodes.Status206PartialContent) || !StoredUpdate.HeadDescribes(head.EndToEnd, stored))
            {
                _store.Remove(request.Key, stored);
                continue;
            }

            StoredResponse updated = StoredUpdate.Freshen(stored, head.Raw, head.RequestTime, head.ResponseTime, _options.Policy);
            _store.Replace(request.Key, stored, updated);
            renewed ??= updated.IsComplete ? updated : null;
        }

        return renewed;
    }

    /// <summary>Everything that is not for the cache to answer goes through; unsafe methods invalidate (RFC 9111 section 4.4).</summary>
    private async Task PassAsync(RouteRequest request)
    {
        (OriginHead? head, OriginFailure failure) = await SendAsync(request, default);
        if (head is null)
        {
            await ErrorAsync(request, failure);
            return;
        }

        foreach (string target in Invalidation.Targets(request.Method, head.Status, request.Key.Target, OriginsOf(request), head.EndToEnd))
        {
            Purge(target, request.Key.Scope);
        }

        string reason = MethodRules.MayBeAnswered(request.Method) ? "fwd=bypass" : "fwd=method";
        Ask ask = Ask.Detached(request) with { VoidFrom = _time.GetUtcNow().AddTicks(1) };
        if (request.Method == "POST" && _admission.Admit(ask, head, out _) is { } admitted)
        {
            await _relay.KeepAsync(request.Context, ask, head, admitted, null, reason);
            return;
        }

        await _relay.PassAsync(request.Context, head, reason, "BYPASS");
    }

    private Task<(OriginHead? Head, OriginFailure Failure)> SendAsync(RouteRequest request, Validators validators)
    {
        InterimWriter? interim = _options.ForwardInterim && MethodRules.IsGet(request.Method) ? InterimWriter.For(request.Context) : null;
        return _origin.SendAsync(_origin.Build(request, validators), interim, CancellationToken.None);
    }

    private Task ErrorAsync(RouteRequest request, OriginFailure failure) => failure switch
    {
        OriginFailure.TimedOut => ErrorAsync(request, StatusCodes.Status504GatewayTimeout, "origin-timed-out", "The origin did not begin to answer in time."),
        OriginFailure.Invalid => ErrorAsync(request, StatusCodes.Status502BadGateway, "origin-invalid", "What the origin answered is not valid HTTP."),
        _ => ErrorAsync(request, StatusCodes.Status502BadGateway, "origin-unreachable", "The origin cannot be reached, or broke the connection before it answered."),
    };

    /// <summary>RFC 9111 section 5.2.1.7.</summary>
    private Task NotCachedAsync(RouteRequest request) =>
        ErrorAsync(request, StatusCodes.Status504GatewayTimeout, "only-if-cached", "The request allows only a stored response and there is none.");

    private Task ErrorAsync(RouteRequest request, int status, string type, string detail)
    {
        HttpResponse response = request.Context.Response;
        if (!response.HasStarted)
        {
            response.Headers["X-Cache"] = "MISS";
            response.Headers["Cache-Status"] = $"{_options.CacheName}; fwd=uri-miss; detail={type}";
        }

        _account.Add(Tier.Error, status, 0);
        return ErrorAnswers.WriteAsync(request.Context, status, type, detail);
    }

    private Uri[] OriginsOf(RouteRequest request)
    {
        HttpRequest incoming = request.Context.Request;
        return Uri.TryCreate($"{incoming.Scheme}://{incoming.Host.Value}", UriKind.Absolute, out Uri? own) ? [own, _options.Origin] : [_options.Origin];
    }
}
