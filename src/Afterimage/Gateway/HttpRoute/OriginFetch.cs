using Afterimage.Caching;
using Afterimage.Caching.Http;

namespace Afterimage.Gateway.HttpRoute;

/// <summary>A GET that the store cannot answer: validated, completed or fetched, and what comes back is relayed and kept.</summary>
internal sealed class OriginFetch(RouteParts parts)
{
    private readonly HttpCachePolicy _policy = parts.Options.Policy;

    /// <summary>Asks the origin and answers the client.</summary>
    /// <param name="request">The client's request.</param>
    /// <param name="stored">A complete stored response that matches but may not be used without asking; null where there is none.</param>
    /// <param name="flight">Who waits for this; null for nobody.</param>
    public async Task RunAsync(RouteRequest request, StoredResponse? stored, Flight? flight)
    {
        if (stored is null && !request.HasRange && await TryCompleteAsync(request, flight))
        {
            return;
        }

        var validation = Preconditioned.OnChange(stored);
        string reason = stored is null ? "fwd=uri-miss" : request.Directives.NoCache || request.Directives.NoStore ? "fwd=request" : "fwd=stale";
        (OriginHead? head, OriginAnswer? failure) = await parts.SendAsync(request, validation);
        if (validation.Any && head is { Status: StatusCodes.Status304NotModified })
        {
            if (StoredUpdate.Selects(head.EndToEnd, stored!))
            {
                await RenewedAsync(request, stored!, head, flight, reason);
                return;
            }

            // The origin confirms something that we do not have: only the whole answer helps.
            head.Dispose();
            parts.Forget(request.Key, stored!);
            stored = null;
            (head, failure) = await parts.SendAsync(request, default);
        }

        if (stored is not null && await TryStandInAsync(request, stored, head, flight, reason))
        {
            return;
        }

        if (head is null)
        {
            flight?.Failure = failure;
            await parts.FailAsync(request, failure!);
            return;
        }

        await AnswerAsync(request, stored, head, flight, reason);
    }

    /// <summary>Serves a stale response because the origin failed; false where that is not allowed or the origin did not fail.</summary>
    public async Task<bool> TryStandInAsync(RouteRequest request, StoredResponse stored, OriginHead? head, Flight? flight, string reason)
    {
        if ((head is not null && !StatusRules.IsServerError(head.Status))
            || !Reuse.MayStandIn(stored, request.Directives, head?.Status, parts.Time.GetUtcNow(), _policy))
        {
            return false;
        }

        flight?.End(FlightOutcome.StoodIn);
        string why = head is null ? "detail=origin-failed" : $"fwd-status={head.Status}";
        head?.Dispose();
        await parts.Writer.WriteAsync(request, stored, $"{reason}; {why}");
        return true;
    }

    /// <summary>Validates after a stale answer was given; one at a time for each resource.</summary>
    public void RefreshInBackground(RouteRequest request, StoredResponse stored)
    {
        Flight? flight = parts.Flights.JoinOrLead(request.Key, out bool leads);
        if (leads && flight is not null)
        {
            var validation = Preconditioned.OnChange(stored);
            _ = RefreshAsync(Ask.Detached(request) with { Method = HttpMethods.Get }, parts.Origin.BuildRefresh(request, validation), stored, validation.Any, flight);
        }
    }

    private async Task AnswerAsync(RouteRequest request, StoredResponse? stored, OriginHead head, Flight? flight, string reason)
    {
        Ask ask = Ask.Detached(request);
        if (parts.Admission.Admit(ask, head, out _) is { } admitted)
        {
            await parts.Relay.KeepAsync(request.Context, ask, head, admitted, flight, reason);
            return;
        }

        if (flight is not null)
        {
            parts.Flights.MarkNotShared(request.Key);
            flight.End(FlightOutcome.NotShared);
        }

        // The origin gave another answer that cannot be kept: what is stored is no longer what it would say.
        if (stored is not null && !StatusRules.IsServerError(head.Status) && !request.Directives.NoStore)
        {
            parts.Forget(request.Key, stored);
        }

        await parts.Relay.PassAsync(request.Context, head, reason, "MISS");
    }

