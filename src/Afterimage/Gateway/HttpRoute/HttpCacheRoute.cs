using System.Diagnostics.CodeAnalysis;
using Afterimage.Caching.Http;
using Afterimage.Dialects;
using Afterimage.Entries;
using Afterimage.Origin;

namespace Afterimage.Gateway.HttpRoute;

/// <summary>
/// A route of dialect <c>http</c>: any path, the whole URL is the identity, RFC 9111 decides. <see cref="HandleAsync"/> is the only entry.
/// </summary>
internal sealed class HttpCacheRoute : IAsyncDisposable
{
    private readonly RouteParts _parts;
    private readonly KnownResources _known;
    private readonly OriginFetch _fetch;
    private readonly Purging _purging;
    private readonly OriginPassage _passage;

    /// <param name="options">Origin and policy.</param>
    /// <param name="pool">The origin.</param>
    /// <param name="limits">How many requests may be there at the same time.</param>
    /// <param name="store">Stored responses; may be shared by routes of the same origin only.</param>
    /// <param name="disk">Behind <paramref name="store"/> and disposed with the route; null to keep responses in memory only.</param>
    /// <param name="known">Learns what is asked again.</param>
    /// <param name="log">Gets a line for every request; null for none.</param>
    /// <param name="time">The clock.</param>
    public HttpCacheRoute(HttpRouteOptions options, OriginPool pool, OriginLimits limits, ResponseStore store, DiskTier? disk, KnownRequests known, RequestLog? log, TimeProvider time)
    {
        _parts = new RouteParts(options, pool, limits, store, disk, log, time);
        _known = new KnownResources(_parts, known);
        _fetch = new OriginFetch(_parts);
        _purging = new Purging(_parts);
        _passage = new OriginPassage(_parts, _fetch, _purging);
    }

    /// <summary>Requests that wait for the origin's answer to an identical one.</summary>
    public int Waiting => _parts.Flights.Waiting;

    /// <summary>Answers under way that others may wait for, or that will be stored.</summary>
    public int Running => _parts.Flights.Count;

    /// <summary>See <see cref="OriginPassage.Invalidated"/>.</summary>
    public event Action<ResourceKey>? Invalidated
    {
        add => _passage.Invalidated += value;
        remove => _passage.Invalidated -= value;
    }

    /// <summary>Answers one request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="target">Its path and query.</param>
    /// <param name="scope">Tenant; empty for everyone.</param>
    public Task HandleAsync(HttpContext context, RequestTarget target, string scope)
    {
        var request = new RouteRequest(context, target, scope, _parts.Options);
        if (!request.IsCacheable)
        {
            return _passage.PassAsync(request);
        }

        StoredResponse? stored = _parts.Store.Find(request.Key, request.Fields);
        if (stored is null)
        {
            return _parts.Disk is { } disk && disk.MayHaveMore(request.Key, _parts.Store.AllOf(request.Key)) ? LoadAndAnswerAsync(request, disk) : AnswerAsync(request, null);
        }

        return stored.Body is DiskContent content ? OpenAndAnswerAsync(request, stored, content) : AnswerAsync(request, stored);
    }

    /// <summary>See <see cref="Purging.PurgeAsync"/>.</summary>
    public Task<int> PurgeAsync(HttpPurge purge, bool dryRun, CancellationToken cancellationToken) => _purging.PurgeAsync(purge, dryRun, cancellationToken);

    private async Task LoadAndAnswerAsync(RouteRequest request, DiskTier disk)
    {
        DateTimeOffset started = _parts.Time.GetUtcNow();

        // An invalidation may come while this is being read, and not find it in memory yet.
        await disk.LoadAsync(request.Key, _parts.Store, () => _parts.Invalidations.IsVoid(request.Key, started), request.Context.RequestAborted);
        StoredResponse? stored = _parts.Store.Find(request.Key, request.Fields);
        await (stored?.Body is DiskContent content ? OpenAndAnswerAsync(request, stored, content) : AnswerAsync(request, stored));
    }

    /// <summary>Opens the content before anything is said of it: a response that turns out to be gone is one that was not stored.</summary>
    private async Task OpenAndAnswerAsync(RouteRequest request, StoredResponse stored, DiskContent content)
    {
        HttpContext context = request.Context;
        try
        {
            using OpenEntry? entry = await content.OpenAsync(context.RequestAborted);
            if (entry is not null)
            {
                await AnswerAsync(request with { Opened = new OpenedContent(content, entry) }, stored);
                return;
            }
        }
        catch (IOException) when (!context.RequestAborted.IsCancellationRequested && !context.Response.HasStarted)
        {
            // The disk failed before the client heard anything.
            context.Response.Clear();
        }

        _parts.Store.RemoveContent(request.Key, content);
        await AnswerAsync(request, null);
    }

