using Afterimage.Text.BuiltIn;

namespace Afterimage.Text;

/// <summary>
/// The embedder in the package: no download, the same vectors on every machine, microseconds. A prompt is the weighted sum of its words' learnt vectors
/// (weights and the common direction are already in the table); a word that the table does not know is hashed by its pieces, so that names,
/// misspellings and scripts without spaces count too. Sums are exact integers; the only rounding is the final division.
/// How the table is learnt and how well it finds is in <c>docs/embedding-builtin.md</c>.
/// </summary>
public sealed class BuiltInEmbedder : ITextEmbedder
{
    /// <summary>Words beyond this many are not read: far above any prompt, and low enough that no sum overflows.</summary>
    public const int WordsMax = 1024;

    private const int BorrowedEighths = 7;
    private const double OwnShare = 0.4;

    private readonly WordVectors _words;
    private readonly Lazy<Misspelling> _misspelling;

    public BuiltInEmbedder()
        : this(WordVectors.Default)
    {
    }

    internal BuiltInEmbedder(WordVectors words)
    {
        _words = words;
        _misspelling = new Lazy<Misspelling>(() => new Misspelling(words));
        Space = new EmbeddingSpace($"builtin-1@{words.ContentId:x8}/{words.Dimensions}", words.Dimensions);
    }

    public EmbeddingSpace Space { get; }

    public ValueTask<EmbedOutcome> EmbedAsync(IReadOnlyList<string> texts, Memory<float> vectors, CancellationToken cancellationToken)
    {
        int dimensions = Space.Dimensions;
        for (int i = 0; i < texts.Count; i++)
        {
            Embed(texts[i], vectors.Span.Slice(i * dimensions, dimensions));
        }

        return ValueTask.FromResult(EmbedOutcome.Embedded);
    }

    /// <summary>Embeds one prompt into <paramref name="vector"/> (length <c>Space.Dimensions</c>); all zero where it has no words. Allocates nothing.</summary>
    public void Embed(ReadOnlySpan<char> text, Span<float> vector)
    {
        Span<int> sum = stackalloc int[_words.Dimensions];
        sum.Clear();
        var scanner = new WordScanner(text, stackalloc char[WordScanner.WordLengthMax + 2]);
        for (int count = 0; count < WordsMax && scanner.MoveNext(); count++)
        {
            if (scanner.Kind == WordKind.Word)
            {
                AddWord(scanner.Word, sum);
            }
            else
            {
                UnknownWord.AddTo(scanner.Word, scanner.Kind, _words.UnknownNorm, sum);
            }
        }

        Normalize(sum, vector);
    }

    private void AddWord(ReadOnlySpan<char> word, Span<int> sum)
    {
        int known = _words.Find(word);
        if (known >= 0 && _words.HasRow(known))
        {
            _words.AddTo(known, sum);
            return;
        }

        // A word that only borrows its meaning keeps something of its own: "feline" is near "cat", and nearest to "feline".
        known = known >= 0 ? known : Inflection.FindBase(word, _words);
        known = known >= 0 ? known : _misspelling.Value.Correct(word);
        if (known >= 0)
        {
            _words.AddTo(known, sum, BorrowedEighths);
        }

        UnknownWord.AddTo(word, WordKind.Word, known >= 0 ? _words.UnknownNorm * OwnShare : _words.UnknownNorm, sum);
    }

    private static void Normalize(ReadOnlySpan<int> sum, Span<float> vector)
    {
        long squares = 0;
        foreach (int x in sum)
        {
            // Scaled down first where sums are huge; 256 squares of 31 bits would not fit.
            long y = x >> 4;
            squares += y * y;
        }

        if (squares == 0)
        {
            vector.Clear();
            return;
        }

        double norm = Math.Sqrt(squares);
        for (int i = 0; i < sum.Length; i++)
        {
            vector[i] = (float)((sum[i] >> 4) / norm);
        }
    }
}
