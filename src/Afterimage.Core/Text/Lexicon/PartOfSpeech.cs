namespace Afterimage.Text.Lexicon;

/// <summary>The parts of speech that WordNet knows; the values are bits, so that a word's possibilities fit one byte.</summary>
[Flags]
internal enum PartsOfSpeech : byte
{
    None = 0,
    Noun = 1,
    Verb = 2,
    Adjective = 4,
    Adverb = 8,
}
