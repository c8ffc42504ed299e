using System.Diagnostics;
using Afterimage.Caching;
using Afterimage.Diagnostics;
using Afterimage.Entries;
using Afterimage.Matching;
using Afterimage.Matching.Learning;
using Afterimage.Requests;
using Afterimage.Text;
using Afterimage.Vectors;

namespace Afterimage.Commands.Replay;

/// <summary>
/// Plays a log through the engine's own lookup, one request after the other: exact key, then the semantic tier; what misses becomes an entry at once, as if the
/// origin had answered before the next request came. Nothing expires and nothing is evicted: the shares are what an unbounded cache would reach.
/// </summary>
internal sealed class ReplayRun(ITextEmbedder embedder, IVectorIndex index, IMatchPolicy policy, SeedRule seeds) : IAsyncDisposable
{
    private readonly ReplayStore _store = new();
    private readonly Dictionary<Hash256, long> _numbers = [];
    private readonly ReplayReport _report = new(seeds, policy.Name);

    public async Task<ReplayReport> PlayAsync(IEnumerable<TraceRow> rows, Action<long> progress, CancellationToken cancellationToken)
    {
        using var learner = new CalibrationLearner(new LearnerOptions { ReportShare = 0 });
        var tier = new SemanticTier(embedder, index, policy, _store, learner, new SemanticTierOptions(), TimeProvider.System);
        long start = Stopwatch.GetTimestamp();
        foreach (TraceRow row in rows)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await PlayAsync(row, tier, cancellationToken);
            progress(_report.All.Requests);
        }

        _report.Elapsed = Stopwatch.GetElapsedTime(start);
        return _report;
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    private async Task PlayAsync(TraceRow row, SemanticTier tier, CancellationToken cancellationToken)
    {
        _report.All.Add(row);
        if (row.Request is null)
        {
            _report.Bypass.Add(row);
            return;
        }

        // Read as drawn by the service, a seed was not part of what was asked.
        ImageRequest request = row.SeedMayBeDrawn && seeds == SeedRule.Any ? WithoutSeed(row.Request) : row.Request;
        if (_store.Contains(request.ExactKey))
        {
            _report.Exact.Add(row);
            return;
        }

        SemanticLookup lookup = await tier.FindAsync(request, seeds, ageMax: null, cancellationToken);
        if (lookup is { Outcome: SemanticOutcome.Reuse, Best: { } best })
        {
            var pair = new ServedPair(
                row.Number, _numbers[best.Entry.Key], RelationOf(request.Prompt, best.Entry.Request.Prompt), best.Verdict.Probability, best.Similarity,
                request.Prompt, best.Entry.Request.Prompt);
            _report.Served.Add(pair);
            _report.Semantic[pair.Relation].Add(row);
            return;
        }

        _report.Miss.Add(row);
        if (lookup.Outcome == SemanticOutcome.Rejected)
        {
            _report.Refused.Add(row);
        }

        await StoreAsync(row, request, lookup.Vector, tier, cancellationToken);
    }

    private async Task StoreAsync(TraceRow row, ImageRequest request, float[]? vector, SemanticTier tier, CancellationToken cancellationToken)
    {
        var entry = new EntryHeader
        {
            Id = Ulid.New(DateTimeOffset.UtcNow),
            Request = request,
            Key = request.ExactKey,
            Created = DateTimeOffset.UtcNow,
            ContentType = "image/png",
            ContentHash = default,
            Length = 0,
        };
        await _store.PutAsync(entry, ReadOnlyMemory<byte>.Empty, cancellationToken);
        _numbers[entry.Key] = row.Number;
        if (await tier.RecordOfAsync(entry, vector, cancellationToken) is { } record)
        {
            await index.AddAsync([record], cancellationToken);
        }
    }

    private static ImageRequest WithoutSeed(ImageRequest request) => new()
    {
        Dialect = request.Dialect,
        Prompt = request.Prompt,
        Seed = Seed.None,
        Model = request.Model,
        Width = request.Width,
        Height = request.Height,
        Parameters = request.Parameters,
        Scope = request.Scope,
    };

    private static PromptRelation RelationOf(string asked, string stored) =>
        asked == stored ? PromptRelation.Same
        : PromptPair.Fold(asked) == PromptPair.Fold(stored) ? PromptRelation.Normalized
        : PromptRelation.Paraphrase;
}
