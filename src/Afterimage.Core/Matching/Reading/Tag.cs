namespace Afterimage.Matching.Reading;

/// <summary>What a word does in its sentence. The first six are decided by the tagger, the rest by the closed list of function words.</summary>
internal enum Tag : byte
{
    Adjective,
    Noun,
    Verb,
    Ing,
    Participle,
    Adverb,
    Determiner,
    Preposition,
    To,
    Conjunction,
    Number,
    Pronoun,
    Auxiliary,
    Relative,
    Break,
}