    private Task AnswerAsync(RouteRequest request, StoredResponse? stored)
    {
        if (stored is not null)
        {
            ReuseVerdict verdict = Reuse.Check(stored, request.Directives, _parts.Time.GetUtcNow());
            if (verdict == ReuseVerdict.StaleWhileRevalidate)
            {
                _fetch.RefreshInBackground(request, stored);
            }

            if (verdict == ReuseVerdict.Fresh)
            {
                _known.Learn(request, stored);
            }

            if (verdict != ReuseVerdict.Validate)
            {
                return _parts.Writer.WriteAsync(request, stored, null);
            }
        }

        if (request.HasRange && TryPart(request, out StoredResponse? part, out RangeSelection selection))
        {
            return _parts.Writer.WriteRangeAsync(request, part, selection, null);
        }

        if (request.Directives.OnlyIfCached)
        {
            // RFC 9111 section 5.2.1.7.
            return _parts.FailAsync(request, StatusCodes.Status504GatewayTimeout, "only-if-cached", "The request allows only a stored response and there is none.");
        }

        return request.IsHead ? _passage.HeadAsync(request, stored) : GetAsync(request, stored);
    }

    public async ValueTask DisposeAsync()
    {
        if (_parts.Disk is { } disk)
        {
            await disk.DisposeAsync();
        }
    }

    /// <summary>Looks for a stored part that covers the one range asked.</summary>
    private bool TryPart(RouteRequest request, [NotNullWhen(true)] out StoredResponse? part, out RangeSelection selection)
    {
        part = null;
        selection = default;
        if (request.IsHead || RangeSpec.Parse(request.Fields.Get("Range")) is not [var range])
        {
            return false;
        }

        foreach (StoredResponse candidate in _parts.Store.FindAll(request.Key, request.Fields))
        {
            if (candidate.IsComplete || Reuse.Check(candidate, request.Directives, _parts.Time.GetUtcNow()) != ReuseVerdict.Fresh
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

    /// <summary>
    /// Joins the identical request that is under way, or leads. Requests that want something of their own (a range, a validation, an authorised answer)
    /// go alone.
    /// </summary>
    private async Task GetAsync(RouteRequest request, StoredResponse? stored)
    {
        // The client's own conditions go to the origin where we have none to put in their place, and the answer is about its copy then.
        bool isWhole = !request.HasRange && (!request.HasConditions || Preconditioned.OnChange(stored).Any);
        bool shareable = _parts.Options.Coalesce && isWhole && !request.Authorized && !request.Directives.NoCache && !request.Directives.NoStore;
        for (int attempt = 0; shareable && attempt < 2; attempt++)
        {
            Flight? flight = _parts.Flights.JoinOrLead(request.Key, out bool leads);
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
            if (shareable && flight.Failure is { } failure && (attempt == 1 || !failure.IsWorthRetry))
            {
                await _parts.FailAsync(request, failure);
                return;
            }
        }

        await _fetch.RunAsync(request, stored, null);
    }

    private async Task LeadAsync(RouteRequest request, StoredResponse? stored, Flight flight)
    {
        try
        {
            // What was under way a moment ago may have been stored since the lookup.
            if (_parts.Store.Find(request.Key, request.Fields) is { } found && found != stored && request.CanSend(found)
                && Reuse.Check(found, request.Directives, _parts.Time.GetUtcNow()) == ReuseVerdict.Fresh)
            {
                _parts.Flights.Remove(request.Key, flight);
                flight.End(FlightOutcome.Stored);
                await _parts.Writer.WriteAsync(request, found, null);
                return;
            }

            await _fetch.RunAsync(request, stored, flight);
        }
        finally
        {
            // A flight that streams is taken out by whoever fills it; any other before those who wait learn of its end, or they would join it once more.
            if (!flight.IsStreaming)
            {
                _parts.Flights.Remove(request.Key, flight);
            }

            flight.End(FlightOutcome.Failed);
        }
    }

    /// <summary>Waits for a flight and answers from it; false where the request must go its own way.</summary>
    private async Task<bool> JoinAsync(RouteRequest request, StoredResponse? stored, Flight flight)
    {
        FlightOutcome outcome = await flight.JoinAsync(request.Context.RequestAborted);
        DateTimeOffset now = _parts.Time.GetUtcNow();
        switch (outcome)
        {
            case FlightOutcome.Streaming when flight.Head is { IsComplete: true } head && head.Vary.Matches(request.Fields)
                && Reuse.Check(head, request.Directives, now) == ReuseVerdict.Fresh && flight.Content!.Attach() is { } attached:
                using (attached)
                {
                    await _parts.Writer.WriteJoinedAsync(request, head, attached);
                }

                return true;

            case FlightOutcome.Stored when _parts.Store.Find(request.Key, request.Fields) is { } found && request.CanSend(found)
                && Reuse.Check(found, request.Directives, now) == ReuseVerdict.Fresh:
                await _parts.Writer.WriteAsync(request, found, "fwd=stale; collapsed");
                return true;

            case FlightOutcome.StoodIn when stored is not null && Reuse.MayStandIn(stored, request.Directives, null, now, _parts.Options.Policy):
                await _parts.Writer.WriteAsync(request, stored, "fwd=stale; collapsed; detail=origin-failed");
                return true;

            default:
                return false;
        }
    }
}
