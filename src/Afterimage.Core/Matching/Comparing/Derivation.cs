using Afterimage.Text.Lexicon;

namespace Afterimage.Matching.Comparing;

/// <summary>Whether one word says of a thing what the other names: wood, wooden; celebration, celebrate.</summary>
internal static class Derivation
{
    // The noun of a quality names something else than the word it comes from: stability is not what is stable.
    private static readonly string[] QualityEndings = ["ity", "ness", "ism", "ist", "hood", "ship"];

    public static bool Joins(WordLexicon lexicon, WordForm x, WordForm y) =>
        x.Lemma == y.Lemma || IsSuffixed(lexicon, x, y) || IsSuffixed(lexicon, y, x)
            || (lexicon.AreDerived(x.Lemma, y.Lemma) && !NamesQuality(lexicon, x) && !NamesQuality(lexicon, y));

    private static bool NamesQuality(WordLexicon lexicon, WordForm form) =>
        form.Pos == PartsOfSpeech.Noun && Array.Exists(QualityEndings, e => lexicon.LemmaText(form.Lemma).EndsWith(e, StringComparison.Ordinal));

    // "wooden", "grassy": made or full of the noun; WordNet seldom says so.
    private static bool IsSuffixed(WordLexicon lexicon, WordForm adjective, WordForm noun)
    {
        if (adjective.Pos != PartsOfSpeech.Adjective || noun.Pos != PartsOfSpeech.Noun)
        {
            return false;
        }

        string text = lexicon.LemmaText(adjective.Lemma);
        string stem = lexicon.LemmaText(noun.Lemma);
        if (stem.Length < 3 || text.Length <= stem.Length)
        {
            return false;
        }

        // sandy, stony, foggy
        string root = stem.EndsWith('e') ? stem[..^1] : stem;
        ReadOnlySpan<char> ending = text.StartsWith(root, StringComparison.Ordinal) ? text.AsSpan(root.Length) : [];
        ending = ending.Length > 1 && ending[0] == root[^1] ? ending[1..] : ending;
        return ending is "en" or "y" or "ed";
    }
}
