using System.Diagnostics.Metrics;
using Afterimage.Diagnostics;

namespace Afterimage.Text;

/// <summary>
/// Remembers the vectors of texts, the least recently used forgotten first, so that a text is embedded once while it is in use. A cache belongs to
/// one embedder and so to one space. Failures are not remembered. Requests for one text at the same moment, such as those of a person who rolls again
/// and again, wait for the first one's vector.
/// </summary>
public sealed class CachingEmbedder : ITextEmbedder, IDisposable
{
    private const int EntryOverheadBytes = 160;

    private static readonly Counter<long> Lookups = Telemetry.Meter.CreateCounter<long>(
        "afterimage.embedding.cache.lookups", "{text}", "Texts looked up in the embedding cache, by result.");

    private readonly ITextEmbedder _inner;
    private readonly long _bytesMax;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<(string Text, float[] Vector)>> _known = new(StringComparer.Ordinal);
    private readonly LinkedList<(string Text, float[] Vector)> _byUse = [];
    private readonly Dictionary<string, TaskCompletionSource<EmbedOutcome?>> _underWay = new(StringComparer.Ordinal);
    private long _bytes;

    /// <param name="inner">Whose vectors are remembered; disposed with this.</param>
    /// <param name="bytesMax">Bound on the memory of texts and vectors.</param>
    public CachingEmbedder(ITextEmbedder inner, long bytesMax)
    {
        (_inner, _bytesMax) = (inner, bytesMax);
    }

    public EmbeddingSpace Space => _inner.Space;

    public async ValueTask<EmbedOutcome> EmbedAsync(IReadOnlyList<string> texts, Memory<float> vectors, CancellationToken cancellationToken)
    {
        if (texts.Count == 1)
        {
            return await EmbedOneAsync(texts, vectors, cancellationToken);
        }

        return Find(texts, vectors.Span) is { } missing ? await EmbedMissingAsync(texts, missing, vectors, cancellationToken) : EmbedOutcome.Embedded;
    }

    public void Dispose() => (_inner as IDisposable)?.Dispose();

    private async ValueTask<EmbedOutcome> EmbedOneAsync(IReadOnlyList<string> texts, Memory<float> vectors, CancellationToken cancellationToken)
    {
        while (Find(texts, vectors.Span) is { } missing)
        {
            var own = new TaskCompletionSource<EmbedOutcome?>(TaskCreationOptions.RunContinuationsAsynchronously);
            Task<EmbedOutcome?>? first;
            lock (_lock)
            {
                if (_known.ContainsKey(texts[0]))
                {
                    // It has come since.
                    continue;
                }

                first = _underWay.GetValueOrDefault(texts[0])?.Task;
                if (first is null)
                {
                    _underWay.Add(texts[0], own);
                }
            }

            if (first is null)
            {
                return await LeadAsync(texts, missing, vectors, own, cancellationToken);
            }

            // Null where the first one gave up: then this one asks itself.
            if (await first.WaitAsync(cancellationToken) is { } outcome && outcome != EmbedOutcome.Embedded)
            {
                return outcome;
            }

            if (Cost(texts[0]) > _bytesMax)
            {
                return await EmbedMissingAsync(texts, missing, vectors, cancellationToken);
            }
        }

        return EmbedOutcome.Embedded;
    }

    private async ValueTask<EmbedOutcome> LeadAsync(
        IReadOnlyList<string> texts, List<string> missing, Memory<float> vectors, TaskCompletionSource<EmbedOutcome?> own, CancellationToken cancellationToken)
    {
        EmbedOutcome? outcome = null;
        try
        {
            outcome = await EmbedMissingAsync(texts, missing, vectors, cancellationToken);
            return outcome.Value;
        }
        finally
        {
            lock (_lock)
            {
                _underWay.Remove(texts[0]);
            }

            own.SetResult(outcome);
        }
    }

    private async ValueTask<EmbedOutcome> EmbedMissingAsync(
        IReadOnlyList<string> texts, List<string> missing, Memory<float> vectors, CancellationToken cancellationToken)
    {
        int dimensions = Space.Dimensions;
        float[] fresh = new float[missing.Count * dimensions];
        EmbedOutcome outcome = await _inner.EmbedAsync(missing, fresh, cancellationToken);
        if (outcome != EmbedOutcome.Embedded)
        {
            return outcome;
        }

        var rows = new Dictionary<string, int>(missing.Count, StringComparer.Ordinal);
        for (int i = 0; i < missing.Count; i++)
        {
            rows[missing[i]] = i;
            Remember(missing[i], fresh.AsSpan(i * dimensions, dimensions).ToArray());
        }

        for (int i = 0; i < texts.Count; i++)
        {
            if (rows.TryGetValue(texts[i], out int row))
            {
                fresh.AsSpan(row * dimensions, dimensions).CopyTo(vectors.Span[(i * dimensions)..]);
            }
        }

        return outcome;
    }

    /// <summary>Copies what is known; returns what is not, each text once, or null where nothing is missing.</summary>
    private List<string>? Find(IReadOnlyList<string> texts, Span<float> vectors)
    {
        List<string>? missing = null;
        lock (_lock)
        {
            for (int i = 0; i < texts.Count; i++)
            {
                if (_known.TryGetValue(texts[i], out var node))
                {
                    _byUse.Remove(node);
                    _byUse.AddFirst(node);
                    node.Value.Vector.CopyTo(vectors[(i * Space.Dimensions)..]);
                }
                else
                {
                    missing ??= [];
                    missing.Add(texts[i]);
                }
            }
        }

        Lookups.Add(texts.Count - (missing?.Count ?? 0), new KeyValuePair<string, object?>("result", "hit"));
        Lookups.Add(missing?.Count ?? 0, new KeyValuePair<string, object?>("result", "miss"));
        return missing is { Count: > 1 } ? [.. missing.Distinct(StringComparer.Ordinal)] : missing;
    }

    private void Remember(string text, float[] vector)
    {
        lock (_lock)
        {
            if (_known.ContainsKey(text) || Cost(text) > _bytesMax)
            {
                return;
            }

            _known[text] = _byUse.AddFirst((text, vector));
            _bytes += Cost(text);
            while (_bytes > _bytesMax)
            {
                string oldest = _byUse.Last!.Value.Text;
                _known.Remove(oldest);
                _byUse.RemoveLast();
                _bytes -= Cost(oldest);
            }
        }
    }

    private long Cost(string text) => EntryOverheadBytes + 2L * text.Length + (long)sizeof(float) * Space.Dimensions;
}
