using System.Diagnostics;
using System.Diagnostics.Metrics;
using Afterimage.Diagnostics;
using Afterimage.Entries;
using Afterimage.Matching;
using Afterimage.Matching.Learning;
using Afterimage.Requests;
using Afterimage.Text;
using Afterimage.Vectors;

namespace Afterimage.Caching;

/// <summary>Which seeds may answer a request.</summary>
public enum SeedRule
{
    /// <summary>A named seed is answered by that seed only; a request that names none by any.</summary>
    Strict,

    /// <summary>Any seed answers any request.</summary>
    Any,
}

/// <summary>How candidates are sought.</summary>
public sealed class SemanticTierOptions
{
    /// <summary>Candidates judged for one request, 1 to 100.</summary>
    public int Candidates { get; init; } = 6;

    /// <summary>Cosine below which an entry is no candidate. Only a bound on work: the matcher decides.</summary>
    public float CandidateSimilarityMin { get; init; } = 0.45f;

    public ResolutionBuckets Resolution { get; init; } = ResolutionBuckets.Exact;
}

/// <summary>
/// Finds a stored picture that means the same: embeds the prompt, asks the index for the nearest entries of the partition, and lets the policy
/// judge them. A fault anywhere is a miss. Thread-safe.
/// </summary>
public sealed class SemanticTier
{
    private static readonly Histogram<double> LookupSeconds = Telemetry.Meter.CreateHistogram<double>(
        "afterimage.semantic.lookup.duration", "s", "Time of a semantic lookup: embedding, search and judging.");

    private static readonly Counter<long> StaleVectors = Telemetry.Meter.CreateCounter<long>(
        "afterimage.semantic.stale_vectors", description: "Vectors removed because their entry was gone.");

    // A reading weighs some ten kilobytes and is made in as many microseconds; a header weighs one and costs a file to read.
    private readonly RecentCache<Hash256, PromptReading> _readings = new(countMax: 4_000);
    private readonly RecentCache<Hash256, Candidate> _candidates = new(countMax: 20_000);
    private readonly IEntryStore _entries;
    private readonly TimeProvider _time;

    public SemanticTier(
        ITextEmbedder embedder, IVectorIndex index, IMatchPolicy policy, IEntryStore entries, CalibrationLearner learner, SemanticTierOptions options, TimeProvider time)
    {
        (Embedder, Index, Policy, Learner, Options) = (embedder, index, policy, learner, options);
        (_entries, _time) = (entries, time);
        entries.Removed += _candidates.Remove;
    }

    public ITextEmbedder Embedder { get; }

    public IVectorIndex Index { get; }

    public IMatchPolicy Policy { get; }

    public CalibrationLearner Learner { get; }

    public SemanticTierOptions Options { get; }

    /// <summary>The reason of the last failure, for health; null while all is well.</summary>
    public string? LastFault { get; private set; }

