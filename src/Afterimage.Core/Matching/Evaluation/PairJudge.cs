using Afterimage.Text;

namespace Afterimage.Matching.Evaluation;

/// <summary>Runs a policy over labelled pairs, as the gateway would run it over a candidate.</summary>
public static class PairJudge
{
    private const int TextsPerCall = 64;

    /// <summary>Judges every pair. Each distinct prompt is embedded and read once. Null where the embedder cannot answer now.</summary>
    public static async Task<IReadOnlyList<JudgedPair>?> JudgeAsync(
        IReadOnlyList<LabelledPair> pairs, ITextEmbedder embedder, IMatchPolicy policy, CancellationToken cancellationToken)
    {
        string[] texts = [.. pairs.SelectMany(p => new[] { p.A, p.B }).Distinct(StringComparer.Ordinal)];
        int dimensions = embedder.Space.Dimensions;
        float[] vectors = new float[texts.Length * dimensions];
        for (int start = 0; start < texts.Length; start += TextsPerCall)
        {
            string[] some = texts[start..Math.Min(start + TextsPerCall, texts.Length)];
            Memory<float> room = vectors.AsMemory(start * dimensions, some.Length * dimensions);
            if (await embedder.EmbedAsync(some, room, cancellationToken) != EmbedOutcome.Embedded)
            {
                return null;
            }
        }

        var places = texts.Index().ToDictionary(t => t.Item, t => t.Index, StringComparer.Ordinal);
        PromptReading[] readings = [.. texts.Select(PromptReading.Of)];
        var judged = new JudgedPair[pairs.Count];
        for (int i = 0; i < pairs.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int a = places[pairs[i].A], b = places[pairs[i].B];
            float similarity = Cosine(vectors.AsSpan(a * dimensions, dimensions), vectors.AsSpan(b * dimensions, dimensions));
            judged[i] = new JudgedPair(pairs[i], similarity, policy.Judge(readings[a], readings[b], similarity));
        }

        return judged;
    }

    // The vectors are of length 1, or all zero for a text without words.
    private static float Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double dot = 0;
        for (int i = 0; i < a.Length; i++)
        {
            dot += (double)a[i] * b[i];
        }

        return (float)dot;
    }
}
