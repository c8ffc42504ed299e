namespace Afterimage.Text.Lexicon;

/// <summary>How a form differs from its lemma.</summary>
internal enum Inflection : byte
{
    None,
    Plural,
    ThirdPerson,
    Ing,
    Past,
    Comparative,
    Superlative,
}