    /// <summary>
    /// Looks for a picture that may be served for <paramref name="request"/>.
    /// </summary>
    /// <param name="ageMax">Older entries are no candidates; null for any age.</param>
    public async ValueTask<SemanticLookup> FindAsync(ImageRequest request, SeedRule rule, TimeSpan? ageMax, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            float[] vector = new float[Embedder.Space.Dimensions];
            if (await Embedder.EmbedAsync([request.Prompt], vector, cancellationToken) is var outcome and not EmbedOutcome.Embedded)
            {
                LastFault = $"embedder {Embedder.Space.Id}: {outcome}";
                return new SemanticLookup(SemanticOutcome.Failed);
            }

            if (!vector.AsSpan().ContainsAnyExcept(0f))
            {
                return new SemanticLookup(SemanticOutcome.NoWords);
            }

            long? seed = rule == SeedRule.Strict && request.Seed.Kind == SeedKind.Named ? request.Seed.Value : null;
            Hash256 partition = request.PartitionKey(Options.Resolution);
            var query = new VectorQuery(partition, seed, vector, Options.Candidates, Options.CandidateSimilarityMin);
            IReadOnlyList<Neighbor> neighbors = await Index.SearchAsync(query, cancellationToken);
            LastFault = null;
            return await JudgeAsync(request, partition, neighbors, ageMax, vector, cancellationToken);
        }
        catch (VectorIndexUnavailableException e)
        {
            LastFault = e.Message;
            return new SemanticLookup(SemanticOutcome.Failed);
        }
        finally
        {
            LookupSeconds.Record(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
    }

    /// <summary>Forgets what is remembered of an entry that another gateway has removed or replaced.</summary>
    public void Forget(Hash256 key)
    {
        _candidates.Remove(key);
        _readings.Remove(key);
    }

    // Upkeep on the way; that an index takes no changes now must not cost the request its answer.
    private async ValueTask ForgetAsync(Hash256 entry, CancellationToken cancellationToken)
    {
        try
        {
            await Index.RemoveAsync([entry], cancellationToken);
        }
        catch (VectorIndexUnavailableException)
        {
            // The next who meets it, or the next reconcile.
        }
    }

    private async ValueTask<SemanticLookup> JudgeAsync(
        ImageRequest request, Hash256 partition, IReadOnlyList<Neighbor> neighbors, TimeSpan? ageMax, float[] vector, CancellationToken cancellationToken)
    {
        if (neighbors.Count == 0)
        {
            return new SemanticLookup(SemanticOutcome.NoCandidate, null, vector);
        }

        PromptReading asked = PromptReading.Of(request.Prompt);
        SemanticCandidate? nearest = null, likeliest = null;
        foreach (Neighbor neighbor in neighbors)
        {
            if (await CandidateAsync(neighbor.Entry, cancellationToken) is not { } found)
            {
                if (await _entries.IsGoneAsync(neighbor.Entry, cancellationToken))
                {
                    StaleVectors.Add(1);
                    await ForgetAsync(neighbor.Entry, cancellationToken);
                }

                continue;
            }

            // The index is derived and may be remote or old: the entry itself says whether it belongs here.
            if (found.Partition != partition || ageMax < _time.GetUtcNow() - found.Entry.Created)
            {
                continue;
            }

            // Nearest first, and the first that may be reused is taken: it has passed the same bound that a likelier one behind it would.
            SemanticCandidate candidate = Judge(request.Prompt, asked, found.Entry, ReadingOf(found.Entry), partition, neighbor.Similarity);
            if (candidate.Verdict.Decision == Decision.Reuse)
            {
                return new SemanticLookup(SemanticOutcome.Reuse, candidate, vector);
            }

            nearest ??= candidate;
            likeliest = likeliest is null || candidate.Verdict.Probability > likeliest.Verdict.Probability ? candidate : likeliest;
        }

        return new SemanticLookup(nearest is null ? SemanticOutcome.NoCandidate : SemanticOutcome.Rejected, nearest, vector, likeliest);
    }

    /// <summary>
    /// An entry's header, remembered until the store says that it is gone. A shared store may remove it unseen: then serving finds out and the picture is made.
    /// </summary>
    private async ValueTask<Candidate?> CandidateAsync(Hash256 key, CancellationToken cancellationToken)
    {
        if (_candidates.TryGet(key, out Candidate? known))
        {
            return known;
        }

        if (await _entries.PeekAsync(key, cancellationToken) is not { } entry)
        {
            return null;
        }

        var candidate = new Candidate(entry, entry.Request.PartitionKey(Options.Resolution));
        _candidates.Set(key, candidate);
        return candidate;
    }

    private PromptReading ReadingOf(EntryHeader entry)
    {
        if (!_readings.TryGet(entry.Key, out PromptReading? reading))
        {
            _readings.Set(entry.Key, reading = PromptReading.Of(entry.Request.Prompt));
        }

        return reading;
    }

    /// <summary>The policy's verdict in the light of what people have said of such pairs.</summary>
    internal SemanticCandidate Judge(string asked, PromptReading askedReading, EntryHeader entry, PromptReading storedReading, Hash256 partition, float similarity)
    {
        Verdict said = Policy.Judge(askedReading, storedReading, similarity);
        Verdict verdict = Learner.IsBlocked(asked, entry.Request.Prompt, entry.Key)
            ? new Verdict(Decision.Reject, 0, ["feedback: this pair was marked as wrong"])
            : Learner.Decide(partition, entry.Key, said);
        return new SemanticCandidate(entry, similarity, said.Probability, verdict);
    }

    /// <summary>The record under which the index keeps an entry; null where it needs none, because its prompt has no words or can never be embedded.</summary>
    /// <exception cref="VectorIndexUnavailableException">The embedder does not answer now: the entry is to be offered again.</exception>
    public async ValueTask<VectorRecord?> RecordOfAsync(EntryHeader entry, float[]? known, CancellationToken cancellationToken)
    {
        // A picture made anew replaces its entry without a removal.
        _candidates.Remove(entry.Key);
        if (entry.Request.Variant > 0)
        {
            // Its words have a vector already, that of the request itself; more of the same would crowd out other candidates.
            return null;
        }

        float[] vector = known ?? new float[Embedder.Space.Dimensions];
        EmbedOutcome outcome = known is null ? await Embedder.EmbedAsync([entry.Request.Prompt], vector, cancellationToken) : EmbedOutcome.Embedded;
        if (outcome is EmbedOutcome.Unavailable or EmbedOutcome.TimedOut)
        {
            throw new VectorIndexUnavailableException($"the embedder {Embedder.Space.Id} does not answer");
        }

        return outcome == EmbedOutcome.Embedded && vector.AsSpan().ContainsAnyExcept(0f)
            ? new VectorRecord(entry.Key, entry.Request.PartitionKey(Options.Resolution), entry.Request.Seed.Value, vector, entry.Batch)
            : null;
    }

    private sealed record Candidate(EntryHeader Entry, Hash256 Partition);
}
