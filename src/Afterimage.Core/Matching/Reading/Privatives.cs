using Afterimage.Text.Lexicon;

namespace Afterimage.Matching.Reading;

/// <summary>Adjectives that say what a thing lacks: a toothless grin is a grin without teeth.</summary>
internal static class Privatives
{
    private const string Ending = "less";

    /// <summary>Reads such a word as the negated noun, so that it meets the noun that the other prompt denies.</summary>
    public static void Read(WordLexicon lexicon, Word word)
    {
        if (word is not { Kind: WordKind.Content, Quoted: false, Tag: Tag.Adjective or Tag.Noun } || StemOf(word.Text) is not { } stem
            || lexicon.Find(stem) is not (>= 0 and int lemma) || !Taxonomy.Shared.IsPhysical(lemma))
        {
            return;
        }

        word.Forms = [new WordForm(lemma, PartsOfSpeech.Noun, Inflection.None)];
        (word.Lemma, word.Negates, word.Negated) = (lemma, true, true);
    }

    private static string? StemOf(string word) =>
        word is "barefoot" or "barefooted" ? "shoe" : word.Length > Ending.Length + 2 && word.EndsWith(Ending, StringComparison.Ordinal) ? word[..^Ending.Length] : null;
}
