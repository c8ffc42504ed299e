namespace Afterimage.Matching.Reading;

/// <summary>How a word takes part in the comparison of two prompts.</summary>
internal enum WordKind : byte
{
    /// <summary>Changes the picture: must find its like on the other side.</summary>
    Content,

    /// <summary>A preposition: says how two things stand to each other.</summary>
    Relation,

    /// <summary>Articles, auxiliaries, pronouns, framing: carries nothing of its own.</summary>
    Function,

    /// <summary>A count, with its value.</summary>
    Number,

    /// <summary>A run of a script that is written without spaces, an emoji, a symbol: compared exactly.</summary>
    Opaque,

    /// <summary>Punctuation that ends a phrase or a sentence.</summary>
    Break,
}
