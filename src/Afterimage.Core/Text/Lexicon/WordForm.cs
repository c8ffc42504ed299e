namespace Afterimage.Text.Lexicon;

/// <summary>One way to read a written word: "left" is the adjective left, the noun left, or the past of leave.</summary>
/// <param name="Lemma">The lemma's number in the lexicon.</param>
/// <param name="Pos">The one part of speech of this reading.</param>
/// <param name="Inflection">How the written form differs from the lemma.</param>
internal readonly record struct WordForm(int Lemma, PartsOfSpeech Pos, Inflection Inflection);
