using Afterimage.Text.Lexicon;

namespace Afterimage.Matching.Reading;

/// <summary>One word of a prompt with all that reading finds out about it. Filled by the reader, read-only afterwards.</summary>
internal sealed class Word(string text)
{
    /// <summary>The word as compared: lower case, one form of each quote and dash, full-width letters narrowed.</summary>
    public string Text { get; } = text;

    public WordKind Kind { get; set; }

    public Tag Tag { get; set; }

    /// <summary>What the word may be, from the lexicon; empty where it is unknown.</summary>
    public WordForm[] Forms { get; set; } = [];

    /// <summary>The lemma under <see cref="Tag"/>, or -1.</summary>
    public int Lemma { get; set; } = -1;

    /// <summary>How much the picture changes when the word goes, 0 to 1.</summary>
    public float Weight { get; set; }

    /// <summary>Stands inside quotation marks: text to be drawn, so only the same letters match.</summary>
    public bool Quoted { get; set; }

    /// <summary>Inside the scope of "no", "not", "without", <c>--no</c>.</summary>
    public bool Negated { get; set; }

    /// <summary>Is itself the negation.</summary>
    public bool Negates { get; set; }

    /// <summary>Joined to the word before by a hyphen or an apostrophe.</summary>
    public bool Joined { get; set; }

    /// <summary>Grammatical plural; null where the word is no noun or has one form for both.</summary>
    public bool? Plural { get; set; }

    /// <summary>Only says that what follows is several, or how it is portioned: herd of, group of, slice of.</summary>
    public bool Collective { get; set; }

    /// <summary>Where the thesaurus names the word; empty where it does not.</summary>
    public Thesaurus.Entry[] Concepts { get; set; } = [];

    /// <summary>Part of an expression that is no kind of its last word ("hot dog"), so that it has no synonyms of its own.</summary>
    public bool Idiomatic { get; set; }

    /// <summary>Only praises the picture (", stunning,"): hardly missed, but found where the other prompt says it in a sentence.</summary>
    public bool Praise { get; set; }

    /// <summary>Makes one noun of the lexicon with the next word: wine glass, stop sign.</summary>
    public bool OpensCompound { get; set; }

    /// <summary>Asks for a good picture, whatever it shows.</summary>
    public bool Quality { get; set; }

    public Place Place { get; set; }

    /// <summary>The value of a <see cref="WordKind.Number"/>.</summary>
    public double Value { get; set; }

    /// <summary>The place in an order ("17th") where the number tells one; null for a count.</summary>
    public string? Ordinal { get; set; }

    /// <summary>Emphasis from <c>(word:1.3)</c>; 1 where none is written.</summary>
    public float Emphasis { get; set; } = 1;

    /// <summary>Ordinal of the sentence and of the comma-separated phrase.</summary>
    public int Sentence { get; set; }

    public int Phrase { get; set; }

    /// <summary>Hash of the content words of the phrase: equal phrases have equal keys.</summary>
    public int PhraseKey { get; set; }

    public bool IsContent => Kind is WordKind.Content or WordKind.Number or WordKind.Opaque;

    /// <summary>A noun of the lexicon, and so no name.</summary>
    public bool IsCommonNoun => Tag == Tag.Noun && !Quoted && Forms.Length > 0;

    public override string ToString() => $"{Text}/{Tag}";
}
