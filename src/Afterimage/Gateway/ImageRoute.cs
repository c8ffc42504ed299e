using Afterimage.Caching;
using Afterimage.Cloud.S3;
using Afterimage.Configuration;
using Afterimage.Diagnostics;
using Afterimage.Dialects;
using Afterimage.Entries;
using Afterimage.Origin;
using Afterimage.Requests;

namespace Afterimage.Gateway;

/// <summary>
/// The way of an image request (DESIGN.md section 3), as HTTP: dialect, directives, exact tier, coalescing, semantic tier, origin. What the engine decides is
/// turned into an answer here.
/// </summary>
internal sealed class ImageRoute(
    ImageCache cache, EarlierCache? earlier, OriginClient origin, Forwarder forwarder, CacheHeaders headers, HotPath hot, VariantPicker variants, RequestLog log, GatewayOptions options,
    TimeProvider time)
{
    private readonly StrippedPictures _stripped = new();

    /// <summary>Answers a GET or HEAD. False where the dialect says that the request is none of its own.</summary>
    public async ValueTask<bool> TryHandleAsync(HttpContext context, RequestTarget target, string scope, IDialect dialect, SeedRule seeds)
    {
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
        bool several = variants.Applies(request), others = false;
        if (several)
        {
            VariantChoice choice = await variants.ChooseAsync(context.Request, request, refresh, controls.OnlyIfCached, context.RequestAborted);
            (request, others, refresh) = (choice.Request, choice.Others, choice.Make);
            target = request.Variant > 0 ? dialect.WithSeed(target, request.Seed.Value!.Value) : target;
            KeepFromCaches(context.Response);
        }

        bool unreadable = false;
        if (!refresh && await FindExactAsync(request, target, controls, context.RequestAborted) is { } entry)
        {
            using (entry)
            {
                if (!several)
                {
                    hot.Remember(target.Raw, request.ExactKey);
                }

                if (await TryExactAsync(context, entry))
                {
                    return true;
                }

                unreadable = true;
            }
        }

        SemanticMode mode = refresh || others ? SemanticMode.Off : controls.ModeUnder(options.Semantic.Mode, options.Semantic.Override);
        var plan = new RequestPlan(mode, seeds, Store: !controls.NoStore, controls.AgeMax, Shared: !refresh && !unreadable && !controls.NoStore);
        await (controls.OnlyIfCached ? OnlyIfCachedAsync(context, request, plan) : GenerateAsync(context, target, request, plan));
        return true;
    }

    // How old the earlier cache's pictures are is not known, so a request that sets a bound is not answered with one.
    private async ValueTask<OpenEntry?> FindExactAsync(ImageRequest request, RequestTarget target, RequestControls controls, CancellationToken aborted)
    {
        long start = time.GetTimestamp();
        return await cache.FindExactAsync(request.ExactKey, controls.AgeMax, aborted) is { } entry ? entry
            : earlier is not null && controls.AgeMax is null ? await earlier.FindAsync(request, target.Raw, keep: !controls.NoStore, time.GetElapsedTime(start), aborted)
            : null;
    }

    /// <summary>Answers with an entry; false where its bytes cannot be read and the client has heard nothing yet, so that it is a miss.</summary>
    private async ValueTask<bool> TryExactAsync(HttpContext context, OpenEntry entry)
    {
        try
        {
            await ExactAsync(context, entry);
            return true;
        }
        catch (IOException) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            context.Response.Clear();
            return false;
        }
    }

    private async ValueTask ExactAsync(HttpContext context, OpenEntry entry)
    {
        EntryHeader header = entry.Header;
        headers.Exact(context.Response.Headers, header);
        long bytes;
        if (options.Headers.StripExact)
        {
            (ReadOnlyMemory<byte> body, Hash256 hash) = await _stripped.OfAsync(entry, context.RequestAborted);
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
        if (lookup.Outcome == SemanticOutcome.Reuse && await TrySemanticAsync(context, request, plan, lookup.Best!, id, originFailed: false))
        {
            return;
        }

        headers.Miss(context.Response.Headers, request, lookup, id, null, collapsed: false);
        await ErrorAnswers.WriteAsync(context, StatusCodes.Status504GatewayTimeout, "only-if-cached", "The request allows only a stored picture and there is none.");
        Done(Tier.Error, id, context, 0, lookup);
    }

    private async Task GenerateAsync(HttpContext context, RequestTarget target, ImageRequest request, RequestPlan plan)
    {
        List<KeyValuePair<string, string>> forwarded = ForwardedHeaders.OfImage(context.Request);
        Generation generation = cache.Generate(request, plan, stop => origin.GetImageAsync(target, request.Model, forwarded, stop), out bool leads);
        bool complete = !leads && generation.IsComplete;
        if (leads && await TryStreamAsync(context, request, generation))
        {
            return;
        }

        GenerationResult result = await generation.Result.WaitAsync(context.RequestAborted);
        await EndAsync(context, target, request, plan, generation, result, joined: !leads, complete);
    }

    /// <summary>Answers the client that asked first, as the bytes come; false where none will.</summary>
    private async Task<bool> TryStreamAsync(HttpContext context, ImageRequest request, Generation generation)
    {
        try
        {
            GenerationHead head = await generation.Head.WaitAsync(context.RequestAborted);
            if (head.Body is null)
            {
                return false;
            }

            await StreamAsync(context, request, generation, head);
            return true;
        }
        finally
        {
            generation.LeaderLeft();
        }
    }

    private async Task StreamAsync(HttpContext context, ImageRequest request, Generation generation, GenerationHead head)
    {
        OriginAnswer answer = head.Answer!;
        Copy(context.Response, answer);
        headers.Miss(context.Response.Headers, request, head.Lookup, generation.Id, answer.Status, collapsed: false);
        if (HttpMethods.IsHead(context.Request.Method))
        {
            Done(Tier.Miss, generation.Id, context, 0, head.Lookup);
            return;
        }

        long sent = 0;
        try
        {
            while (await generation.Leader!.ReadAsync(context.RequestAborted) is { IsEmpty: false } piece)
            {
                await context.Response.Body.WriteAsync(piece, context.RequestAborted);
                sent += piece.Length;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The answer broke off and the client must know; or the client is gone, and the picture goes on for the others and for the store.
            context.Abort();
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
            long bytes = await EntryAnswers.WriteAsync(context, result.Head.Body!.Content, made.ContentType, made.ContentHash);
            RequestMeters.Saved(made);
            Done(Tier.Exact, made.Id, context, bytes);
        }
        else
        {
            using OpenEntry? entry = await cache.FindExactAsync(request.ExactKey, plan.AgeMax, context.RequestAborted);
            if (entry is null || !await TryExactAsync(context, entry))
            {
                // Evicted again already, or on a disk that fails.
                await GenerateAsync(context, target, request, plan with { Shared = false });
            }
        }
    }

    /// <summary>Answers from the end of a generation: joiners, semantic hits, faults.</summary>
    /// <param name="complete">Whether it had ended before this request came to it.</param>
    private async Task EndAsync(
        HttpContext context, RequestTarget target, ImageRequest request, RequestPlan plan, Generation generation, GenerationResult result, bool joined, bool complete)
    {
        SemanticLookup lookup = result.Head.Lookup;
        bool originFailed = result.Head.Answer is { } came && (came.Fault is not null || OriginAnswer.IsFailure(came.Status));
        if (joined && generation.MayBeRepeatedBy(plan))
        {
            // One of those who waited tries once more, and the others wait for that one.
            await GenerateAsync(context, target, request, plan with { IsRetry = true });
            return;
        }

        switch (result.End)
        {
            case GenerationEnd.Reused:
                if (!await TrySemanticAsync(context, request, plan, lookup.Best!, generation.Id, originFailed))
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
                EntryHeader entry = result.Entry!;
                foreach ((string name, string value) in entry.ResponseHeaders)
                {
                    context.Response.Headers[name] = value;
                }

                headers.Miss(context.Response.Headers, request, lookup, generation.Id, StatusCodes.Status200OK, collapsed: joined);
                long bytes = await EntryAnswers.WriteAsync(context, result.Head.Body!.Content, entry.ContentType, entry.ContentHash);
                Done(Tier.Joined, generation.Id, context, bytes, lookup, entry.OriginTime);
                return;

            case GenerationEnd.NotAdmitted when result.Admission is AdmissionOutcome.NotStorable or AdmissionOutcome.Varies or AdmissionOutcome.TooLarge:
            case GenerationEnd.NotAdmitted when joined && OriginAnswer.IsForAsker(result.Head.Answer!.Status):
                // The answer was for the leader alone, or is not kept whole: everyone asks for themselves.
                await GenerateAsync(context, target, request, plan with { Shared = false, Mode = SemanticMode.Off });
                return;

            case GenerationEnd.NotAdmitted:
                Copy(context.Response, result.Head.Answer!);
                if (joined)
                {
                    context.Response.Headers.SetCookie = default;
                }

                headers.Miss(context.Response.Headers, request, lookup, generation.Id, result.Head.Answer!.Status, collapsed: joined);
                ReadOnlyMemory<byte> body = result.Head.Body!.Content;
                context.Response.ContentLength = body.Length;
                if (!HttpMethods.IsHead(context.Request.Method))
                {
                    await context.Response.Body.WriteAsync(body, context.RequestAborted);
                }

                Done(Tier.Joined, generation.Id, context, body.Length, lookup);
                return;

            default:
                OriginAnswer? answer = result.Head.Answer;
                OriginAnswer fault = answer?.Fault is not null ? answer : new OriginAnswer(OriginFault.Broken, "the image service broke off in the middle of its answer");
                headers.Miss(context.Response.Headers, request, lookup, generation.Id, answer?.Fault is null ? answer?.Status : null, collapsed: joined);
                await ErrorAnswers.WriteAsync(context, fault);
                Done(Tier.Error, generation.Id, context, 0, lookup);
                return;
        }
    }

    /// <summary>Serves another prompt's picture, without the traces of that prompt. False where the entry is gone by now.</summary>
    private async ValueTask<bool> TrySemanticAsync(HttpContext context, ImageRequest request, RequestPlan plan, SemanticCandidate candidate, string id, bool originFailed)
    {
        if (variants.Applies(request) && plan.AgeMax is null)
        {
            candidate = candidate with { Entry = await variants.InTurnAsync(candidate.Entry, context.RequestAborted) };
        }

        using OpenEntry? entry = await cache.FindExactAsync(candidate.Entry.Key, null, context.RequestAborted);
        if (entry is null)
        {
            return false;
        }

        ReadOnlyMemory<byte> body;
        Hash256 hash;
        try
        {
            (body, hash) = await _stripped.OfAsync(entry, context.RequestAborted);
        }
        catch (IOException)
        {
            // A disk that fails; to the client it is as if the entry were gone.
            return false;
        }

        headers.Semantic(context.Response.Headers, request, candidate, id, originFailed);
        long bytes = await EntryAnswers.WriteAsync(context, body, entry.Header.ContentType, hash);
        RequestMeters.Saved(entry.Header);
        Done(Tier.Semantic, id, context, bytes, new SemanticLookup(SemanticOutcome.Reuse, candidate));
        return true;
    }

    // Who asks again must reach us, or there is no variety.
    private static void KeepFromCaches(HttpResponse response) => response.OnStarting(
        static state =>
        {
            var response = (HttpResponse)state;
            if (response.StatusCode < StatusCodes.Status400BadRequest)
            {
                response.Headers.CacheControl = "no-cache";
            }

            return Task.CompletedTask;
        },
        response);

    /// <summary>Sends a request past the cache.</summary>
    /// <param name="reason">Why, as a token for headers and log.</param>
    public async Task BypassAsync(HttpContext context, RequestTarget target, string reason)
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
