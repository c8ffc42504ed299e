using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Afterimage.Diagnostics;
using Afterimage.Entries;
using Afterimage.Images;
using Afterimage.Requests;

namespace Afterimage.Caching;

/// <summary>
/// The decision: exact tier, coalescing, semantic tier, origin, admission, store, index. Knows nothing of HTTP servers; the caller brings the
/// origin call and serves what comes out. Thread-safe.
/// </summary>
/// <param name="leases">Asked before an origin call where several gateways share <paramref name="store"/>; null where this one is alone.</param>
public sealed class ImageCache(
    IEntryStore store, SemanticTier semantic, AdmissionRules admission, IndexQueue indexing, DecisionJournal journal, ImageCacheOptions options, TimeProvider time,
    IGenerationLeases? leases = null)
{
    private static readonly Counter<long> Admissions = Telemetry.Meter.CreateCounter<long>(
        "afterimage.admission", description: "Origin answers by what became of them.");

    private static readonly Counter<long> Lookups = Telemetry.Meter.CreateCounter<long>(
        "afterimage.semantic.lookups", description: "Semantic lookups by outcome and mode.");

    private static readonly Histogram<double> OriginSeconds = Telemetry.Meter.CreateHistogram<double>(
        "afterimage.origin.duration", "s", "Time from the origin call to its last byte.");

    private readonly ConcurrentDictionary<GenerationKey, Generation> _shared = new();
    private static readonly GenerationResult Found = new(GenerationEnd.Found, new GenerationHead(SemanticLookup.NotTried, null, null), null, AdmissionOutcome.NotAsked);

    private readonly PromptsInFlight _inFlight = new(semantic);
    private int _running;
    private int _indexed;

    public IEntryStore Store => store;

    public SemanticTier Semantic => semantic;

    public PictureKeeper Keeper { get; } = new(store);

    /// <summary>Generations under way, up to the end of storing.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>Bytes that answers under way take.</summary>
    public long Buffered => options.Buffers.Taken;

    /// <summary>Requests that wait for one of them, without their leaders.</summary>
    public int Joined => _shared.Values.Sum(g => g.Joined);

    /// <summary>The exact tier: the entry of an identical request, or null. Dispose what comes.</summary>
    public async ValueTask<OpenEntry?> FindExactAsync(Hash256 key, TimeSpan? ageMax, CancellationToken cancellationToken)
    {
        OpenEntry? entry = await store.OpenAsync(key, cancellationToken);
        if (entry is not null && ageMax < time.GetUtcNow() - entry.Header.Created)
        {
            entry.Dispose();
            return null;
        }

        return entry;
    }

    /// <summary>
    /// Waits with the others for the picture of an identical request that is under way, or starts making it.
    /// </summary>
    /// <param name="call">Asks the origin; runs at most once and never on behalf of one client's cancellation.</param>
    /// <param name="leads">Whether this call started it: the leader is answered from the head, the others from the result.</param>
    public Generation Generate(ImageRequest request, RequestPlan plan, Func<CancellationToken, Task<OriginAnswer>> call, out bool leads)
    {
        var fresh = new Generation(Ulid.New(time.GetUtcNow()), plan.IsRetry);
        var key = new GenerationKey(request.ExactKey, plan.Mode, plan.Seeds, request.Seed.Kind, plan.AgeMax);
        Generation generation = plan.Shared ? _shared.GetOrAdd(key, fresh) : fresh;
        leads = generation == fresh;
        if (leads)
        {
            Interlocked.Increment(ref _running);
            _ = Task.Run(() => RunAsync(fresh, request, plan, key, call));
        }
        else
        {
            generation.Join();
        }

        return generation;
    }

    private async Task RunAsync(Generation generation, ImageRequest request, RequestPlan plan, GenerationKey key, Func<CancellationToken, Task<OriginAnswer>> call)
    {
        Action over = () =>
        {
            Interlocked.Increment(ref _indexed);
            _inFlight.Remove(request, generation);
            generation.StoringOver();
        };
        try
        {
            GenerationResult result = await MakeAsync(generation, request, plan, call);
            if (result.Entry is null)
            {
                // Those who wait get this end; whoever comes from now on tries anew.
                Unshare(generation, key, plan);
            }

            generation.End(result);

            // The entry first, its vector second: a vector without entry is found out when met, an entry without vector only by reconcile.
            if (result.Entry is { } entry && await Keeper.StoreAsync(entry, result.Head.Body!.Content))
            {
                indexing.Enqueue(entry, result.Head.Lookup.Vector, over);
                over = () => { };
            }
        }
        catch (Exception e)
        {
            // A bug, or no memory for a picture, must not leave the waiting clients hanging: they get an error that names it.
            var answer = new OriginAnswer(OriginFault.Broken, $"internal error: {e.GetType().Name}: {e.Message}");
            generation.End(new GenerationResult(GenerationEnd.Fault, new GenerationHead(SemanticLookup.NotTried, answer, null), null, AdmissionOutcome.Incomplete));
        }
        finally
        {
            // Only now: whoever comes later finds the entry in the store.
            Unshare(generation, key, plan);
            if (generation.Head is { IsCompletedSuccessfully: true } head)
            {
                head.Result.Body?.Dispose();
            }

            over();
            await (generation.Lease?.DisposeAsync() ?? ValueTask.CompletedTask);
            Interlocked.Decrement(ref _running);
        }
    }

    private void Unshare(Generation generation, GenerationKey key, RequestPlan plan)
    {
        if (plan.Shared)
        {
            _shared.TryRemove(new KeyValuePair<GenerationKey, Generation>(key, generation));
        }
    }

    private async Task<GenerationResult> MakeAsync(Generation generation, ImageRequest request, RequestPlan plan, Func<CancellationToken, Task<OriginAnswer>> call)
    {
        // 1. Another generation may have stored the entry between this request's look into the store and its becoming the leader.
        if (plan.Shared && await IsStoredAsync(request, plan))
        {
            return Found;
        }

        // 2. The semantic tier: what is stored, then what is being made.
        SemanticLookup lookup = SemanticLookup.NotTried;
        if (plan.Mode != SemanticMode.Off)
        {
            int indexed = Volatile.Read(ref _indexed);
            lookup = await semantic.FindAsync(request, plan.Seeds, plan.AgeMax, CancellationToken.None);
            if (lookup.Outcome != SemanticOutcome.Reuse && plan.Mode == SemanticMode.On && plan.Shared && options.SemanticCoalescing)
            {
                lookup = await WaitForSameMeaningAsync(generation, request, plan, lookup, indexed);

                // The same request may have come with its seed named and without: one picture, though not one generation.
                if (lookup.Outcome == SemanticOutcome.Reuse && await IsStoredAsync(request, plan))
                {
                    return Found;
                }
            }

            Lookups.Add(1, new("outcome", lookup.Outcome.ToString()), new("mode", plan.Mode.ToString()));
            journal.Record(generation.Id, request, request.PartitionKey(semantic.Options.Resolution), lookup, plan.Mode);
            if (lookup.Outcome == SemanticOutcome.Reuse && plan.Mode == SemanticMode.On)
            {
                semantic.Learner.ObserveServed(request.PartitionKey(semantic.Options.Resolution), lookup.Best!.PolicyProbability);
                return new GenerationResult(GenerationEnd.Reused, new GenerationHead(lookup, null, null), null, AdmissionOutcome.NotAsked);
            }
        }

        // 3. Other gateways.
        if (plan.Shared && leases is not null && await IsMadeElsewhereAsync(leases, generation, request, plan))
        {
            return Found;
        }

        // 4. The origin.
        long start = Stopwatch.GetTimestamp();
        await using OriginAnswer answer = await call(CancellationToken.None);
        if (answer.Fault is not null || (OriginAnswer.IsFailure(answer.Status) && StandIn(lookup, plan) is not null))
        {
            return Fault(lookup, answer, plan);
        }

        AdmissionOutcome outcome = plan.Store ? admission.JudgeHead(answer) : AdmissionOutcome.NotAsked;
        var body = new ContentBuffer(answer.Length, admission.BytesMax, options.Buffers);
        var head = new GenerationHead(lookup, answer, body);
        generation.Begin(head);
        bool complete = await answer.CopyToAsync(body);

        // The last byte may have arrived on a thread that waits for sockets; judging and storing are not its work.
        await Task.Yield();
        TimeSpan originTime = Stopwatch.GetElapsedTime(start);
        OriginSeconds.Record(originTime.TotalSeconds);

        // 5. Admission.
        ImageReport report = default;
        if (body.Overflowed)
        {
            // Whatever it is, it is not here whole for those who waited.
            outcome = AdmissionOutcome.TooLarge;
        }
        else if (outcome == AdmissionOutcome.Admitted)
        {
            outcome = complete ? admission.JudgeBody(request, body.Content.Span, out report) : AdmissionOutcome.Incomplete;
        }

        Admissions.Add(1, new KeyValuePair<string, object?>("reason", outcome.ToString()));
        return outcome == AdmissionOutcome.Admitted
            ? new GenerationResult(GenerationEnd.Admitted, head, Describe(generation.Id, request, answer, body.Content, report, originTime), outcome)
            : new GenerationResult(complete ? GenerationEnd.NotAdmitted : GenerationEnd.Fault, head, null, outcome);
    }

    // Opened and not only looked at: a picture that is elsewhere and cannot be had, or is in quarantine, must not end a generation that others wait for.
    private async ValueTask<bool> IsStoredAsync(ImageRequest request, RequestPlan plan)
    {
        using OpenEntry? found = await store.OpenAsync(request.ExactKey, CancellationToken.None);
        return found is not null && !(plan.AgeMax < time.GetUtcNow() - found.Header.Created);
    }

    /// <summary>Takes the picture's lease, or waits while another gateway has it. True where that one's picture is stored by then; else the origin must be asked, by everyone who got no lease as well.</summary>
    private async Task<bool> IsMadeElsewhereAsync(IGenerationLeases leases, Generation generation, ImageRequest request, RequestPlan plan)
    {
        for (long start = time.GetTimestamp(); ;)
        {
            LeaseAnswer answer = await leases.AcquireAsync(request.ExactKey, options.LeasePatience - time.GetElapsedTime(start), CancellationToken.None);
            generation.Lease = answer.Lease;
            if (answer.Outcome != LeaseOutcome.Unavailable && await IsStoredAsync(request, plan))
            {
                return true;
            }

            if (answer.Outcome != LeaseOutcome.Released)
            {
                return false;
            }
        }
    }

    /// <summary>Semantic coalescing: waits for a picture under way that may be reused; where there is none, or it fails, the lookup stands as it was.</summary>
    /// <param name="indexed">How many pictures had reached the index when <paramref name="lookup"/> began.</param>
    private async Task<SemanticLookup> WaitForSameMeaningAsync(Generation generation, ImageRequest request, RequestPlan plan, SemanticLookup lookup, int indexed)
    {
        if (lookup.Vector is not { } vector)
        {
            return lookup;
        }

        if (_inFlight.FindOrAdd(request, plan.Seeds, vector, generation) is { } same)
        {
            // Once its vector can be found the usual lookup finds it and judges it again, with what feedback says; should it have failed, nothing changes.
            await same.Stored;
        }
        else if (indexed == Volatile.Read(ref _indexed))
        {
            return lookup;
        }

        // Also where a picture went from "in flight" to "in the index" between the lookup and the look at what is in flight.
        return await semantic.FindAsync(request, plan.Seeds, plan.AgeMax, CancellationToken.None);
    }

    // Operators may prefer a verified neighbour that would not quite have been reused to an error page.
    private GenerationResult Fault(SemanticLookup lookup, OriginAnswer answer, RequestPlan plan)
    {
        SemanticCandidate? similar = StandIn(lookup, plan);
        return new GenerationResult(
            similar is null ? GenerationEnd.Fault : GenerationEnd.Reused, new GenerationHead(similar is null ? lookup : lookup with { Best = similar }, answer, null), null, AdmissionOutcome.Incomplete);
    }

    private SemanticCandidate? StandIn(SemanticLookup lookup, RequestPlan plan) =>
        plan.Mode == SemanticMode.On && options.SimilarOnFaultProbabilityMin is { } min && lookup.Likeliest is { } likeliest && likeliest.Verdict.Probability >= min ? likeliest : null;

    private EntryHeader Describe(string id, ImageRequest request, OriginAnswer answer, ReadOnlyMemory<byte> body, ImageReport report, TimeSpan originTime)
    {
        DateTimeOffset now = time.GetUtcNow();
        return new EntryHeader
        {
            Id = id,
            Request = request,
            Key = request.ExactKey,
            Created = now,
            Expires = options.EntryTtl is { } ttl ? now + ttl : null,
            Source = EntrySource.Origin,
            ContentType = report.ContentType,
            ContentHash = Hash256.Of(body.Span),
            Length = body.Length,
            Width = report.Width,
            Height = report.Height,
            ResponseHeaders = [.. answer.Headers.Where(h => options.ReplayHeaders.Contains(h.Key))],
            OriginTime = originTime,
        };
    }

    /// <summary>Identical requests that may be treated differently do not wait for one another.</summary>
    private readonly record struct GenerationKey(Hash256 Key, SemanticMode Mode, SeedRule Seeds, SeedKind Seed, TimeSpan? AgeMax);
}