    /// <summary>A 304: what is stored is good again, with the fields that came (RFC 9111 section 4.3.4).</summary>
    private async Task RenewedAsync(RouteRequest request, StoredResponse stored, OriginHead head, Flight? flight, string reason)
    {
        StoredResponse updated;
        using (head)
        {
            updated = StoredUpdate.Freshen(stored, head.Raw, head.RequestTime, head.ResponseTime, _policy);
        }

        if (!request.Directives.NoStore)
        {
            parts.Store.Replace(request.Key, stored, updated);
        }

        flight?.End(FlightOutcome.Stored);
        await parts.Writer.WriteAsync(request, updated, $"{reason}; fwd-status=304");
    }

    /// <summary>
    /// Where the beginning of the representation is stored, asks only for the rest (RFC 9111 section 3.3). That needs a strong tag: without it nobody
    /// could tell whether the rest belongs to the beginning, and the question would be wasted.
    /// </summary>
    private async Task<bool> TryCompleteAsync(RouteRequest request, Flight? flight)
    {
        StoredResponse? beginning = parts.Store.FindAll(request.Key, request.Fields).Find(stored =>
            stored.Range is { First: 0, CompleteLength: not null } range && range.Length == stored.Body.Length && stored.ETag is { IsStrong: true }
            && Reuse.Check(stored, request.Directives, parts.Time.GetUtcNow()) == ReuseVerdict.Fresh);
        if (beginning is null)
        {
            return false;
        }

        (OriginHead? head, _) = await parts.SendAsync(request, Preconditioned.OnRest(beginning));
        if (head is { Status: StatusCodes.Status206PartialContent })
        {
            Ask ask = Ask.Detached(request);
            if (parts.Admission.Admit(ask, head, out _) is { } admitted && await parts.Relay.ReadAsync(head, admitted) is { } rest
                && PartialContent.Combine(beginning, rest, _policy) is { IsComplete: true } whole)
            {
                parts.Admission.Store(ask, whole);
                flight?.End(FlightOutcome.Stored);
                await parts.Writer.WriteAsync(request, whole, "fwd=partial; fwd-status=206; stored");
                return true;
            }
        }
        else if (head is { Status: StatusCodes.Status200OK })
        {
            await AnswerAsync(request, null, head, flight, "fwd=partial");
            return true;
        }

        // The rest does not fit: the stored beginning is of another representation, or the origin cannot be asked like this.
        head?.Dispose();
        parts.Store.Remove(request.Key, beginning);
        return false;
    }

    private async Task RefreshAsync(Ask ask, HttpRequestMessage message, StoredResponse stored, bool validates, Flight flight)
    {
        await Task.Yield();
        try
        {
            (OriginHead? head, _) = await parts.Origin.SendAsync(ask.Key.Target, message, null);
            if (head is null || StatusRules.IsServerError(head.Status))
            {
                head?.Dispose();
            }
            else if (validates && head.Status == StatusCodes.Status304NotModified && StoredUpdate.Selects(head.EndToEnd, stored))
            {
                using (head)
                {
                    parts.Store.Replace(ask.Key, stored, StoredUpdate.Freshen(stored, head.Raw, head.RequestTime, head.ResponseTime, _policy));
                }

                flight.End(FlightOutcome.Stored);
            }
            else if (head.Status != StatusCodes.Status304NotModified && parts.Admission.Admit(ask, head, out _) is { } admitted)
            {
                var buffer = new ContentBuffer(head.ContentLength, parts.Options.ObjectBytesMax, parts.Options.Buffers);
                flight.Stream(admitted, buffer);
                await parts.Relay.FillAsync(ask, head, admitted, buffer, flight);
            }
            else
            {
                parts.Forget(ask.Key, stored);
                head.Dispose();
            }
        }
        finally
        {
            parts.Flights.Remove(ask.Key, flight);
            flight.End(FlightOutcome.Failed);
        }
    }
}
