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
    public int Candidates { get; init; } = 8;

    /// <summary>Cosine below which an entry is no candidate. Only a bound on work: the matcher decides.</summary>
    public float CandidateSimilarityMin { get; init; } = 0.3f;

    public ResolutionBuckets Resolution { get; init; } = ResolutionBuckets.Exact;
}

/// <summary>
/// Finds a stored picture that means the same: embeds the prompt, asks the index for the nearest entries of the partition, and lets the policy
/// judge them. A fault anywhere is a miss. Thread-safe.
/// </summary>
public sealed class SemanticTier(
    ITextEmbedder embedder, IVectorIndex index, IMatchPolicy policy, IEntryStore entries, CalibrationLearner learner, SemanticTierOptions options, TimeProvider time)
{
    private static readonly Histogram<double> LookupSeconds = Telemetry.Meter.CreateHistogram<double>(
        "afterimage.semantic.lookup.duration", "s", "Time of a semantic lookup: embedding, search and judging.");

    private static readonly Counter<long> StaleVectors = Telemetry.Meter.CreateCounter<long>(
        "afterimage.semantic.stale_vectors", description: "Vectors removed because their entry was gone.");

    private readonly ReadingCache _readings = new(countMax: 20_000);

    public ITextEmbedder Embedder => embedder;

    public IVectorIndex Index => index;

    public IMatchPolicy Policy => policy;

    public CalibrationLearner Learner => learner;

    public SemanticTierOptions Options => options;

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
            float[] vector = new float[embedder.Space.Dimensions];
            if (await embedder.EmbedAsync([request.Prompt], vector, cancellationToken) is var outcome and not EmbedOutcome.Embedded)
            {
                LastFault = $"embedder {embedder.Space.Id}: {outcome}";
                return new SemanticLookup(SemanticOutcome.Failed);
            }

            if (!vector.AsSpan().ContainsAnyExcept(0f))
            {
                return new SemanticLookup(SemanticOutcome.NoWords);
            }

            long? seed = rule == SeedRule.Strict && request.Seed.Kind == SeedKind.Named ? request.Seed.Value : null;
            Hash256 partition = request.PartitionKey(options.Resolution);
            var query = new VectorQuery(partition, seed, vector, options.Candidates, options.CandidateSimilarityMin);
            IReadOnlyList<Neighbor> neighbors = await index.SearchAsync(query, cancellationToken);
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

    private async ValueTask<SemanticLookup> JudgeAsync(
        ImageRequest request, Hash256 partition, IReadOnlyList<Neighbor> neighbors, TimeSpan? ageMax, float[] vector, CancellationToken cancellationToken)
    {
        if (neighbors.Count == 0)
        {
            return new SemanticLookup(SemanticOutcome.NoCandidate, null, vector);
        }

        PromptReading asked = PromptReading.Of(request.Prompt);
        SemanticCandidate? best = null;
        SemanticCandidate? nearest = null;
        foreach (Neighbor neighbor in neighbors)
        {
            if (await entries.PeekAsync(neighbor.Entry, cancellationToken) is not { } entry)
            {
                StaleVectors.Add(1);
                await index.RemoveAsync([neighbor.Entry], cancellationToken);
                continue;
            }

            // The index is derived and may be remote or old: the entry itself says whether it belongs here.
            if (entry.Request.PartitionKey(options.Resolution) != partition || ageMax < time.GetUtcNow() - entry.Created)
            {
                continue;
            }

            SemanticCandidate candidate = Judge(request.Prompt, asked, entry, _readings.Get(entry), partition, neighbor.Similarity);
            nearest ??= candidate;
            if (candidate.Verdict.Decision == Decision.Reuse && !(best?.Verdict.Probability >= candidate.Verdict.Probability))
            {
                best = candidate;
            }
        }

        return best is not null ? new SemanticLookup(SemanticOutcome.Reuse, best, vector)
            : nearest is not null ? new SemanticLookup(SemanticOutcome.Rejected, nearest, vector)
            : new SemanticLookup(SemanticOutcome.NoCandidate, null, vector);
    }

    /// <summary>The policy's verdict in the light of what people have said of such pairs.</summary>
    internal SemanticCandidate Judge(string asked, PromptReading askedReading, EntryHeader entry, PromptReading storedReading, Hash256 partition, float similarity)
    {
        Verdict said = policy.Judge(askedReading, storedReading, similarity);
        Verdict verdict = learner.IsBlocked(asked, entry.Request.Prompt, entry.Key)
            ? new Verdict(Decision.Reject, 0, ["feedback: this pair was marked as wrong"])
            : learner.Decide(partition, entry.Key, said);
        return new SemanticCandidate(entry, similarity, said.Probability, verdict);
    }

    /// <summary>The record under which the index keeps an entry; null where its prompt has no words or cannot be embedded now.</summary>
    public async ValueTask<VectorRecord?> RecordOfAsync(EntryHeader entry, float[]? known, CancellationToken cancellationToken)
    {
        float[] vector = known ?? new float[embedder.Space.Dimensions];
        if (known is null && await embedder.EmbedAsync([entry.Request.Prompt], vector, cancellationToken) != EmbedOutcome.Embedded)
        {
            return null;
        }

        return vector.AsSpan().ContainsAnyExcept(0f)
            ? new VectorRecord(entry.Key, entry.Request.PartitionKey(options.Resolution), entry.Request.Seed.Value, vector, entry.Batch)
            : null;
    }
}
