namespace Afterimage.Text;

/// <summary>
/// The space that an embedder's vectors live in. Vectors of different spaces never meet, so the id carries everything that changes a vector:
/// embedder, model and commit, pooling, precision, normaliser version. Example: <c>builtin-1/256</c>.
/// </summary>
/// <param name="Id">Stable text, at most 200 characters of <c>[A-Za-z0-9._@/+-]</c>.</param>
/// <param name="Dimensions">Components of every vector, 1 to 4096.</param>
public sealed record EmbeddingSpace(string Id, int Dimensions);

/// <summary>How an attempt to embed ended. Anything but <see cref="Embedded"/> is a semantic miss, never a failed request.</summary>
public enum EmbedOutcome
{
    /// <summary>Every text has its vector.</summary>
    Embedded,

    /// <summary>The embedder is away, refuses or is over its limit; try again later.</summary>
    Unavailable,

    /// <summary>It did not answer in time.</summary>
    TimedOut,

    /// <summary>It answered with something that is not a vector of this space (wrong length, not finite).</summary>
    Invalid,
}

/// <summary>Turns prompts into unit vectors of one space. Thread-safe.</summary>
public interface ITextEmbedder
{
    EmbeddingSpace Space { get; }

    /// <summary>
    /// Embeds each text. On <see cref="EmbedOutcome.Embedded"/>, <paramref name="vectors"/> holds <c>texts.Count</c> rows of
    /// <c>Space.Dimensions</c> floats, each of L2 norm 1, or all zero for a text that has no words left to embed (such a text never matches).
    /// On any other outcome its content is undefined.
    /// </summary>
    /// <param name="texts">Raw prompts; the embedder normalises them itself.</param>
    /// <param name="vectors">Row-major, at least <c>texts.Count * Space.Dimensions</c> floats.</param>
    ValueTask<EmbedOutcome> EmbedAsync(IReadOnlyList<string> texts, Memory<float> vectors, CancellationToken cancellationToken);
}
