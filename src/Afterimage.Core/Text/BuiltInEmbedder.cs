using System.Text;

namespace Afterimage.Text;

/// <summary>The embedder in the package: no download, deterministic, microseconds. First form: words and their trigrams hashed with a sign.</summary>
public sealed class BuiltInEmbedder : ITextEmbedder
{
    private const int Dimensions = 256;

    public EmbeddingSpace Space { get; } = new($"builtin-0/{Dimensions}", Dimensions);

    public ValueTask<EmbedOutcome> EmbedAsync(IReadOnlyList<string> texts, Memory<float> vectors, CancellationToken cancellationToken)
    {
        for (int i = 0; i < texts.Count; i++)
        {
            Embed(texts[i], vectors.Span.Slice(i * Dimensions, Dimensions));
        }

        return ValueTask.FromResult(EmbedOutcome.Embedded);
    }

    private static void Embed(string text, Span<float> vector)
    {
        vector.Clear();
        var word = new StringBuilder(" ");
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (Rune.IsLetterOrDigit(rune))
            {
                word.Append(Rune.ToLowerInvariant(rune));
                continue;
            }

            AddWord(word, vector);
        }

        AddWord(word, vector);
        float norm = 0;
        foreach (float x in vector)
        {
            norm += x * x;
        }

        norm = MathF.Sqrt(norm);
        for (int i = 0; norm > 0 && i < vector.Length; i++)
        {
            vector[i] /= norm;
        }
    }

    private static void AddWord(StringBuilder word, Span<float> vector)
    {
        if (word.Length > 1)
        {
            string whole = word.Append(' ').ToString();
            Add(whole, 2, vector);
            for (int i = 0; i + 3 <= whole.Length; i++)
            {
                Add(whole.AsSpan(i, 3), 0.5f, vector);
            }
        }

        word.Clear().Append(' ');
    }

    // FNV-1a over UTF-16 units; the top bit is the sign.
    private static void Add(ReadOnlySpan<char> feature, float weight, Span<float> vector)
    {
        uint hash = 2166136261;
        foreach (char c in feature)
        {
            hash = (hash ^ c) * 16777619;
        }

        hash ^= hash >> 15;
        vector[(int)(hash % Dimensions)] += (hash & 0x80000000) != 0 ? -weight : weight;
    }
}
