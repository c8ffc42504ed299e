namespace Afterimage.Text.Tokenizers;

/// <summary>What a WordPiece tokenizer does besides its vocabulary; the defaults are those of the uncased BERT models.</summary>
public sealed record WordPieceOptions
{
    /// <summary>Remove control characters, turn every white space into U+0020.</summary>
    public bool CleanText { get; init; } = true;

    /// <summary>Set every CJK ideograph apart as a word of its own.</summary>
    public bool SplitIdeographs { get; init; } = true;

    public bool Lowercase { get; init; } = true;

    /// <summary>Decompose and drop nonspacing marks.</summary>
    public bool StripAccents { get; init; } = true;

    /// <summary>A word of more code points than this is unknown as a whole.</summary>
    public int WordCodePointsMax { get; init; } = 100;

    /// <summary>Marks a piece that continues a word.</summary>
    public string ContinuationPrefix { get; init; } = "##";

    public string UnknownToken { get; init; } = "[UNK]";

    /// <summary>Stands before every text.</summary>
    public string StartToken { get; init; } = "[CLS]";

    /// <summary>Stands behind every text.</summary>
    public string EndToken { get; init; } = "[SEP]";

    /// <summary>Tokens that are found literally in the text, before it is normalised, and become their id.</summary>
    public IReadOnlyList<AddedToken> AddedTokens { get; init; } = [];
}
