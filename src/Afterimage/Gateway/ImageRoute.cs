using Afterimage.Caching;
using Afterimage.Cloud.S3;
using Afterimage.Configuration;
using Afterimage.Diagnostics;
using Afterimage.Dialects;
using Afterimage.Entries;
using Afterimage.Images;
using Afterimage.Origin;
using Afterimage.Requests;

namespace Afterimage.Gateway;

/// <summary>
/// The way of an image request (DESIGN.md section 3), as HTTP: dialect, directives, exact tier, coalescing, semantic tier, origin. What the engine decides is
/// turned into an answer here.
/// </summary>
internal sealed class ImageRoute(
    ImageCache cache, EarlierCache? earlier, OriginClient origin, Forwarder forwarder, CacheHeaders headers, HotPath hot, RequestLog log, GatewayOptions options, TimeProvider time)
{
    /// <summary>Answers a GET or HEAD. False where the dialect says that the request is none of its own.</summary>
    public async ValueTask<bool> TryHandleAsync(HttpContext context, RequestTarget target, IDialect dialect, SeedRule seeds)
    {
        if (RequestScope.Of(context.Request, options.Scope) is not { } scope)
        {
            await BypassAsync(context, target, "scope-missing");
            return true;
        }

        DialectReading reading = dialect.Read(target, scope);
        if (reading.Bypass is { } reason)
        {
            await BypassAsync(context, target, reason);
            return true;
        }

        if (reading.Request is not { } request)
        {
            return false;
        }

        RequestControls controls = RequestControls.Of(context.Request, options.Headers.HonorRequestCacheControl);
        bool refresh = controls.Refresh || (reading.Refresh && options.Headers.HonorRequestCacheControl);
        if (!refresh && await FindExactAsync(request, target, controls, context.RequestAborted) is { } entry)
        {
            using (entry)
            {
                hot.Remember(target.Raw, request.ExactKey);
                await ExactAsync(context, entry);
            }

            return true;
        }

        SemanticMode mode = refresh ? SemanticMode.Off : controls.ModeUnder(options.Semantic.Mode, options.Semantic.Override);
        var plan = new RequestPlan(mode, seeds, Store: !controls.NoStore, controls.AgeMax, Shared: !refresh && !controls.NoStore);
        await (controls.OnlyIfCached ? OnlyIfCachedAsync(context, request, plan) : GenerateAsync(context, target, request, plan));
        return true;
    }

    // How old the earlier cache's pictures are is not known, so a request that sets a bound is not answered with one.
    private async ValueTask<OpenEntry?> FindExactAsync(ImageRequest request, RequestTarget target, RequestControls controls, CancellationToken aborted) =>
        await cache.FindExactAsync(request.ExactKey, controls.AgeMax, aborted) is { } entry ? entry
        : earlier is not null && controls.AgeMax is null ? await earlier.FindAsync(request, target.Raw, keep: !controls.NoStore, aborted)
        : null;

    private async ValueTask ExactAsync(HttpContext context, OpenEntry entry)
    {
        EntryHeader header = entry.Header;
        headers.Exact(context.Response.Headers, header);
        long bytes;
        if (options.Headers.StripExact)
        {
            (ReadOnlyMemory<byte> body, Hash256 hash) = await StrippedAsync(entry, context.RequestAborted);
            bytes = await EntryAnswers.WriteAsync(context, body, header.ContentType, hash);
        }
        else
        {
            bytes = await EntryAnswers.WriteAsync(context, entry);
        }

        RequestMeters.Saved(header);
        Done(Tier.Exact, header.Id, context, bytes);
    }

    private async Task OnlyIfCachedAsync(HttpContext context, ImageRequest request, RequestPlan plan)
    {
        SemanticLookup lookup = plan.Mode == SemanticMode.On ? await cache.Semantic.FindAsync(request, plan.Seeds, plan.AgeMax, context.RequestAborted) : SemanticLookup.NotTried;
        string id = Ulid.New(time.GetUtcNow());
        if (lookup.Outcome == SemanticOutcome.Reuse && await TrySemanticAsync(context, request, lookup.Best!, id, originFailed: false))
        {
            return;
        }

        headers.Miss(context.Response.Headers, request, lookup, id, StatusCodes.Status504GatewayTimeout, collapsed: false);
        await ErrorAnswers.WriteAsync(context, StatusCodes.Status504GatewayTimeout, "only-if-cached", "The request allows only a stored picture and there is none.");
        Done(Tier.Error, id, context, 0, lookup);
    }

    private async Task GenerateAsync(HttpContext context, RequestTarget target, ImageRequest request, RequestPlan plan)
    {
        List<KeyValuePair<string, string>> forwarded = ForwardedHeaders.OfImage(context.Request);
        Generation generation = cache.Generate(request, plan, stop => origin.GetImageAsync(target, forwarded, stop), out bool leads);
        bool complete = !leads && generation.IsComplete;
        if (leads)
        {
            GenerationHead head = await generation.Head.WaitAsync(context.RequestAborted);
            if (head.Body is { } body)
            {
                await StreamAsync(context, request, generation, head, body);
                return;
            }
        }

        GenerationResult result = await generation.Result.WaitAsync(context.RequestAborted);
        await EndAsync(context, target, request, plan, generation, result, joined: !leads, complete);
    }

    /// <summary>Answers the client that asked first, as the bytes come.</summary>
    private async Task StreamAsync(HttpContext context, ImageRequest request, Generation generation, GenerationHead head, BroadcastBuffer body)
    {
        OriginAnswer answer = head.Answer!;
        Copy(context.Response, answer);
        headers.Miss(context.Response.Headers, request, head.Lookup, generation.Id, answer.Status, collapsed: false);
        if (HttpMethods.IsHead(context.Request.Method))
        {
            body.DetachLeader();
            Done(Tier.Miss, generation.Id, context, 0, head.Lookup);
            return;
        }

        long sent = 0;
        try
        {
            while (await body.ReadAsync(sent, leader: true, context.RequestAborted) is { IsEmpty: false } piece)
            {
                await context.Response.Body.WriteAsync(piece, context.RequestAborted);
                sent += piece.Length;
            }

            if (body.IsBroken)
            {
                context.Abort();
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The client is gone; the picture goes on for the others and for the store.
        }
        finally
        {
            body.DetachLeader();
        }

        TimeSpan? originTime = generation.Result.IsCompletedSuccessfully ? generation.Result.Result.Entry?.OriginTime : null;
        Done(Tier.Miss, generation.Id, context, sent, head.Lookup, originTime);
    }

    /// <summary>An entry that was made a moment ago: from the generation that holds it, or from the store.</summary>
    private async Task FoundAsync(HttpContext context, RequestTarget target, ImageRequest request, RequestPlan plan, GenerationResult result)
    {
        if (result.Entry is { } made)
        {
            headers.Exact(context.Response.Headers, made);
            long bytes = await EntryAnswers.WriteAsync(context, result.Head.Body!.Whole, made.ContentType, made.ContentHash);
            RequestMeters.Saved(made);
            Done(Tier.Exact, made.Id, context, bytes);
        }
        else if (await cache.FindExactAsync(request.ExactKey, plan.AgeMax, context.RequestAborted) is { } entry)
        {
            using (entry)
            {
                await ExactAsync(context, entry);
            }
        }
        else
        {
            // Evicted again already.
            await GenerateAsync(context, target, request, plan with { Shared = false });
        }
    }

    /// <summary>Answers from the end of a generation: joiners, semantic hits, faults.</summary>
    /// <param name="complete">Whether it had ended before this request came to it.</param>
    private async Task EndAsync(
        HttpContext context, RequestTarget target, ImageRequest request, RequestPlan plan, Generation generation, GenerationResult result, bool joined, bool complete)
    {
        SemanticLookup lookup = result.Head.Lookup;
        bool originFailed = result.Head.Answer?.Fault is not null;
        switch (result.End)
        {
            case GenerationEnd.Reused:
                if (!await TrySemanticAsync(context, request, lookup.Best!, generation.Id, originFailed))
                {
                    // Evicted between the decision and now.
                    await GenerateAsync(context, target, request, plan with { Mode = SemanticMode.Off });
                }

                return;

            case GenerationEnd.Found:
            case GenerationEnd.Admitted when joined && complete:
                // Whoever comes while the finished picture is being written to disk has a hit like any later one.
                await FoundAsync(context, target, request, plan, result);
                return;

            case GenerationEnd.Admitted:
                headers.Miss(context.Response.Headers, request, lookup, generation.Id, StatusCodes.Status200OK, collapsed: joined);
                EntryHeader entry = result.Entry!;
                foreach ((string name, string value) in entry.ResponseHeaders)
                {
                    context.Response.Headers[name] = value;
                }

                long bytes = await EntryAnswers.WriteAsync(context, result.Head.Body!.Whole, entry.ContentType, entry.ContentHash);
                Done(Tier.Joined, generation.Id, context, bytes, lookup, entry.OriginTime);
                return;

            case GenerationEnd.NotAdmitted when result.Admission is AdmissionOutcome.NotStorable or AdmissionOutcome.Varies or AdmissionOutcome.TooLarge:
                // The answer was for the leader alone, or is not kept whole: everyone asks for themselves.
                await GenerateAsync(context, target, request, plan with { Shared = false, Mode = SemanticMode.Off });
                return;

            case GenerationEnd.NotAdmitted:
                Copy(context.Response, result.Head.Answer!);
                headers.Miss(context.Response.Headers, request, lookup, generation.Id, result.Head.Answer!.Status, collapsed: joined);
                ReadOnlyMemory<byte> body = result.Head.Body!.Whole;
                context.Response.ContentLength = body.Length;
                if (!HttpMethods.IsHead(context.Request.Method))
                {
                    await context.Response.Body.WriteAsync(body, context.RequestAborted);
                }

                Done(Tier.Joined, generation.Id, context, body.Length, lookup);
                return;

            default:
                OriginAnswer fault = originFailed ? result.Head.Answer! : new OriginAnswer(OriginFault.Broken, "the image service broke off in the middle of its answer");
                headers.Miss(context.Response.Headers, request, lookup, generation.Id, StatusCodes.Status502BadGateway, collapsed: joined);
                await ErrorAnswers.WriteAsync(context, fault);
                Done(Tier.Error, generation.Id, context, 0, lookup);
                return;
        }
    }

    /// <summary>Serves another prompt's picture, without the traces of that prompt. False where the entry is gone by now.</summary>
    private async ValueTask<bool> TrySemanticAsync(HttpContext context, ImageRequest request, SemanticCandidate candidate, string id, bool originFailed)
    {
        using OpenEntry? entry = await cache.FindExactAsync(candidate.Entry.Key, null, context.RequestAborted);
        if (entry is null)
        {
            return false;
        }

        (ReadOnlyMemory<byte> body, Hash256 hash) = await StrippedAsync(entry, context.RequestAborted);
        headers.Semantic(context.Response.Headers, request, candidate, id, originFailed);
        long bytes = await EntryAnswers.WriteAsync(context, body, entry.Header.ContentType, hash);
        RequestMeters.Saved(entry.Header);
        Done(Tier.Semantic, id, context, bytes, new SemanticLookup(SemanticOutcome.Reuse, candidate));
        return true;
    }

    private static async ValueTask<(ReadOnlyMemory<byte> Body, Hash256 Hash)> StrippedAsync(OpenEntry entry, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> whole = entry.Body ?? await ReadAllAsync(entry, cancellationToken);
        ReadOnlyMemory<byte> stripped = ImageMetadata.Strip(whole);
        return (stripped, stripped.Length == whole.Length && stripped.Equals(whole) ? entry.Header.ContentHash : Hash256.Of(stripped.Span));
    }

    private static async ValueTask<ReadOnlyMemory<byte>> ReadAllAsync(OpenEntry entry, CancellationToken cancellationToken)
    {
        byte[] bytes = new byte[entry.Header.Length];
        int filled = 0;
        for (int read; filled < bytes.Length && (read = await entry.ReadAsync(filled, bytes.AsMemory(filled), cancellationToken)) > 0;)
        {
            filled += read;
        }

        return filled == bytes.Length ? bytes : throw new IOException($"entry {entry.Header.Id} ended after {filled} of {bytes.Length} bytes");
    }

    private async Task BypassAsync(HttpContext context, RequestTarget target, string reason)
    {
        CacheHeaders.Bypass(context.Response.Headers, reason);
        headers.Cors(context.Response.Headers);
        await forwarder.ForwardAsync(context, target);
        Done(Tier.Bypass, "-", context, context.Response.ContentLength ?? 0, reason: reason);
    }

    // The gateway's own headers come after, so that an origin cannot claim them.
    private static void Copy(HttpResponse response, OriginAnswer answer)
    {
        response.StatusCode = answer.Status;
        foreach ((string name, string value) in answer.Headers)
        {
            // Our entity tag is the hash of the bytes, which are not all here yet; a second one for the same picture would only confuse.
            if (!name.Equals("ETag", StringComparison.OrdinalIgnoreCase) && !name.Equals("Accept-Ranges", StringComparison.OrdinalIgnoreCase)
                && !name.Equals("Age", StringComparison.OrdinalIgnoreCase))
            {
                response.Headers.Append(name, value);
            }
        }
    }

    private void Done(Tier tier, string id, HttpContext context, long bytes, SemanticLookup? lookup = null, TimeSpan? originTime = null, string? reason = null)
    {
        RequestMeters.Answered(tier, bytes);
        string? verdict = reason ?? (lookup?.Best is { } best ? best.Verdict.Reasons.Count > 0 ? $"{lookup.Outcome}: {best.Verdict.Reasons[0]}" : lookup.Outcome.ToString() : null);
        log.Write(id, tier, context.Response.StatusCode, bytes, lookup?.Best?.Similarity, verdict, originTime);
    }
}
