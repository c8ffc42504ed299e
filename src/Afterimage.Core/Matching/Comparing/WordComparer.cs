using Afterimage.Matching.Reading;
using Afterimage.Text.Lexicon;

namespace Afterimage.Matching.Comparing;

/// <summary>Says how alike two words are, from the lexicon and their letters.</summary>
internal static class WordComparer
{
    private const float SenseShareMin = 0.08f;

    public static Match Compare(WordLexicon lexicon, Word a, Word b)
    {
        if (a.Kind == WordKind.Number || b.Kind == WordKind.Number)
        {
            return a.Kind == b.Kind && a.Value == b.Value ? new Match(Likeness.Same, 1) : Match.None;
        }

        if (a.Text == b.Text)
        {
            return new Match(Likeness.Same, 1);
        }

        if (a.Quoted || b.Quoted || a.Kind != WordKind.Content || b.Kind != WordKind.Content)
        {
            return Match.None;
        }

        if (SharesLemma(a, b, out float lemma))
        {
            return new Match(Likeness.Lemma, lemma);
        }

        Match meaning = a.Forms.Length > 0 && b.Forms.Length > 0 ? ByMeaning(lexicon, a, b) : Match.None;
        return meaning.Strength > 0 ? meaning : BySpelling(a, b);
    }

    /// <summary>True where some reading of both words is the same lemma.</summary>
    public static bool SharesLemma(Word a, Word b, out float strength)
    {
        strength = 0;
        foreach (WordForm x in a.Forms)
        {
            foreach (WordForm y in b.Forms)
            {
                if (x.Lemma == y.Lemma && x.Pos == y.Pos)
                {
                    bool degree = x.Inflection is Inflection.Comparative or Inflection.Superlative || y.Inflection is Inflection.Comparative or Inflection.Superlative;
                    strength = Math.Max(strength, degree && x.Inflection != y.Inflection ? 0.6f : 1);
                }
            }
        }

        return strength > 0;
    }

    private static Match ByMeaning(WordLexicon lexicon, Word a, Word b)
    {
        Match best = Match.None;
        foreach (WordForm x in a.Forms)
        {
            foreach (WordForm y in b.Forms)
            {
                Match match = x.Pos == y.Pos ? Senses.Compare(lexicon, x, y) : Match.None;
                if (match.Strength == 0 && (lexicon.AreDerived(x.Lemma, y.Lemma) || SharesRoot(lexicon, x, y)))
                {
                    match = new Match(Likeness.Derived, 0.7f);
                }

                if (match.Strength > 0 && !(x.Pos == PosOf(a.Tag) && y.Pos == PosOf(b.Tag)))
                {
                    match = match with { Strength = match.Strength * 0.8f };
                }

                best = match.Strength > best.Strength ? match : best;
            }
        }

        if (best.Likeness == Likeness.Synonym && EditDistance.Of(a.Text, b.Text, 2) <= 2 && a.Text[0] == b.Text[0] && a.Text.Length > 3)
        {
            return new Match(Likeness.Spelling, 1);
        }

        return best;
    }

    private static bool SharesRoot(WordLexicon lexicon, WordForm x, WordForm y) => x.Lemma == y.Lemma && x.Pos != y.Pos && lexicon.LemmaCount > 0;

    public static PartsOfSpeech PosOf(Tag tag) => tag switch
    {
        Tag.Noun => PartsOfSpeech.Noun,
        Tag.Adjective => PartsOfSpeech.Adjective,
        Tag.Adverb => PartsOfSpeech.Adverb,
        _ => PartsOfSpeech.Verb,
    };

    // A typo needs one side that is no word; two words that both exist mean two things.
    private static Match BySpelling(Word a, Word b)
    {
        int known = (a.Forms.Length > 0 ? 1 : 0) + (b.Forms.Length > 0 ? 1 : 0);
        int shorter = Math.Min(a.Text.Length, b.Text.Length);
        if (known == 2 || shorter < (known == 1 ? 3 : 5) || HasDigit(a.Text) || HasDigit(b.Text))
        {
            return Match.None;
        }

        if (Collapse(a.Text) == Collapse(b.Text))
        {
            return new Match(Likeness.Typo, 1);
        }

        int bound = shorter >= 8 ? 2 : 1;
        int distance = EditDistance.Of(a.Text, b.Text, bound);
        if (distance > bound)
        {
            return Match.None;
        }

        float strength = (distance == 1 ? 0.97f : 0.85f) - (known == 0 ? 0.1f : 0) - (shorter < 5 ? 0.1f : 0);
        return new Match(Likeness.Typo, strength);
    }

    private static bool HasDigit(string text) => text.AsSpan().ContainsAnyInRange('0', '9');

    // "biiig" -> "big"
    private static string Collapse(string text)
    {
        Span<char> kept = stackalloc char[Math.Min(text.Length, 64)];
        int count = 0;
        foreach (char c in text.AsSpan(0, kept.Length))
        {
            if (count == 0 || kept[count - 1] != c)
            {
                kept[count++] = c;
            }
        }

        return text.Length > 64 ? text : kept[..count].ToString();
    }

    /// <summary>Share of a lemma's uses that a sense of one part of speech has.</summary>
    public static float ShareMin => SenseShareMin;
}
